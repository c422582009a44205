//! Parses text to fields; every problem names its field and value.

use super::CronError;
use super::field::Field;
use super::fields::{DayRule, Fields, OnShift};

const FORM: &str = "write `minute hour day-of-month month day-of-week`, such as `30 2 * * mon-fri`";

pub(super) fn parse(expression: &str) -> Result<Fields, CronError> {
    let error =
        |problem: String, hint: String| CronError { expression: expression.to_owned(), problem, hint };
    let written = match expression.strip_prefix('@') {
        Some(_) => nickname(expression).map_err(|(problem, hint)| error(problem, hint))?,
        None => expression,
    };
    let texts: Vec<&str> = written.split_whitespace().collect();
    let texts: [&str; 6] = match *texts.as_slice() {
        [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday],
        [second, minute, hour, day, month, weekday] => [second, minute, hour, day, month, weekday],
        [] => return Err(error("it is empty".to_owned(), FORM.to_owned())),
        _ => {
            let problem = format!("it has {} fields, not five (or six with seconds in front)", texts.len());
            return Err(error(problem, FORM.to_owned()));
        }
    };
    let mut sets = Vec::with_capacity(texts.len());
    for (field, text) in Field::ALL.into_iter().zip(texts) {
        sets.push(field.read(text).map_err(|found| error(found.problem, found.hint))?);
    }
    let [seconds, minutes, hours, days, months, weekdays] =
        <[_; 6]>::try_from(sets).expect("one set was read for each of six fields");
    let [_, minute, hour, day, month, weekday] = texts;
    let begins_with_star = |text: &str| text.starts_with('*');
    let fields = Fields {
        seconds,
        minutes,
        hours,
        days,
        months,
        weekdays,
        day_rule: if begins_with_star(day) || begins_with_star(weekday) {
            DayRule::Both
        } else {
            DayRule::Either
        },
        on_shift: if begins_with_star(minute) || begins_with_star(hour) {
            OnShift::FollowClock
        } else {
            OnShift::KeepTimes
        },
    };
    if !fields.has_a_day() {
        let problem = format!("it never starts, since month `{month}` has no day `{day}`");
        return Err(error(problem, "for the last day of a month, run on the first of the next".to_owned()));
    }
    Ok(fields)
}

/// The expression behind a nickname of crontab; `@reboot` is not a time.
fn nickname(expression: &str) -> Result<&'static str, (String, String)> {
    Ok(match expression.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        "@reboot" => {
            let hint = "a check with `interval` runs soon after every start of the host".to_owned();
            return Err(("`@reboot` is not a time".to_owned(), hint));
        }
        other if other.starts_with("@every") => {
            let span = other.trim_start_matches("@every").trim();
            let hint = format!(
                "use `interval = \"{}\"` in place of `schedule`",
                if span.is_empty() { "5m" } else { span }
            );
            return Err(("`@every` is not cron".to_owned(), hint));
        }
        other => {
            let hint =
                "there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually".to_owned();
            return Err((format!("`{other}` is not known"), hint));
        }
    })
}
