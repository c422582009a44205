//! Ports on which something must listen.

use serde_json::{Value, json};
use watchkeep_plugin_service::run;
use watchkeep_sdk::State;
use watchkeep_sdk::system::{Listener, SystemError};
use watchkeep_sdk::testing::{Host, listener};

use crate::{Runs, told};

#[track_caller]
fn says(rule: Value, found: Vec<Listener>, state: State, summary: &str) {
    let ran = Runs::of(json!({ "ports": [rule] })).at(0, "listeners", found);
    assert_eq!(told(&ran), (state, summary));
    let open = ran.report().findings[0].metrics[0].value;
    assert_eq!(open, if state == State::Critical { 0.0 } else { 1.0 });
}

fn held(address: &str, names: &[&str]) -> Listener {
    let processes = names.iter().map(|&name| name.to_owned()).collect();
    Listener { processes, ..listener("tcp", address, 5432) }
}

#[test]
fn a_port_is_open_if_something_listens_there_by_its_protocol() {
    let all = || {
        vec![
            listener("tcp", "127.0.0.1", 5432),
            listener("tcp", "::1", 5432),
            listener("udp", "0.0.0.0", 53),
            listener("tcp", "0.0.0.0", 22),
        ]
    };
    let (ok, critical) = (State::Ok, State::Critical);
    says(json!({ "port": 5432 }), all(), ok, "tcp port 5432 is open at 127.0.0.1, ::1");
    says(json!({ "port": 53, "protocol": "udp" }), all(), ok, "udp port 53 is open at 0.0.0.0");
    let said = "nobody listens on tcp port 53; something must listen there";
    says(json!({ "port": 53 }), all(), critical, said);
    let said = "nobody listens on udp port 22; something must listen there";
    says(json!({ "port": 22, "protocol": "udp" }), all(), critical, said);
}

#[test]
fn an_address_is_reached_at_itself_or_at_all() {
    let at = |wanted: &str, address: &str, is_open: bool| {
        let state = if is_open { State::Ok } else { State::Critical };
        let said = match is_open {
            true => format!("tcp port 5432 is open at {address}"),
            false => format!("tcp port 5432 is open at {address} only; it must be reachable at {wanted}"),
        };
        says(json!({ "port": 5432, "address": wanted }), vec![held(address, &[])], state, &said);
    };
    at("10.0.0.5", "10.0.0.5", true);
    at("10.0.0.5", "0.0.0.0", true);
    at("10.0.0.5", "::", true);
    at("10.0.0.5", "127.0.0.1", false);
    at("10.0.0.5", "::1", false);
    at("fd00:0::5", "fd00::5", true);
    at("fd00::5", "::", true);
    at("fd00::5", "0.0.0.0", false);
    at("fd00::5", "what is this", false);
}

#[test]
fn a_process_must_hold_it_as_far_as_the_host_may_see() {
    let rule = || json!({ "port": 5432, "process": "postgres*" });
    let open = "tcp port 5432 is open at ::";
    says(rule(), vec![held("::", &["postgres"])], State::Ok, open);
    says(rule(), vec![held("::", &["systemd", "postgres"])], State::Ok, open);
    let said = format!("{open}; nginx, sh holds it, and not postgres*");
    says(rule(), vec![held("::", &["sh", "nginx"])], State::Critical, &said);
    let said = format!(
        "{open}; not judged: which process holds it is not for the host's user to see; hint: run the host as the same user or as \
         root, or leave out `process`"
    );
    says(rule(), vec![held("::", &[])], State::Unknown, &said);
    // Only what listens at the address counts.
    let rule = json!({ "port": 5432, "process": "postgres", "address": "::1" });
    let found = vec![held("127.0.0.1", &["postgres"]), held("::1", &["nginx"])];
    let said = "tcp port 5432 is open at 127.0.0.1, ::1; nginx holds it, and not postgres";
    says(rule, found, State::Critical, said);
}

#[test]
fn sockets_are_asked_for_once_and_only_where_ports_are_named() {
    let config =
        json!({ "ports": [{ "port": 1 }, { "port": 1, "address": "::1" }, { "port": 2, "process": "x" }] });
    let ran = Host::new().answer("system listeners", Vec::<Listener>::new()).check(run, &config.to_string());
    let keys: Vec<_> = ran.report().findings.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["port tcp 1", "port tcp 1 at ::1", "port tcp 2 of x"]);
    let denied = SystemError::Denied("denied: hint: add `system`".to_owned());
    let ran = Host::new().answer("system listeners", denied).check(run, r#"{"ports":[{"port":1}]}"#);
    assert!(format!("{:?}", ran.error()).contains("Denied"));
}

#[test]
fn ten_thousand_sockets_with_odd_names_stay_within_limits() {
    let all: Vec<_> =
        (0..10_000u32).map(|at| held(&format!("\u{1b}{at}"), &["\u{1b}[2J", &"x".repeat(9_000)])).collect();
    let ran = Runs::of(json!({ "ports": [{ "port": 5432, "process": "a" }] })).at(0, "listeners", all);
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.contains(", 9995 more; "), "{}", ran.report().summary);
    assert!(ran.report().summary.len() < 4_096 && !ran.report().summary.chars().any(char::is_control));
}

#[test]
fn two_rules_about_one_port_are_two_findings() {
    let rule = || json!({ "port": 5432 });
    let ran = Runs::of(json!({ "ports": [rule(), rule()] })).at(0, "listeners", vec![held("::", &[])]);
    let keys: Vec<&str> = ran.report().findings.iter().map(|finding| &*finding.key).collect();
    assert_eq!(keys, ["port tcp 5432", "port tcp 5432 (2)"]);
}
