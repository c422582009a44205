//! The check `snapshot-compare` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod findings;
mod hostile;
mod nights;
mod scene;
mod sources;

use scene::{VIEW, View};
use serde_json::{Value, json};
use watchkeep_plugin_snapshot_compare::run;
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

const URL: &str = "http://cam.example.com/snap.jpg";
const ROUTE: &str = "GET http://cam.example.com/snap.jpg";
const DAY: u64 = 86_400_000;

fn config(more: Value) -> String {
    let mut config = json!({ "camera": URL });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn shows(bytes: impl Into<Vec<u8>>) -> Answer {
    Answer::status(200).header("content-type", "image/jpeg").body(bytes)
}

/// With this picture accepted ten days ago.
fn accepted(picture: impl Into<Vec<u8>>) -> Host {
    Host::new().snapshot("snapshot", NOW - 10 * DAY, "image/jpeg", picture).accepted()
}

fn check(host: Host, more: Value, answer: Answer) -> Ran<Report, Fault> {
    host.answer(ROUTE, answer).check(run, &config(more))
}

/// Against the usual view.
fn seen(more: Value, picture: impl Into<Vec<u8>>) -> Ran<Report, Fault> {
    check(accepted(VIEW.jpeg()), more, shows(picture))
}

#[track_caller]
fn has(ran: &Ran<Report, Fault>, state: State, said: &str) {
    let report = ran.report();
    let details = report.details.as_deref().unwrap_or_default();
    let all = format!("{}\n{details}", report.summary);
    assert!(report.state == state && all.contains(said), "{:?}: {all}", report.state);
}

#[track_caller]
fn inconclusive(ran: &Ran<Report, Fault>, said: &str) {
    assert!(matches!(ran.error(), Fault::Inconclusive(why) if why.contains(said)), "{:?}", ran.error());
}

fn moved(right: f32, down: f32, degrees: f32) -> View {
    View { right, down, degrees, ..VIEW }
}

/// Of the comparison with the reference.
fn value(report: &Report, name: &str) -> Option<f64> {
    let own = |metric: &&watchkeep_sdk::Metric| {
        metric.name == name && metric.labels.iter().any(|label| label.value == "reference")
    };
    report.metrics.iter().find(own).map(|metric| metric.value)
}
