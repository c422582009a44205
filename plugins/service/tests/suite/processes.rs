//! Processes that must run.

use serde_json::{Value, json};
use watchkeep_sdk::State;
use watchkeep_sdk::system::Process;
use watchkeep_sdk::testing::process;

use crate::{Runs, told};

#[track_caller]
fn says(rule: Value, found: Vec<Process>, state: State, summary: &str) {
    let mut config = json!({ "name": "nginx" });
    config.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    let ran = Runs::of(json!({ "processes": [config] })).at(0, "processes nginx", found);
    assert_eq!(told(&ran), (state, summary));
}

fn nginx(count: u32) -> Vec<Process> {
    (0..count).map(|at| Process { pid: 700 + at, ..process(700, "nginx") }).collect()
}

#[test]
fn processes_are_counted() {
    says(json!({}), nginx(1), State::Ok, "nginx runs for 1 h, with 10 MiB of memory");
    says(json!({}), nginx(0), State::Critical, "no nginx runs; at least 1 must run");
    let three = "3 of nginx run for 1 h, with 30 MiB of memory";
    says(json!({ "min": 3, "max": 3 }), nginx(3), State::Ok, three);
    says(json!({ "min": 4 }), nginx(3), State::Critical, &format!("{three}; at least 4 must run"));
    says(json!({ "max": 2 }), nginx(3), State::Critical, &format!("{three}; at most 2 may run"));
    says(json!({ "min": 0, "max": 0 }), nginx(0), State::Ok, "no nginx runs");
}

#[test]
fn only_those_of_a_user_or_with_a_command_line_count() {
    let of = |user: &str, command: &str| Process {
        user: user.to_owned(),
        command: command.to_owned(),
        ..process(7, "nginx")
    };
    let all =
        || vec![of("root", "nginx: master"), of("www-data", "nginx: worker"), of("www-data", "nginx: cache")];
    says(
        json!({ "user": "www-data", "min": 2 }),
        all(),
        State::Ok,
        "2 of nginx of www-data run for 1 h, with 20 MiB of memory",
    );
    says(
        json!({ "command": "worker", "user": "root" }),
        all(),
        State::Critical,
        "no nginx of root with `worker` runs; at least 1 must run",
    );
}

#[test]
fn age_memory_and_open_files_have_thresholds() {
    let young = || vec![Process { started_ago_seconds: 60, ..process(7, "nginx") }];
    says(
        json!({ "started_within_warning": "10m" }),
        young(),
        State::Warning,
        "nginx runs for 60 s, with 10 MiB of memory; started less than 10 min ago",
    );
    // Workers come and go under a master that stays.
    let mixed = vec![young().remove(0), process(8, "nginx")];
    says(
        json!({ "started_within_warning": "10m" }),
        mixed,
        State::Ok,
        "2 of nginx run for 1 h, with 20 MiB of memory",
    );
    let two = "2 of nginx run for 1 h, with 20 MiB of memory";
    let limits = json!({ "memory_warning": "15MiB", "memory_critical": "25MiB" });
    says(limits, nginx(2), State::Warning, &format!("{two}; more than 15 MiB of memory"));
    says(
        json!({ "memory_critical": "19MiB" }),
        nginx(2),
        State::Critical,
        &format!("{two}; more than 19 MiB of memory"),
    );
    let mut open = nginx(2);
    open[1].open_files = Some(900);
    open[0].open_files = None;
    says(
        json!({ "open_files_warning": 800 }),
        open,
        State::Warning,
        &format!("{two}; process 701 has 900 open files, more than 800"),
    );
}

#[test]
fn numbers_and_names_beyond_reason_are_survived() {
    let odd = Process {
        memory: u64::MAX,
        started_ago_seconds: u64::MAX,
        open_files: Some(u32::MAX),
        command: "\u{1b}[2J".repeat(4_000),
        ..process(7, "nginx")
    };
    let ran = Runs::of(json!({ "processes": [{ "name": "*", "memory_warning": "1MiB" }] })).at(
        0,
        "processes *",
        vec![odd; 10_000],
    );
    assert_eq!(ran.report().state, State::Warning);
    assert!(!ran.report().summary.chars().any(char::is_control));
}
