//! The core against the crate `cron`, where both mean the same: in UTC, with names for days of the week (the
//! crate counts Sunday as 1), and with at most one of the two day fields restricted (the crate wants both).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::time::Wall;
use watchkeep_schedule_oracle::expressions::{MINUTELY, SECONDLY};
use watchkeep_schedule_oracle::zones::FROM;

fn is_shared_ground(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [day, _, weekday] = fields[fields.len() - 3..] else { return false };
    let by_name = weekday == "*" || weekday.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == ',');
    by_name && (day == "*" || weekday == "*") && !expression.contains("*,")
}

#[test]
fn the_core_starts_when_the_crate_does() {
    let from: DateTime<Utc> = DateTime::from_timestamp(FROM, 0).unwrap();
    let shared: Vec<&str> =
        MINUTELY.into_iter().chain(SECONDLY).filter(|expression| is_shared_ground(expression)).collect();
    assert!(shared.len() > 80, "{}", shared.len());
    for expression in shared {
        let with_seconds = if expression.split(' ').count() == 5 {
            format!("0 {expression}")
        } else {
            expression.to_owned()
        };
        let theirs: cron::Schedule = with_seconds.parse().unwrap();
        let schedule = CronSchedule::parse(expression, Tz::UTC).unwrap();
        let mut at = Wall::from(from);
        for theirs in theirs.after(&from).take(300) {
            at = schedule.next_after(at).unwrap();
            assert_eq!(at, Wall::from(theirs), "{expression}");
        }
    }
}
