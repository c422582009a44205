//! The check `dns` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod mail;
mod records;
mod signatures;
mod values;
mod zones;

use serde_json::{Value, json};
use watchkeep_plugin_dns::{MANIFEST, run};
use watchkeep_sdk::dns::{self, FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, Reply, dns_answer};
use watchkeep_sdk::{Fault, Report, State};

fn config(more: Value) -> String {
    let mut config = json!({ "name": "example.com" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answers: impl IntoIterator<Item = (&'static str, Reply)>) -> Ran<Report, Fault> {
    let host = answers.into_iter().fold(Host::new(), |host, (route, reply)| host.answer(route, reply));
    host.check(run, &config(more))
}

fn records(kind: &'static str, values: &[&str]) -> Reply {
    answered(kind, values).into()
}

fn answered(kind: &'static str, values: &[&str]) -> dns::Answer {
    let records: Vec<_> = values.iter().map(|value| ("example.com", kind, 300, *value)).collect();
    dns_answer("NOERROR", &records)
}

/// Records of another name than the check's.
fn of(name: &'static str, kind: &'static str, values: &[&str]) -> dns::Answer {
    let records: Vec<_> = values.iter().map(|value| (name, kind, 300, *value)).collect();
    dns_answer("NOERROR", &records)
}

/// As a server of the zone says it.
fn own(kind: &'static str, values: &[&str]) -> Reply {
    dns::Answer { authoritative: true, ..answered(kind, values) }.into()
}

fn status(status: &str) -> Reply {
    dns_answer(status, &[]).into()
}

fn failing(kind: FailureKind, phase: Phase) -> Reply {
    Answer::failure(kind, phase, "").from("192.0.2.53", 53).into()
}

#[track_caller]
fn findings(ran: &Ran<Report, Fault>) -> Vec<(&str, State, &str)> {
    ran.report().findings.iter().map(|one| (one.key.as_str(), one.state, one.summary.as_str())).collect()
}

#[test]
fn contradictions_are_told_with_a_fix() {
    for (more, said) in [
        (json!({ "type": "axfr" }), "zones are not transferred"),
        (json!({ "type": "any" }), "hint: write one type"),
        (json!({ "type": "MX RR" }), "is not a record type"),
        (json!({ "server": ["192.0.2.53", "192.0.2.53"] }), "`192.0.2.53` is listed twice"),
        (json!({ "server": "ns1.example.com" }), "is not a name server address"),
        (json!({ "expect": "192.0.2.1", "expect_status": "NXDOMAIN" }), "answers with `NOERROR` alone"),
        (json!({ "authenticated": true, "recursive": false }), "leave out `recursive = false`"),
        (json!({ "signature_warning_days": 1, "signature_critical_days": 2 }), "or it never warns"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn names_and_servers_are_their_own_grants_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["name"]["x-watchkeep-grant"], "dns");
    assert_eq!(schema["properties"]["server"]["x-watchkeep-grant"], "dns");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
