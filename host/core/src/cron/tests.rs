use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::*;

fn utc(text: &str) -> Wall {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M"))
        .or_else(|_| NaiveDateTime::parse_from_str(&format!("{text} 00:00"), "%Y-%m-%d %H:%M"))
        .unwrap()
        .and_utc()
        .into()
}

/// The next starts after `from` (UTC), in local time with the offset.
fn starts(expression: &str, zone: Tz, from: &str, count: usize) -> String {
    let schedule = CronSchedule::parse(expression, zone).unwrap();
    let mut at = utc(from);
    let mut lines = Vec::new();
    for _ in 0..count {
        at = schedule.next_after(at).unwrap();
        lines.push(at.utc().unwrap().with_timezone(&zone).format("%a %F %T %z").to_string());
    }
    lines.join("\n")
}

fn refusal(expression: &str) -> String {
    CronSchedule::parse(expression, Tz::UTC).unwrap_err().to_string()
}
