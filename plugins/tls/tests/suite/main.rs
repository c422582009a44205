//! The check `tls` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod certificates;
mod configs;
mod handshakes;
mod hostile;
mod stapled;
mod starttls;

use serde_json::{Value, json};
use watchkeep_plugin_tls::run;
use watchkeep_sdk::net::{Certificate, Inspection, TlsFacts};
use watchkeep_sdk::testing::{Dialogue, Host, NOW, Ran, certificate, tls_facts};
use watchkeep_sdk::{Fault, Report, State};

const SHOP: &str = "tcp shop.example.com:443";
const DAY: u64 = 86_400_000;

fn config(more: Value) -> String {
    let mut config = json!({ "address": "shop.example.com:443" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// Its own and an intermediate one that lasts longer, trusted.
fn facts(days: u64) -> TlsFacts {
    let intermediate = Certificate { subject: "CN=Example CA".into(), ..certificate("ca", NOW + 900 * DAY) };
    tls_facts([certificate("shop.example.com", NOW + days * DAY), intermediate])
}

fn untrusted(facts: TlsFacts, why: &str) -> TlsFacts {
    TlsFacts { untrusted: Some(why.to_owned()), ..facts }
}

fn check(more: Value, shown: TlsFacts) -> Ran<Report, Fault> {
    Host::new().answer(SHOP, Dialogue::new().shows_tls(shown)).check(run, &config(more))
}

fn inspected(more: Value, shown: Inspection) -> Ran<Report, Fault> {
    Host::new().answer(SHOP, Dialogue::new().shows(shown)).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, shown: TlsFacts, state: State, summary: &str) {
    let ran = check(more, shown);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}
