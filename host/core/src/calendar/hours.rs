//! Texts of weekdays and hours: `mon-fri`, `08:00-18:00`, `22:00-06:00`.

use std::fmt;

use chrono::Weekday;

/// Hours in minutes from the day's midnight; `to` exceeds 1440 for hours that run into the next day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Opening {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` {problem}; hint: {hint}")]
pub struct HoursError {
    pub text: String,
    pub problem: String,
    pub hint: String,
}

const DAY: u16 = 24 * 60;

impl Opening {
    /// Parses hours such as `08:00-18:00`. An end that is not after the beginning is on the next day; `24:00` is the
    /// end of the day.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let refuse = |problem: String, hint: &str| {
            Err(HoursError { text: text.to_owned(), problem, hint: hint.to_owned() })
        };
        const FORM: &str =
            "write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`";
        let Some((from, to)) = text.split_once('-') else {
            return refuse("is not a range of hours".to_owned(), FORM);
        };
        let (Some(from_minutes), Some(to_minutes)) = (parse_time(from), parse_time(to)) else {
            let bad = if parse_time(from).is_none() { from } else { to };
            return refuse(format!("has no time of day in `{}`", bad.trim()), FORM);
        };
        if from_minutes == DAY {
            return refuse("begins at the day's end".to_owned(), "begin at `00:00` of the next day");
        }
        if from_minutes == to_minutes {
            return refuse("ends when it begins".to_owned(), "write `00:00-24:00` for the whole day");
        }
        let to_minutes = if to_minutes > from_minutes { to_minutes } else { to_minutes + DAY };
        Ok(Self { from: from_minutes, to: to_minutes })
    }
}

impl fmt::Display for Opening {
    /// Writes the hours as `parse` reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY { self.to - DAY } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

/// Parses a time, `H:MM` or `HH:MM`, up to `24:00`.
fn parse_time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(hours, 1..=2) || !is_number(minutes, 2..=2) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= DAY).then_some(time)
}

/// Parses days such as `mon-fri`, `sat`, `mon,wed,fri`, `sat-sun`, `fri-mon`; whole English names are accepted too.
/// Returns them in the order of the week, each once.
pub fn parse_days(text: &str) -> Result<Vec<Weekday>, HoursError> {
    let refuse = |problem: String| {
        let hint = "write days as `mon-fri`, `sat` or `mon,wed,fri`".to_owned();
        HoursError { text: text.to_owned(), problem, hint }
    };
    let day = |name: &str| {
        let name = name.trim();
        // chrono accepts `mon` and `monday` in any case, and nothing else.
        name.parse::<Weekday>().map_err(|_| match name {
            "" => refuse("lacks a day".to_owned()),
            name => refuse(format!("has no day of the week in `{name}`")),
        })
    };
    let mut has = [false; 7];
    for item in text.split(',') {
        let (first, last) = match item.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(item)?, day(item)?),
        };
        let mut at = first;
        loop {
            has[at.num_days_from_monday() as usize] = true;
            if at == last {
                break;
            }
            at = at.succ();
        }
    }
    let week =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    Ok(week.into_iter().filter(|day| has[day.num_days_from_monday() as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(text: &str) -> (u16, u16) {
        let opening = Opening::parse(text).unwrap();
        (opening.from, opening.to)
    }

    #[test]
    fn hours_are_minutes_from_midnight_and_pass_the_day_overnight() {
        assert_eq!(opening("08:00-18:30"), (480, 1110));
        assert_eq!(opening("8:00 - 9:15"), (480, 555));
        assert_eq!(opening("00:00-24:00"), (0, 1440));
        assert_eq!(opening("22:00-06:00"), (1320, 1800));
        assert_eq!(opening("22:00-24:00"), (1320, 1440));
        assert_eq!(opening("18:00-00:00"), (1080, 1440));
    }

    #[test]
    fn what_is_no_opening_is_refused_with_its_problem() {
        let refusal = |text: &str| Opening::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(
            ["8-18", "08:00", "08:60-18:00", "08:00-25:00", "24:00-06:00", "24:01-06:00", "08:00-08:00", "", "08:0-9:00", "+8:00-9:00"]
                .map(refusal)
                .join("\n"),
            @r#"
            `8-18` has no time of day in `8`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `08:00` is not a range of hours; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `08:60-18:00` has no time of day in `08:60`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `08:00-25:00` has no time of day in `25:00`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `24:00-06:00` begins at the day's end; hint: begin at `00:00` of the next day
            `24:01-06:00` has no time of day in `24:01`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `08:00-08:00` ends when it begins; hint: write `00:00-24:00` for the whole day
            `` is not a range of hours; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `08:0-9:00` has no time of day in `08:0`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            `+8:00-9:00` has no time of day in `+8:00`; hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`
            "#
        );
    }

    #[test]
    fn days_are_ranges_lists_and_names_in_any_case() {
        let days = |text: &str| {
            parse_days(text).unwrap().iter().map(Weekday::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(days("mon-fri"), "Mon Tue Wed Thu Fri");
        assert_eq!(days("sat"), "Sat");
        assert_eq!(days("fri, mon,Wed"), "Mon Wed Fri");
        assert_eq!(days("sat-mon"), "Mon Sat Sun");
        assert_eq!(days("Monday-tuesday,sun,mon"), "Mon Tue Sun");
    }

    #[test]
    fn what_is_no_day_is_refused_with_its_problem() {
        let refusal = |text: &str| parse_days(text).unwrap_err().to_string();
        insta::assert_snapshot!(["", "mo", "mon-", "mon,,tue", "1-5", "weekdays"].map(refusal).join("\n"), @r#"
        `` lacks a day; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        `mo` has no day of the week in `mo`; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        `mon-` lacks a day; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        `mon,,tue` lacks a day; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        `1-5` has no day of the week in `1`; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        `weekdays` has no day of the week in `weekdays`; hint: write days as `mon-fri`, `sat` or `mon,wed,fri`
        "#);
    }
}
