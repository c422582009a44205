//! Starts that fall into run hours (rule S2).

use std::time::Duration;

use crate::calendar::Calendar;
use crate::cron::CronSchedule;
use crate::model::clock::Moment;
use crate::time::Wall;

/// How far ahead a start is looked for: a 29th of February falls on every day of the week within 28 years, and the turn
/// of a century may leave one out.
const AHEAD: Duration = Duration::from_secs(40 * 366 * 86_400);

/// The first start strictly after `after` at which `hours` are open; `None` if there is none.
pub fn next_start_in(cron: &CronSchedule, hours: &Calendar, after: Wall) -> Option<Wall> {
    let end = after + AHEAD;
    let mut from = after;
    loop {
        let start = cron.next_after(from).filter(|start| *start <= end)?;
        if hours.is_open(start) {
            return Some(start);
        }
        // No start before the next opening matters, and one at the opening itself does.
        let just_before = Wall::from_millis(hours.next_open(start)?.millis() - 1);
        from = just_before.max(start);
    }
}

/// The first moment of a fixed rate, from `regular` on, at which `hours` are open.
pub(crate) fn next_regular_in(regular: Moment, interval: Duration, hours: &Calendar) -> Option<Wall> {
    let interval = i64::try_from(interval.as_millis()).ok().filter(|interval| *interval > 0)?;
    let mut at = regular.wall;
    let end = at + AHEAD;
    while at <= end {
        if hours.is_open(at) {
            return Some(at);
        }
        let ahead = hours.next_open(at)?.millis() - at.millis();
        at = Wall::from_millis(at.millis() + (ahead + interval - 1).div_euclid(interval).max(1) * interval);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono_tz::Tz;

    use super::*;
    use crate::calendar::{Opening, parse_days};
    use crate::ids::CalendarName;

    fn hours(days: &str, times: &str, exceptions: &[(&str, &str)]) -> Calendar {
        let mut week: [Vec<Opening>; 7] = Default::default();
        for day in parse_days(days).unwrap() {
            week[day.num_days_from_monday() as usize] = vec![Opening::parse(times).unwrap()];
        }
        let exceptions: BTreeMap<_, _> = exceptions
            .iter()
            .map(|(date, times)| (date.parse().unwrap(), vec![Opening::parse(times).unwrap()]))
            .collect();
        Calendar::new(CalendarName::from("c"), Tz::Europe__Oslo, week, exceptions).unwrap()
    }
    fn next(cron: &str, hours: &Calendar) -> Option<String> {
        let cron = CronSchedule::parse(cron, Tz::Europe__Oslo).unwrap();
        let after = Wall::from_millis(1_577_836_800_000);
        let at = next_start_in(&cron, hours, after)?;
        Some(chrono::DateTime::from_timestamp_millis(at.millis()).unwrap().to_rfc3339())
    }

    #[test]
    fn a_start_that_never_falls_into_hours_is_none() {
        let office = hours("mon-fri", "08:00-18:00", &[]);
        for never in ["0 3 * * *", "* 18-23,0-7 * * *", "0 12 * * sat", "30 7 1 1 *"] {
            assert_eq!(next(never, &office), None, "{never}");
        }
    }

    #[test]
    fn a_rare_start_that_does_is_found() {
        let office = hours("mon-fri", "08:00-18:00", &[("2031-05-04", "02:00-04:00")]);
        let found = |cron| next(cron, &office).unwrap();
        assert_eq!(found("0 8 * * *"), "2020-01-01T07:00:00+00:00");
        assert_eq!(found("0 12 29 2 *"), "2024-02-29T11:00:00+00:00", "of 2020 it is a Saturday");
        assert_eq!(found("0 3 * * *"), "2031-05-04T01:00:00+00:00", "open at night once");
        assert_eq!(found("59 17 * * fri"), "2020-01-03T16:59:00+00:00");
    }
}
