//! The check `ip-reputation` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod lists;
mod scores;
mod volumes;

use serde_json::{Value, json};
use watchkeep_plugin_ip_reputation::run;
use watchkeep_sdk::dns::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran, Reply, dns_answer};
use watchkeep_sdk::{Fault, Report, State};

const IP: &str = "192.0.2.25";
const BACKWARDS: &str = "25.2.0.192";

/// One list of our own unless something else is said.
fn config(more: Value) -> String {
    let mut config = json!({ "addresses": IP, "lists": [], "critical_lists": [] });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if config["own_lists"].is_null() && config["lists"] == json!([]) {
        config["own_lists"] = json!([{ "zone": "a.example" }]);
    }
    config.to_string()
}

fn listed(codes: &[&str]) -> Reply {
    let records: Vec<_> = codes.iter().map(|code| ("x", "A", 300, *code)).collect();
    dns_answer("NOERROR", &records).into()
}

fn not_listed() -> Reply {
    dns_answer("NXDOMAIN", &[]).into()
}

fn failing(kind: FailureKind) -> Reply {
    Answer::failure(kind, Phase::Wait, "").from("192.0.2.53", 53).into()
}

/// A list that passes its test.
fn tested(host: Host, zone: &str) -> Host {
    host.answer(&format!("dns A 2.0.0.127.{zone}"), listed(&["127.0.0.2"]))
        .answer(&format!("dns A 1.0.0.127.{zone}"), not_listed())
}

/// What it says of an address that is written backwards.
fn says(host: Host, zone: &str, backwards: &str, codes: &[&str]) -> Host {
    let host = tested(host, zone);
    match codes {
        [] => host.answer(&format!("dns A {backwards}.{zone}"), not_listed()),
        codes => host
            .answer(&format!("dns A {backwards}.{zone}"), listed(codes))
            .answer(&format!("dns TXT {backwards}.{zone}"), not_listed()),
    }
}

/// All that are known say nothing, but these.
fn known(host: Host, but: &[(&str, &[&str])]) -> Host {
    let zones = [
        "zen.spamhaus.org",
        "b.barracudacentral.org",
        "bl.spamcop.net",
        "dnsbl-1.uceprotect.net",
        "psbl.surriel.com",
    ];
    zones.into_iter().fold(host, |host, zone| {
        let codes = but.iter().find(|(of, _)| *of == zone).map_or(&[][..], |(_, codes)| codes);
        says(host, zone, BACKWARDS, codes)
    })
}

fn value(ran: &Ran<Report, Fault>, name: &str) -> Option<f64> {
    let metrics = ran.report().findings.iter().flat_map(|finding| &finding.metrics);
    metrics.filter(|metric| metric.name == name).map(|metric| metric.value).next()
}

#[track_caller]
fn judged(ran: &Ran<Report, Fault>) -> (State, &str) {
    (ran.report().state, &ran.report().summary)
}
