//! Timers in every state that systemd has a word for.

use serde_json::{Value, json};
use watchkeep_plugin_service::run;
use watchkeep_sdk::State;
use watchkeep_sdk::system::Timer;
use watchkeep_sdk::testing::{Host, NOW, timer};

use crate::{Runs, told};

const MINUTE: u64 = 60_000;

#[track_caller]
fn says(more: Value, timer: Timer, state: State, summary: &str) {
    let mut rule = json!({ "name": "backup.timer" });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let ran = Runs::of(json!({ "timers": [rule] })).at(0, "timers backup.timer", vec![timer]);
    assert_eq!(told(&ran), (state, summary));
}

fn backup() -> Timer {
    timer("backup")
}

#[test]
fn a_timer_is_judged_by_its_state() {
    let of = |active: &str, sub: &str| Timer { active: active.to_owned(), sub: sub.to_owned(), ..backup() };
    let plain = |timer: Timer, state, said: &str| says(json!({}), timer, state, said);
    plain(backup(), State::Ok, "backup.timer waits, last fired 1 h ago");
    let runs = Timer { next: None, unit_active: "activating".to_owned(), ..of("active", "running") };
    plain(runs, State::Ok, "backup.timer has started its unit, which runs, last fired 1 h ago");
    let fresh = Timer { last: None, ..backup() };
    plain(fresh, State::Ok, "backup.timer waits, has not fired yet");
    let elapsed = Timer { next: None, ..of("active", "elapsed") };
    plain(
        elapsed,
        State::Warning,
        "backup.timer waits for nothing, last fired 1 h ago; nothing will make it fire; hint: look at its `OnCalendar=` and \
         the like",
    );
    let stopped = Timer { next: None, ..of("inactive", "dead") };
    plain(
        stopped,
        State::Critical,
        "backup.timer is not started; it never fires; hint: `systemctl enable --now backup.timer`",
    );
    plain(
        of("failed", "failed"),
        State::Critical,
        "backup.timer has failed; it never fires; hint: `systemctl status backup.timer`",
    );
    let loaded = |load: &str| Timer { load: load.to_owned(), ..of("inactive", "dead") };
    plain(
        loaded("not-found"),
        State::Critical,
        "backup.timer is not there; systemd knows no such timer; hint: `systemctl list-timers --all` shows what there is",
    );
    plain(loaded("masked"), State::Critical, "backup.timer is masked; it is masked: it never fires");
    plain(
        loaded("bad-setting"),
        State::Critical,
        "backup.timer is inactive; systemd cannot read its file; hint: `systemd-analyze verify backup.timer`",
    );
    plain(
        of("dreaming", "deep"),
        State::Unknown,
        "backup.timer; not judged: systemd says that it is `dreaming`, which this check does not know",
    );
}

#[test]
fn a_timer_that_is_late_or_silent_is_found() {
    let due = |minutes: u64| Timer { next: Some(NOW - minutes * MINUTE), ..backup() };
    let waits = "backup.timer waits, last fired 1 h ago";
    says(json!({}), due(10), State::Ok, waits);
    says(json!({}), due(11), State::Critical, &format!("{waits}; it was due 11 min ago"));
    says(json!({ "overdue_critical": "1h" }), due(11), State::Ok, waits);
    let within = || json!({ "fired_within_warning": "59m", "fired_within_critical": "2h" });
    says(within(), backup(), State::Warning, &format!("{waits}; that is longer ago than 59 min"));
    says(json!({ "fired_within_warning": "1h" }), backup(), State::Ok, waits);
    let silent = Timer { last: Some(NOW - 121 * MINUTE), ..backup() };
    let said = "backup.timer waits, last fired 2 h 1 min ago; that is longer ago than 2 h";
    says(within(), silent, State::Critical, said);
    let never = Timer { last: None, ..backup() };
    let said = "backup.timer waits, has not fired yet; it was started 4 d 4 h ago, longer than 2 h";
    says(within(), never, State::Critical, said);
    let unknown = Timer { last: None, started: None, ..backup() };
    says(within(), unknown, State::Ok, "backup.timer waits, has not fired yet");
    // The machine's clock was set back.
    let ahead = Timer { last: Some(NOW + MINUTE), ..backup() };
    says(within(), ahead, State::Ok, "backup.timer waits, last fired 0 s ago");
}

#[test]
fn the_unit_that_it_starts_must_not_have_failed() {
    let result = |active: &str, result: &str| Timer {
        unit_active: active.to_owned(),
        unit_result: result.to_owned(),
        ..backup()
    };
    let waits = "backup.timer waits, last fired 1 h ago";
    says(
        json!({}),
        result("failed", "exit-code"),
        State::Critical,
        &format!("{waits}; backup.service has failed (exit-code)"),
    );
    says(json!({}), result("failed", ""), State::Critical, &format!("{waits}; backup.service has failed"));
    says(
        json!({}),
        result("inactive", "timeout"),
        State::Critical,
        &format!("{waits}; backup.service has failed (timeout)"),
    );
    says(json!({}), result("active", ""), State::Ok, waits);
}

#[test]
fn timers_have_metrics_and_each_is_judged_by_the_first_rule() {
    let late = Timer { next: Some(NOW - 20 * MINUTE), ..timer("late") };
    let config = json!({
        "timers": [{ "name": "late.timer", "overdue_critical": "1h" }, { "name": "*.timer", "fired_within_warning": "2h" }],
        "exclude": "apt-*",
    });
    let ran = Host::new()
        .answer("system timers late.timer", vec![late.clone()])
        .answer("system timers *.timer", vec![late, backup(), timer("apt-daily")])
        .check(run, &config.to_string());
    let report = ran.report();
    let keys: Vec<_> = report.findings.iter().map(|it| (it.key.as_str(), it.state)).collect();
    assert_eq!(keys, [("timer backup.timer", State::Ok), ("timer late.timer", State::Ok)]);
    let metrics = |at: usize| -> Vec<(&str, f64)> {
        report.findings[at].metrics.iter().map(|it| (it.name.as_str(), it.value)).collect()
    };
    assert_eq!(metrics(0), [("service_timer_fired_ago", 3_600.0), ("service_timer_next_in", 3_600.0)]);
    assert_eq!(metrics(1)[1], ("service_timer_next_in", -1_200.0));

    let none = |more| Runs::of(more).at(0, "timers x*.timer", Vec::<Timer>::new());
    let ran = none(json!({ "timers": [{ "name": "x*.timer" }] }));
    assert_eq!(told(&ran), (State::Critical, "there is no timer `x*.timer`"));
    let ran = none(json!({ "timers": [{ "name": "x*.timer" }], "empty": "ok" }));
    assert_eq!(told(&ran), (State::Ok, "no findings"));
}

#[test]
fn a_thousand_odd_timers_stay_within_limits() {
    let all: Vec<Timer> = (0..1_000)
        .map(|at| Timer {
            next: Some(u64::MAX),
            last: Some(u64::MAX),
            sub: "\u{1b}[2J".repeat(1_000),
            unit: "\u{1b}".repeat(5_000),
            unit_result: "\u{1b}".repeat(5_000),
            ..timer(&format!("{}\u{1b}{at}", "x".repeat(200)))
        })
        .collect();
    let config = json!({ "timers": [{ "name": "*" }] });
    let ran = Runs::of(config).at(0, "timers *", all);
    assert_eq!(ran.report().findings.len(), 300);
    assert!(ran.report().summary.len() < 4_096 && !ran.report().summary.chars().any(char::is_control));
}
