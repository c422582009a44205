//! Timers of systemd, as a strict double of `systemctl` has them.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

async fn told(engine: &Engine, pattern: &str) -> Vec<String> {
    lines(&read_by(engine, "timers", pattern, allowed(&["units:*"]), Duration::from_secs(60)).await)
}

/// How many minutes from now that is; none if there is no such time.
fn minutes(line: &str, field: &str) -> Option<f64> {
    let time: f64 = value(line, field).strip_prefix("Some(")?.strip_suffix(')')?.parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as f64;
    Some((time - now) / 60_000.0)
}

#[track_caller]
fn is_about(line: &str, field: &str, expected: Option<f64>) {
    let found = minutes(line, field);
    let is_near = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1.0,
        (found, expected) => found == expected,
    };
    assert!(is_near, "{field} is {found:?} and not {expected:?}: {line}");
}

#[tokio::test]
async fn timers_are_told_with_their_times_and_their_units() {
    let (engine, _running) = with_systemd();
    let all = told(&engine, "*").await;
    let names: Vec<_> = all.iter().map(|timer| value(timer, "name")).collect();
    assert_eq!(names, ["backup.timer", "boot.timer", "late.timer", "odd.timer", "poll.timer"]);
    for (at, next, last) in [
        (0, Some(60.0), Some(-60.0)),
        (1, None, None),
        (2, Some(-120.0), Some(-1_500.0)),
        (3, None, None),
        (4, Some(10.0), Some(-1.0)),
    ] {
        is_about(&all[at], "next", next);
        is_about(&all[at], "last", last);
        is_about(&all[at], "started", (at != 3).then_some(-6_000.0));
    }
    let fields =
        |at: usize| ["sub", "unit", "unit-active", "unit-result"].map(|field| value(&all[at], field));
    assert_eq!(fields(0), ["waiting", "backup.service", "inactive", "success"]);
    assert_eq!(fields(1), ["elapsed", "old.service", "inactive", "success"]);
    assert_eq!(fields(2), ["waiting", "nginx-purge.service", "failed", "exit-code"]);
    assert_eq!(fields(3), ["waiting", "--help", "", ""], "that is not a unit");
    assert_eq!(fields(4), ["waiting", "nginx.service", "active", "success"]);
    assert_eq!(told(&engine, "b*").await.len(), 2, "services are left out");
    let gone = told(&engine, "gone.timer").await;
    assert_eq!(
        ["name", "load", "active", "unit"].map(|field| value(&gone[0], field)),
        ["gone.timer", "not-found", "inactive", ""]
    );
    assert!(told(&engine, "none*").await.is_empty());
}

#[tokio::test]
async fn timers_are_granted_as_units_and_answers_are_whole() {
    let (engine, _running) = with_systemd();
    let span = Duration::from_secs(60);
    let ended = read_by(&engine, "timers", "*.timer", allowed(&["units:backup*", "disks"]), span).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");
    let hint = failure(&ended).hint.clone().unwrap();
    let entry = hint.split('"').nth(1).unwrap();
    assert_eq!(entry, "units:*.timer");
    assert_eq!(lines(&read_by(&engine, "timers", "*.timer", allowed(&[entry]), span).await).len(), 5);
    let lots = read_by(&engine, "timers", "lots*", allowed(&["units:*"]), span).await;
    assert_eq!(failure(&lots).reason, FailureReason::Limit, "{lots:?}");
    assert!(failure(&lots).message.contains("more than 1000 timers that `lots*` matches"), "{lots:?}");
    let other = read_by(&engine, "timers", "nginx.service", allowed(&["units:*"]), span).await;
    assert!(report(&other).summary.starts_with("other: `nginx.service` is not a timer; hint: "), "{other:?}");
    let hangs = read_by(&engine, "timers", "hangs*", allowed(&["units:*"]), Duration::from_secs(2)).await;
    assert!(report(&hangs).summary.contains("gave no answer within 1."), "{hangs:?}");
}
