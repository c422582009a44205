//! Units in every state that systemd has a word for, and their restarts.

use serde_json::json;
use watchkeep_plugin_service::run;
use watchkeep_sdk::system::{SystemError, Unit};
use watchkeep_sdk::testing::{Host, unit};
use watchkeep_sdk::{Fault, State};

use crate::{Runs, told};

const NAME: &str = "web.service";

/// What is said of this unit, where it must be active and where it must not have failed.
#[track_caller]
fn says(unit: &Unit, active: (State, &str), not_failed: (State, &str)) {
    for (key, expected) in [("units", active), ("not_failed", not_failed)] {
        let ran = Runs::of(json!({ key: NAME })).at(0, "units web.service", vec![unit.clone()]);
        assert_eq!(told(&ran), expected, "{key}");
    }
}

#[test]
fn a_unit_is_judged_by_its_state_and_by_what_is_wanted_of_it() {
    let (ok, warning, critical) = (State::Ok, State::Warning, State::Critical);
    let said = "web.service is active (running)";
    says(&unit(NAME, "active", "running"), (ok, said), (ok, said));
    let said = "web.service is active (reload)";
    says(&unit(NAME, "reloading", "reload"), (ok, said), (ok, said));
    let said = "web.service does not run; it has failed (exit-code)";
    says(&unit(NAME, "failed", "failed"), (critical, said), (critical, said));
    says(
        &unit(NAME, "inactive", "dead"),
        (critical, "web.service is inactive (dead); it must be active"),
        (ok, "web.service is inactive (dead)"),
    );
    let killed = Unit { last_result: "oom-kill".to_owned(), ..unit(NAME, "inactive", "dead") };
    says(
        &killed,
        (critical, "web.service is inactive (dead); it must be active (oom-kill)"),
        (critical, "web.service is inactive (dead); its last run has failed (oom-kill)"),
    );
    says(
        &unit(NAME, "activating", "start-pre"),
        (warning, "web.service is starting (start-pre); it is not active yet"),
        (ok, "web.service is starting (start-pre)"),
    );
    let again = Unit { last_result: "signal".to_owned(), ..unit(NAME, "activating", "auto-restart") };
    let said = "web.service is restarting; it has ended (signal) and is started again";
    says(&again, (warning, said), (warning, said));
    says(
        &unit(NAME, "deactivating", "stop-sigterm"),
        (critical, "web.service is deactivating (stop-sigterm); it must be active"),
        (ok, "web.service is deactivating (stop-sigterm)"),
    );
    let said = "web.service; not judged: systemd says that it is `dreaming`, which this check does not know";
    says(&unit(NAME, "dreaming", "deep"), (State::Unknown, said), (State::Unknown, said));
}

#[test]
fn units_that_cannot_be_loaded_are_told_apart() {
    let loaded = |load: &str| Unit { load: load.to_owned(), ..unit(NAME, "inactive", "dead") };
    let critical = State::Critical;
    let said = "web.service is not there; systemd knows no such unit; hint: `systemctl list-unit-files` shows what there is";
    says(&loaded("not-found"), (critical, said), (critical, said));
    says(
        &loaded("masked"),
        (critical, "web.service is masked; it is masked: nobody can start it"),
        (State::Ok, "web.service is masked"),
    );
    let said =
        "web.service is inactive; systemd cannot read its file; hint: `systemd-analyze verify web.service`";
    says(&loaded("bad-setting"), (critical, said), (critical, said));
    // One whose file was removed while it runs.
    let running = Unit { load: "not-found".to_owned(), ..unit(NAME, "active", "running") };
    let said = "web.service is active (running)";
    says(&running, (State::Ok, said), (State::Ok, said));
}

#[test]
fn a_crash_loop_is_found_while_the_unit_is_active() {
    let mut runs = Runs::of(json!({ "units": NAME }));
    let mut finds = |seconds, restarts, expected: (State, &str)| {
        let ran =
            runs.at(seconds, "units web.service", vec![Unit { restarts, ..unit(NAME, "active", "running") }]);
        assert_eq!(told(&ran), expected);
    };
    let ok = (State::Ok, "web.service is active (running)");
    finds(0, 9, ok);
    finds(60, 9, ok);
    finds(120, 10, (State::Warning, "web.service is active (running); it was restarted once in 60 s"));
    let said = "web.service is active (running); it was restarted 3 times in 2 min: a crash loop";
    finds(180, 12, (State::Critical, said));
    finds(1_200, 12, ok);
    // Started by hand.
    finds(1_260, 0, ok);
    let said = "web.service is active (running); it was restarted 2 times in 60 s";
    finds(1_320, 2, (State::Warning, said));
}

#[test]
fn patterns_find_many_and_each_is_judged_once() {
    let all = vec![
        unit("a.service", "active", "running"),
        unit("b.service", "inactive", "dead"),
        unit("c.service", "failed", "failed"),
        unit("user@1000.service", "failed", "failed"),
    ];
    let config = json!({ "units": "b.service", "not_failed": "*.service", "exclude": "user@*" });
    let ran = Host::new()
        .answer("system units b.service", vec![all[1].clone()])
        .answer("system units *.service", all)
        .check(run, &config.to_string());
    let report = ran.report();
    let said: Vec<_> = report.findings.iter().map(|it| (it.key.as_str(), it.state)).collect();
    let critical = State::Critical;
    assert_eq!(said, [("b.service", critical), ("c.service", critical), ("a.service", State::Ok)]);
    assert_eq!(report.summary, "2 of 3 critical: b.service is inactive (dead); it must be active");
}

#[test]
fn a_pattern_that_finds_nothing_is_critical_unless_the_operator_says_otherwise() {
    let none = |more| Runs::of(more).at(0, "units backup-*.timer", Vec::<Unit>::new());
    let ran = none(json!({ "units": "backup-*.timer" }));
    assert_eq!(told(&ran), (State::Critical, "there is no unit `backup-*.timer`"));
    let ran = none(json!({ "units": "backup-*.timer", "empty": "ok" }));
    assert_eq!(told(&ran), (State::Ok, "no findings"));
}

#[test]
fn a_machine_that_cannot_be_asked_judges_nothing() {
    for (error, words) in [
        (SystemError::Denied("denied: hint: add `system`".to_owned()), "Denied(\"denied: hint: add"),
        (SystemError::Unsupported("no systemd runs on this machine".to_owned()), "Config(\"no systemd runs"),
        (SystemError::Other("`systemctl` gave no answer".to_owned()), "Other(\"`systemctl` gave no answer"),
    ] {
        let ran =
            Host::new().answer("system units web.service", error).check(run, r#"{"units":"web.service"}"#);
        let fault: &Fault = ran.error();
        assert!(format!("{fault:?}").contains(words), "{fault:?}");
    }
}

#[test]
fn five_thousand_units_with_odd_names_stay_within_limits() {
    let all: Vec<Unit> = (0..5_000u32)
        .map(|at| Unit {
            restarts: at,
            ..unit(&format!("{}\u{1b}-{at}.service", "x".repeat(200)), "failed", "failed")
        })
        .chain([unit("a\nb.service", "failed", "failed")])
        .collect();
    let mut runs = Runs::of(json!({ "not_failed": "*", "findings_max": 1000 }));
    for seconds in [0, 60] {
        let ran = runs.at(seconds, "units *", all.clone());
        assert_eq!(ran.report().findings.len(), 1_000);
        assert!(
            ran.report().summary.ends_with("4000 of 5000 findings are not shown"),
            "{}",
            ran.report().summary
        );
        assert!(runs.kept.as_ref().unwrap().len() <= 250_000);
    }
}
