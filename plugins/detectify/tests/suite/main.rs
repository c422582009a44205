//! The check `detectify` against a strict double of Detectify's API, and against the scripted host where Detectify would not
//! answer so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

#[allow(dead_code, unreachable_pub, reason = "the end-to-end test uses the other part of it")]
mod double;
mod findings;
mod hostile;
mod refusals;
mod scans;
mod strictness;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_detectify::{MANIFEST, run};
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

use double::Detectify;

const API: &str = "https://api.detectify.com";

/// So many days before now, or after it.
fn days(days: i64) -> String {
    watchkeep_sdk::wording::rfc3339(NOW.saturating_add_signed(days * 86_400_000))
}

fn config(more: Value) -> String {
    let mut config = json!({ "profile": Detectify::PROFILE, "key": { "secret": "key" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn served(double: Detectify) -> Answering<Detectify> {
    native(double, API).secret("key", Detectify::KEY).secret("secret-key", Detectify::SECRET_KEY)
}

fn host() -> Host {
    Host::new().secret("key", Detectify::KEY).secret("secret-key", Detectify::SECRET_KEY)
}

fn check(service: &Answering<Detectify>, more: Value) -> Ran<Report, Fault> {
    let ran = host().served_by(service.serve()).check(run, &config(more));
    service.with(|it| assert!(it.wrong.is_empty(), "{:?}", it.wrong));
    ran
}

#[track_caller]
fn says(ran: &Ran<Report, Fault>, state: State, summary: &str) {
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn the_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn what_does_not_fit_together_is_refused_with_the_fix() {
    for (more, said) in [
        (json!({ "profile": "" }), "is not a valid token"),
        (json!({ "profile": "../../v2/domains" }), "is not a valid token"),
        (json!({ "critical_severity": "low" }), "must not be less severe than `warning_severity`"),
        (json!({ "least_severity": "high" }), "must not be more severe than `warning_severity`"),
        (json!({ "scan_every": "10m" }), "at least 1h"),
        (json!({ "url": "api.detectify.com" }), "must begin with"),
        (json!({ "critical_severity": "severe" }), "information"),
    ] {
        host().check(run, &config(more)).refuses_config(said);
    }
}
