//! Two years, minute by minute, in every zone: the core's starts are those of the simulated daemon, asked one
//! after the other and asked from the moments around every change of clocks. And seconds, around those.

use chrono_tz::Tz;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::time::Wall;
use watchkeep_schedule_oracle::daemon::{Job, Span};
use watchkeep_schedule_oracle::expressions::{MINUTELY, SECONDLY};
use watchkeep_schedule_oracle::zones::{FROM, UNTIL, ZONES, changes};

const HOUR: i64 = 3600;

fn next_after(schedule: &CronSchedule, at: i64) -> i64 {
    let next = schedule.next_after(Wall::from_millis(at * 1000)).expect("every expression has a next start");
    assert_eq!(next.millis() % 1000, 0);
    next.millis() / 1000
}

fn starts(schedule: &CronSchedule, from: i64, until: i64) -> Vec<i64> {
    let next = |&at: &i64| Some(next_after(schedule, at));
    std::iter::successors(next(&(from - 1)), next).take_while(|&at| at < until).collect()
}

fn shown(zone: Tz, at: Option<&i64>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    let utc = chrono::DateTime::from_timestamp(*at, 0).expect("a moment of our time");
    utc.with_timezone(&zone).format("%a %F %T %z").to_string()
}

fn compare(zone: Tz, expression: &str, span: &Span, from: i64, until: i64) -> Vec<i64> {
    let schedule = CronSchedule::parse(expression, zone).expect("a sound expression");
    let expected = span.starts(&Job::read(expression));
    let found = starts(&schedule, from, until);
    if let Some(at) = (0..expected.len().max(found.len())).find(|&at| expected.get(at) != found.get(at)) {
        panic!(
            "`{expression}` in {zone}: cron starts it {}, the core {}",
            shown(zone, expected.get(at)),
            shown(zone, found.get(at))
        );
    }
    expected
}

fn lives_through_two_years(zone: Tz) {
    assert!(ZONES.contains(&zone));
    let span = Span::read(zone, FROM, UNTIL, 60);
    let changes = changes(zone);
    for expression in MINUTELY {
        let expected = compare(zone, expression, &span, FROM, UNTIL);
        let schedule = CronSchedule::parse(expression, zone).expect("a sound expression");
        for &change in &changes {
            let mut ahead = expected.partition_point(|&start| start <= change - 3 * HOUR);
            for at in (change - 3 * HOUR..change + 3 * HOUR).step_by(60) {
                while expected.get(ahead).is_some_and(|&start| start <= at) {
                    ahead += 1;
                }
                if let Some(start) = expected.get(ahead) {
                    let found = next_after(&schedule, at);
                    assert_eq!(found, *start, "`{expression}` in {zone} after {}", shown(zone, Some(&at)));
                }
            }
        }
    }
    for change in changes {
        let (from, until) = (change - 5 * HOUR, change + 5 * HOUR);
        let span = Span::read(zone, from, until, 1);
        for expression in SECONDLY {
            compare(zone, expression, &span, from, until);
        }
    }
}

#[test]
fn in_oslo() {
    lives_through_two_years(Tz::Europe__Oslo);
}

#[test]
fn in_new_york() {
    lives_through_two_years(Tz::America__New_York);
}

#[test]
fn on_lord_howe_island() {
    lives_through_two_years(Tz::Australia__Lord_Howe);
}

#[test]
fn in_cairo() {
    lives_through_two_years(Tz::Africa__Cairo);
}

#[test]
fn in_kathmandu() {
    lives_through_two_years(Tz::Asia__Kathmandu);
}

#[test]
fn in_utc() {
    lives_through_two_years(Tz::UTC);
}

/// What the tests above rest on.
#[test]
fn clocks_change_as_often_as_the_zones_say() {
    let counts = ZONES.map(|zone| changes(zone).len());
    assert_eq!(counts, [4, 4, 4, 4, 0, 0]);
}
