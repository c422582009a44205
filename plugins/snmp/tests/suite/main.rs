//! The check `snmp` against a double of an agent.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod agent;
mod configs;
mod hostile;
mod rates;
mod tables;
mod users;
mod values;

use agent::Agent;
use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::testing::{Host, Ran};
use watchkeep_sdk::{Fault, Report};

const AGENT: &str = "udp switch.example.com:161";
const COMMUNITY: &str = "kX3-network-ro";

fn config(more: Json) -> String {
    let mut config = json!({ "agent": "switch.example.com:161", "community": { "secret": "community" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// A host that holds the community.
fn host() -> Host {
    Host::new().revealed("community", COMMUNITY)
}

fn check(agent: Agent, more: Json) -> Ran<Report, Fault> {
    host().always(AGENT, agent.datagrams()).check(run, &config(more))
}

/// One value of this OID, with more keys.
fn value(oid: &str, more: Json) -> Json {
    let mut value = json!({ "oid": oid, "name": "it" });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "values": [value] })
}
