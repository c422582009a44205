//! Holidays from an iCalendar text (RFC 5545): the dates of all-day events, as holiday calendars publish them.
//!
//! Of recurrence rules only "every year on this date" is understood; whatever else would change the dates is
//! refused, since a holiday left out in silence is a page on a day off.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} of the iCalendar text: {problem}; hint: {hint}")]
pub struct IcsError {
    /// From 1 on, in the text as it was given.
    pub line: usize,
    pub problem: String,
    pub hint: String,
}

/// A yearly event without an end is followed up to and with this year.
const LAST_YEAR: i32 = 2100;
/// Of a text; a calendar of a country for a decade has a few KiB.
const BYTES_MAX: usize = 4 << 20;
/// Dates that are looked at, of all events together: a few lines can ask for years of years.
const STEPS_MAX: usize = 1_000_000;
/// Longer than any holiday; a typing error in a year must not fill the memory.
const DAYS_OF_AN_EVENT_MAX: u64 = 366;

/// Every date that an all-day event covers, in order, each once. Cancelled events do not count.
pub fn holidays_from_ics(text: &str) -> Result<Vec<NaiveDate>, IcsError> {
    if text.len() > BYTES_MAX {
        return Err(too_much(1, format!("it has more than {BYTES_MAX} bytes")));
    }
    let mut dates = BTreeSet::new();
    let mut left = STEPS_MAX;
    let mut event: Option<Event> = None;
    let mut seen_calendar = false;
    // Alarms and the like stand inside events and have properties of the same names.
    let mut inner = 0_u32;
    for line in unfold(text) {
        match (line.name.as_str(), line.value.to_ascii_uppercase().as_str(), &mut event) {
            ("BEGIN", "VCALENDAR", None) => seen_calendar = true,
            ("BEGIN", "VEVENT", None) => event = Some(Event::new(line.number)),
            ("BEGIN", _, Some(_)) => inner += 1,
            ("END", "VEVENT", Some(_)) if inner == 0 => {
                if let Some(event) = event.take() {
                    event.finish(&mut dates, &mut left)?;
                }
            }
            ("END", _, Some(_)) => inner = inner.saturating_sub(1),
            (_, _, Some(event)) if inner == 0 => event.take_in(&line)?,
            (_, _, Some(_) | None) => {}
        }
    }
    if !seen_calendar {
        let problem = "there is no `BEGIN:VCALENDAR`".to_owned();
        return Err(IcsError { line: 1, problem, hint: "name an .ics file".to_owned() });
    }
    match event {
        None => Ok(dates.into_iter().collect()),
        Some(event) => Err(event.error("the event has no `END:VEVENT`", "is the file cut off?")),
    }
}

struct Line {
    number: usize,
    /// Upper case.
    name: String,
    value: String,
}

/// Lines that begin with a blank go on from the line before. Parameters tell nothing that the value does not.
fn unfold(text: &str) -> Vec<Line> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(more), Some((_, begun))) => begun.push_str(more),
            _ => whole.push((index + 1, line.to_owned())),
        }
    }
    whole
        .into_iter()
        .filter_map(|(number, line)| {
            let (head, value) = split_value(&line)?;
            let name = head.split(';').next().unwrap_or(head).trim().to_ascii_uppercase();
            Some(Line { number, name, value: value.trim().to_owned() })
        })
        .collect()
}

/// At the first colon that does not stand in a quoted parameter.
fn split_value(line: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = line.find(|c: char| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    })?;
    Some((&line[..at], &line[at + 1..]))
}

struct Event {
    line: usize,
    start: Option<NaiveDate>,
    /// Not a holiday any more.
    end: Option<NaiveDate>,
    days: Option<u64>,
    yearly: Option<Yearly>,
    except: BTreeSet<NaiveDate>,
    is_cancelled: bool,
    summary: String,
}

#[derive(Default)]
struct Yearly {
    interval: Option<i32>,
    count: Option<usize>,
    until: Option<NaiveDate>,
    month: Option<u32>,
    day: Option<u32>,
}

impl Event {
    fn new(line: usize) -> Self {
        Self {
            line,
            start: None,
            end: None,
            days: None,
            yearly: None,
            except: BTreeSet::new(),
            is_cancelled: false,
            summary: String::new(),
        }
    }

    fn error(&self, problem: &str, hint: &str) -> IcsError {
        let of = if self.summary.is_empty() { String::new() } else { format!(" (`{}`)", self.summary) };
        IcsError { line: self.line, problem: format!("{problem}{of}"), hint: hint.to_owned() }
    }

    fn take_in(&mut self, line: &Line) -> Result<(), IcsError> {
        match line.name.as_str() {
            "SUMMARY" => self.summary = line.value.chars().take(80).collect(),
            "STATUS" => self.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => self.start = Some(read_date(line)?),
            "DTEND" => self.end = Some(read_date(line)?),
            "DURATION" => self.days = Some(read_days(line)?),
            "RRULE" => self.yearly = Some(read_yearly(line)?),
            "EXDATE" => {
                for value in line.value.split(',') {
                    let one = Line { number: line.number, name: line.name.clone(), value: value.to_owned() };
                    self.except.insert(read_date(&one)?);
                }
            }
            "RDATE" | "EXRULE" => {
                let problem = format!("`{}` is not understood", line.name);
                return Err(refusal(line, problem, "write an event for each date"));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self, dates: &mut BTreeSet<NaiveDate>, left: &mut usize) -> Result<(), IcsError> {
        if self.is_cancelled {
            return Ok(());
        }
        let Some(start) = self.start else {
            return Err(self
                .error("the event has no `DTSTART`", "give it the date, as `DTSTART;VALUE=DATE:20261225`"));
        };
        let days = match (self.end, self.days) {
            (Some(end), _) => end.signed_duration_since(start).num_days(),
            (None, Some(days)) => days as i64,
            (None, None) => 1,
        };
        let Some(days) = u64::try_from(days).ok().filter(|days| (1..=DAYS_OF_AN_EVENT_MAX).contains(days))
        else {
            let hint = "`DTEND` is the day after the last, and at most a year after `DTSTART`";
            return Err(self.error("the event has no length that a holiday has", hint));
        };
        let firsts = self.first_days(start)?;
        let steps = firsts.len().saturating_mul(usize::try_from(days).unwrap_or(usize::MAX));
        let Some(fewer) = left.checked_sub(steps) else {
            return Err(too_much(self.line, format!("the events so far cover more than {STEPS_MAX} days")));
        };
        *left = fewer;
        for first in firsts {
            if !self.except.contains(&first) {
                dates.extend((0..days).filter_map(|day| first.checked_add_days(Days::new(day))));
            }
        }
        Ok(())
    }

    fn first_days(&self, start: NaiveDate) -> Result<Vec<NaiveDate>, IcsError> {
        let Some(yearly) = &self.yearly else { return Ok(vec![start]) };
        let is_elsewhere = yearly.month.is_some_and(|month| month != start.month())
            || yearly.day.is_some_and(|day| day != start.day());
        if is_elsewhere {
            let problem = "the rule repeats on another date than the event's own";
            return Err(self.error(problem, "write an event for each year"));
        }
        let count = yearly.count.unwrap_or(usize::MAX);
        let years =
            (start.year()..=LAST_YEAR.max(start.year())).step_by(yearly.interval.unwrap_or(1) as usize);
        // 29 February repeats in leap years alone, as the standard says.
        let days = years.filter_map(|year| start.with_year(year));
        Ok(days.take_while(|day| yearly.until.is_none_or(|until| *day <= until)).take(count).collect())
    }
}

fn too_much(line: usize, problem: String) -> IcsError {
    IcsError { line, problem, hint: "name a calendar of holidays alone".to_owned() }
}

fn refusal(line: &Line, problem: String, hint: &str) -> IcsError {
    IcsError { line: line.number, problem, hint: hint.to_owned() }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let is_date = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    is_date.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

fn read_date(line: &Line) -> Result<NaiveDate, IcsError> {
    parse_date(&line.value).ok_or_else(|| {
        let problem = format!("`{}:{}` is no date", line.name, line.value);
        refusal(line, problem, "holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`")
    })
}

/// `P1D`, `P2W`.
fn read_days(line: &Line) -> Result<u64, IcsError> {
    let text = line.value.to_ascii_uppercase();
    let number = |unit: char| text.strip_prefix('P')?.strip_suffix(unit)?.parse::<u64>().ok();
    number('D').or_else(|| number('W').map(|weeks| weeks.saturating_mul(7))).ok_or_else(|| {
        let problem = format!("`{}:{}` is no number of days", line.name, line.value);
        refusal(line, problem, "holidays last whole days, such as `DURATION:P1D`")
    })
}

fn read_yearly(line: &Line) -> Result<Yearly, IcsError> {
    let refuse = |what: &str| {
        let problem = format!("the rule `{}` is not understood: {what}", line.value);
        Err(refusal(
            line,
            problem,
            "only `RRULE:FREQ=YEARLY` on the same date is; write other events date by date",
        ))
    };
    let mut yearly = Yearly::default();
    let mut is_yearly = false;
    for part in line.value.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let number = value.parse::<u32>().ok().filter(|&number| number > 0);
        let date = value.get(..8).and_then(parse_date);
        match (key.to_ascii_uppercase().as_str(), number, date) {
            ("FREQ", ..) if value.eq_ignore_ascii_case("YEARLY") => is_yearly = true,
            ("INTERVAL", Some(years), _) if years <= 1000 => yearly.interval = Some(years as i32),
            ("COUNT", Some(count), _) => yearly.count = Some(count as usize),
            ("UNTIL", _, Some(until)) => yearly.until = Some(until),
            ("BYMONTH", Some(month), _) => yearly.month = Some(month),
            ("BYMONTHDAY", Some(day), _) => yearly.day = Some(day),
            ("WKST", ..) => {}
            _ => return refuse(&format!("`{part}`")),
        }
    }
    if is_yearly { Ok(yearly) } else { refuse("it does not repeat yearly") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(events: &[&str]) -> String {
        let body: String =
            events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n")
    }
    fn dates(events: &[&str]) -> String {
        let dates = holidays_from_ics(&calendar(events)).unwrap();
        dates.iter().map(NaiveDate::to_string).collect::<Vec<_>>().join(" ")
    }
    fn problem(event: &str) -> String {
        holidays_from_ics(&calendar(&[event])).unwrap_err().to_string()
    }

    #[test]
    fn an_event_covers_its_days_and_not_the_day_of_its_end() {
        assert_eq!(dates(&["DTSTART;VALUE=DATE:20261225"]), "2026-12-25");
        assert_eq!(
            dates(&["SUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227"]),
            "2026-12-25 2026-12-26"
        );
        assert_eq!(dates(&["DTSTART:20261231\r\nDURATION:P2D"]), "2026-12-31 2027-01-01");
        assert_eq!(dates(&["DTSTART:20270301\r\nDURATION:P1W"]).split(' ').count(), 7);
    }

    #[test]
    fn dates_come_in_order_and_once() {
        assert_eq!(dates(&["DTSTART:20261226", "DTSTART:20261225\r\nDURATION:P2D"]), "2026-12-25 2026-12-26");
        assert_eq!(dates(&[]), "");
    }

    #[test]
    fn folded_lines_quoted_parameters_alarms_and_cancelled_events_are_read_right() {
        assert_eq!(dates(&["DTSTART;X-NOTE=\"a:b\";VALUE=DA\r\n TE:2026\r\n\t1225"]), "2026-12-25");
        assert_eq!(
            dates(&["DTSTART:20261225\r\nBEGIN:VALARM\r\nDURATION:PT15M\r\nEND:VALARM"]),
            "2026-12-25"
        );
        assert_eq!(dates(&["DTSTART:20261225\r\nSTATUS:CANCELLED"]), "");
        assert_eq!(holidays_from_ics("\u{feff}BEGIN:VCALENDAR\nEND:VCALENDAR"), Ok(vec![]));
    }

    #[test]
    fn yearly_events_repeat_on_their_date() {
        assert_eq!(
            dates(&["DTSTART:20260517\r\nRRULE:FREQ=YEARLY;COUNT=3"]),
            "2026-05-17 2027-05-17 2028-05-17"
        );
        assert_eq!(
            dates(&["DTSTART:20260517\r\nRRULE:FREQ=YEARLY;UNTIL=20280516T000000Z;BYMONTH=5;BYMONTHDAY=17"]),
            "2026-05-17 2027-05-17"
        );
        assert_eq!(
            dates(&["DTSTART:20240229\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nEXDATE:20240229"]),
            "2028-02-29"
        );
        assert!(dates(&["DTSTART:20260101\r\nRRULE:FREQ=YEARLY"]).ends_with(" 2100-01-01"));
    }

    #[test]
    fn a_calendar_that_asks_for_ages_is_refused() {
        let ages = "DTSTART:00010101\r\nDTEND:00020101\r\nRRULE:FREQ=YEARLY";
        let error = holidays_from_ics(&calendar(&[ages; 1_000])).unwrap_err().to_string();
        assert!(error.contains("cover more than"), "{error}");
        let long = format!("DTSTART:20261225\r\nX-NOTE:{}", "x".repeat(BYTES_MAX));
        assert!(problem(&long).contains("bytes"));
        let every = "DTSTART:20260101\r\nRRULE:FREQ=YEARLY";
        assert!(holidays_from_ics(&calendar(&[every; 1_000])).is_ok());
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_the_line() {
        insta::assert_snapshot!(
            [
                "DTSTART:20261225T080000Z",
                "DTSTART:20261325",
                "SUMMARY:Nothing",
                "SUMMARY:Backwards\r\nDTSTART:20261225\r\nDTEND:20261225",
                "DTSTART:20261225\r\nDTEND:20361225",
                "DTSTART:20261225\r\nDURATION:PT8H",
                "DTSTART:20261225\r\nRRULE:FREQ=WEEKLY",
                "DTSTART:20261225\r\nRRULE:COUNT=3",
                "DTSTART:20261125\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
                "SUMMARY:Moved\r\nDTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=11",
                "DTSTART:20261225\r\nRDATE:20261226",
            ]
            .map(problem)
            .join("\n"),
            @r#"
            line 4 of the iCalendar text: `DTSTART:20261225T080000Z` is no date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
            line 4 of the iCalendar text: `DTSTART:20261325` is no date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
            line 3 of the iCalendar text: the event has no `DTSTART` (`Nothing`); hint: give it the date, as `DTSTART;VALUE=DATE:20261225`
            line 3 of the iCalendar text: the event has no length that a holiday has (`Backwards`); hint: `DTEND` is the day after the last, and at most a year after `DTSTART`
            line 3 of the iCalendar text: the event has no length that a holiday has; hint: `DTEND` is the day after the last, and at most a year after `DTSTART`
            line 5 of the iCalendar text: `DURATION:PT8H` is no number of days; hint: holidays last whole days, such as `DURATION:P1D`
            line 5 of the iCalendar text: the rule `FREQ=WEEKLY` is not understood: `FREQ=WEEKLY`; hint: only `RRULE:FREQ=YEARLY` on the same date is; write other events date by date
            line 5 of the iCalendar text: the rule `COUNT=3` is not understood: it does not repeat yearly; hint: only `RRULE:FREQ=YEARLY` on the same date is; write other events date by date
            line 5 of the iCalendar text: the rule `FREQ=YEARLY;BYMONTH=11;BYDAY=4TH` is not understood: `BYDAY=4TH`; hint: only `RRULE:FREQ=YEARLY` on the same date is; write other events date by date
            line 3 of the iCalendar text: the rule repeats on another date than the event's own (`Moved`); hint: write an event for each year
            line 5 of the iCalendar text: `RDATE` is not understood; hint: write an event for each date
            "#
        );
        insta::assert_snapshot!(holidays_from_ics("hello").unwrap_err(), @r#"line 1 of the iCalendar text: there is no `BEGIN:VCALENDAR`; hint: name an .ics file"#);
        insta::assert_snapshot!(
            holidays_from_ics("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n").unwrap_err(),
            @r#"line 2 of the iCalendar text: the event has no `END:VEVENT`; hint: is the file cut off?"#
        );
    }
}
