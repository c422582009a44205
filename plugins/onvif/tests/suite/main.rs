//! The check `onvif` against a strict double of a camera, and against the scripted host where no camera would answer so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod hostile;
mod judging;
mod logins;
mod opening;
mod strictness;

use serde_json::{Value, json};
use watchkeep_doubles::onvif::{Login, Onvif};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_onvif::{MANIFEST, run};
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

const BASE: &str = "http://cam.example.com";
const DEVICE: &str = "POST http://cam.example.com/onvif/device_service";
const MEDIA: &str = "POST http://cam.example.com/onvif/media_service";

fn config(more: Value) -> String {
    let mut config = json!({ "url": "http://cam.example.com/onvif/device_service" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn login(more: Value) -> Value {
    let mut config = json!({ "user": Onvif::USER, "password": { "secret": "password" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

fn profile(more: Value) -> Value {
    let mut profile = json!({ "name": "mainStream" });
    profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "profiles": [profile] })
}

fn camera() -> Onvif {
    Onvif::new(NOW, Login::Open)
}

/// A run against this camera, which finds nothing wrong with what it is asked.
#[track_caller]
fn judged(camera: Onvif, host: Host, more: Value) -> (Ran<Report, Fault>, Answering<Onvif>) {
    let double = native(camera, BASE);
    let ran = host.served_by(double.serve()).check(run, &config(more));
    assert_eq!(double.with(|it| it.unexpected.clone()), Vec::<String>::new());
    (ran, double)
}

#[track_caller]
fn finding<'a>(ran: &'a Ran<Report, Fault>, key: &str) -> (State, &'a str) {
    let found = ran.report().findings.iter().find(|finding| finding.key == key);
    let found = found.unwrap_or_else(|| panic!("no `{key}` in {:?}", ran.report().findings));
    (found.state, &found.summary)
}

#[track_caller]
fn has(ran: &Ran<Report, Fault>, key: &str, state: State, said: &str) {
    let (found, summary) = finding(ran, key);
    assert!(found == state && summary.contains(said), "{found:?}: {summary}");
}

#[test]
fn what_is_a_target_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    // What a camera names is foreign, and what an operator expects of it is no target.
    let profile = &schema["properties"]["profiles"]["items"]["properties"];
    assert_eq!(profile["stream_url"].get("x-watchkeep-grant"), None);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
