//! Pictures over HTTP, and what is expected of them.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_camera::run;
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::digests::sha256;
use crate::parts::{jpeg, png};
use crate::{CAMERA, login, well};

const URL: &str = "http://cam.example.com/snap.jpg";
const ROUTE: &str = "GET http://cam.example.com/snap.jpg";

fn config(more: Value, snapshot: Value) -> String {
    let mut own = json!({ "url": URL });
    own.as_object_mut().unwrap().extend(snapshot.as_object().unwrap().clone());
    let mut config = json!({ "snapshot": own });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn shows(bytes: impl Into<Vec<u8>>) -> Answer {
    Answer::status(200).header("content-type", "image/jpeg").body(bytes)
}

fn check(host: Host, snapshot: Value, answer: Answer) -> Ran<Report, Fault> {
    host.answer(ROUTE, answer).check(run, &config(json!({}), snapshot))
}

#[track_caller]
fn says(snapshot: Value, answer: Answer, state: State, summary: &str) -> Ran<Report, Fault> {
    let ran = check(Host::new(), snapshot, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
    ran
}

#[track_caller]
fn has(snapshot: Value, answer: Answer, state: State, said: &str) -> Ran<Report, Fault> {
    let ran = check(Host::new(), snapshot, answer);
    let report = ran.report();
    assert!(report.state == state && report.summary.contains(said), "{:?}: {}", report.state, report.summary);
    ran
}

#[test]
fn a_picture_is_told_with_its_size() {
    let ran =
        says(json!({}), shows(jpeg(1_920, 1_080, 50_000)), State::Ok, "snapshot 1920x1080 JPEG, 49 KiB");
    let report = ran.report();
    assert_eq!(report.value("camera_snapshot_width_pixels"), Some(1_920.0));
    assert_eq!(report.value("camera_snapshot_height_pixels"), Some(1_080.0));
    assert_eq!(report.value("camera_snapshot_duration_seconds"), Some(0.01));
    assert_eq!(report.value("camera_snapshot_bytes"), Some(jpeg(1_920, 1_080, 50_000).len() as f64));
    assert!(report.attachments.is_empty());
    says(json!({}), shows(png(640, 480, 3_000)), State::Ok, "snapshot 640x480 PNG, 3 KiB");
    // What a camera writes behind the picture is no part of it.
    let behind = [jpeg(64, 64, 2_000), vec![0; 100]].concat();
    says(json!({}), shows(behind), State::Ok, "snapshot 64x64 JPEG, 3 KiB");
}

#[test]
fn what_is_no_picture_is_told_by_what_it_is() {
    let page = "\n<!DOCTYPE html><html><head><Title>Web Viewer\u{1b}</title></head></html>";
    for (answer, said) in [
        (
            shows(page),
            "snapshot: it answers with a web page (`Web Viewer\\u{1b}`) instead of a picture; hint: a login page?",
        ),
        (shows("<HTML>"), "snapshot: it answers with a web page instead of a picture"),
        (shows(""), "snapshot: its answer is empty"),
        (shows("GIF89a..."), "snapshot: its answer is neither JPEG nor PNG; it begins with `GIF89a...`"),
        (shows(&jpeg(64, 64, 9_000)[..5_000]), "snapshot: its JPEG breaks off after 5000 bytes"),
        (shows(jpeg(0, 64, 9_000)), "snapshot: its JPEG has no size"),
        (shows(&png(64, 64, 9_000)[..5_000]), "snapshot: its PNG breaks off after 5000 bytes"),
        (Answer::status(401), "snapshot: it requires a login (401); hint: add `user` and `password`"),
        (Answer::status(403), "snapshot: it answers with status 403; hint: the user may not view it"),
        (Answer::status(404), "snapshot: it answers with status 404; hint: look at the path of `url`"),
        (Answer::status(503), "snapshot: it answers with status 503"),
        (shows(vec![0xff; 8 << 20]), "snapshot: it is larger than 7340032 bytes; no more are read"),
    ] {
        let ran = has(json!({}), answer, State::Critical, said);
        assert!(!ran.report().summary.chars().any(char::is_control));
    }
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "");
    says(json!({}), refused, State::Critical, "snapshot: connection refused by 192.0.2.1:443 after 10 ms");
    let cut = shows(&jpeg(64, 64, 9_000)[..5_000]).cut(FailureKind::Closed, "it broke off");
    has(json!({}), cut, State::Critical, "snapshot: connection closed without an answer");
    let denied = check(Host::new(), json!({}), Answer::denied("denied: hint"));
    assert_eq!(*denied.error(), Fault::Denied("denied: hint".to_owned()));
}

#[test]
fn what_is_expected_of_a_picture_is_told_with_the_limit() {
    let small = || shows(jpeg(64, 64, 500));
    has(
        json!({}),
        small(),
        State::Critical,
        "bytes, less than 1024; hint: an empty or black picture is this small",
    );
    has(json!({ "size_min": "100B" }), small(), State::Ok, "snapshot 64x64 JPEG, 1 KiB");
    let slow = || shows(jpeg(64, 64, 5_000)).after(Duration::from_secs(2));
    has(json!({ "response_time_warning": "1s" }), slow(), State::Warning, "slower than 1.0 s");
    has(json!({ "response_time_critical": "1s" }), slow(), State::Critical, "slower than 1.0 s");
}

#[test]
fn the_age_is_counted_from_when_it_was_last_modified() {
    let at = |modified: &str| shows(jpeg(64, 64, 5_000)).header("last-modified", modified);
    let host = || Host::new().clock(1_772_600_767_000);
    let old = |most: &str, modified: &str| check(host(), json!({ "max_age": most }), at(modified));
    let fresh = "Wed, 04 Mar 2026 05:05:07 GMT";
    let ran = old("2m", fresh);
    assert_eq!(
        (ran.report().state, ran.report().value("camera_snapshot_age_seconds")),
        (State::Ok, Some(60.01))
    );
    let ran = old("30s", fresh);
    assert!(
        ran.report().summary.contains("snapshot: it is 60.0 s old, more than 30.0 s"),
        "{}",
        ran.report().summary
    );
    assert_eq!(ran.report().state, State::Critical);
    let ran = old("30s", "Wed, 04 Mar 2026 06:06:07 GMT");
    assert_eq!(ran.report().state, State::Warning);
    assert!(
        ran.report().summary.contains("its time is 59 min ahead; hint: set the camera's clock"),
        "{}",
        ran.report().summary
    );
    for none in ["", "yesterday", "Wed, 99 Mar 2026 05:05:07 GMT", "Wed, 04 Mar 2026 05:05:07 CET"] {
        let ran = old("30s", none);
        assert!(
            matches!(ran.error(), Fault::Inconclusive(said) if said.contains("use `must_change`")),
            "{none}"
        );
    }
}

#[test]
fn a_picture_that_must_change_is_held_against_that_of_the_run_before() {
    let first = jpeg(64, 64, 5_000);
    let changes = json!({ "must_change": true });
    let ran = check(Host::new(), changes.clone(), shows(first.clone()));
    assert_eq!(ran.report().state, State::Ok);
    let kept = ran.kv("snapshot").unwrap().to_vec();
    assert_eq!(kept, sha256(&first).into_bytes());
    let host = || Host::new().kv("snapshot", &kept);
    let ran = check(host(), changes.clone(), shows(first.clone()));
    assert_eq!(ran.report().state, State::Critical);
    assert!(
        ran.report().summary.contains("the picture of the last run, byte by byte"),
        "{}",
        ran.report().summary
    );
    let ran = check(host(), changes, shows(jpeg(64, 64, 5_001)));
    assert_eq!(ran.report().state, State::Ok);
    assert_ne!(ran.kv("snapshot").unwrap(), kept);
    // Nobody asked.
    let ran = check(host(), json!({}), shows(first));
    assert_eq!((ran.report().state, ran.kv("snapshot").unwrap()), (State::Ok, &*kept));
}

#[test]
fn a_picture_is_attached_to_its_series_if_asked_and_nothing_else_is() {
    let picture = jpeg(64, 64, 5_000);
    let ran = check(Host::new(), json!({ "keep": true }), shows(picture.clone()));
    let [attachment] = &ran.report().attachments[..] else { panic!("{}", ran.report().attachments.len()) };
    assert_eq!((&*attachment.name, &*attachment.media_type), ("snapshot.jpg", "image/jpeg"));
    assert_eq!((attachment.series.as_deref(), &attachment.data), (Some("snapshot"), &picture));
    let ran = check(Host::new(), json!({ "keep": true }), shows(png(9, 9, 2_000)));
    assert_eq!(ran.report().attachments[0].media_type, "image/png");
    let ran = check(Host::new(), json!({ "keep": true }), shows("<html>"));
    assert!(ran.report().attachments.is_empty());
}

#[test]
fn a_login_is_a_digest_unless_the_camera_asks_for_the_password_itself() {
    let host = || Host::new().secret("password", "s3cret");
    let asks = |more: &str| Answer::status(401).header("www-authenticate", more);
    let ran = host().answer(ROUTE, shows(jpeg(64, 64, 5_000))).check(run, &config(login(), json!({})));
    let digest = ran.extras[0].digest.as_ref().unwrap();
    assert_eq!((&*digest.user, &*digest.password, ran.sent.len()), ("ada", "password", 1));
    // The host has answered already where a digest is asked for.
    for refusal in
        ["Digest realm=\"a\", nonce=\"b\"", "Basic realm=\"a\", Digest realm=\"a\", nonce=\"b\"", "Negotiate"]
    {
        let ran = host().answer(ROUTE, asks(refusal)).check(run, &config(login(), json!({})));
        assert_eq!(
            ran.report().summary,
            "snapshot: it refuses the login of `ada` (401); hint: check user and password"
        );
        assert_eq!(ran.sent.len(), 1, "{refusal}");
    }
    let ran = host()
        .answer(ROUTE, asks("Basic realm=\"a, Digest b\""))
        .answer(ROUTE, shows(jpeg(64, 64, 5_000)))
        .check(run, &config(login(), json!({})));
    assert_eq!(ran.report().state, State::Ok);
    let credential = &ran.sent[1].credentials[0];
    assert!(matches!(&credential.placement, Placement::Basic(user) if user == "ada"));
}

#[test]
fn stream_and_picture_are_judged_together_and_told_apart() {
    let config = json!({ "stream": { "url": crate::URL }, "snapshot": { "url": URL } }).to_string();
    let ran = Host::new().answer(CAMERA, well()).answer(ROUTE, Answer::status(404)).check(run, &config);
    let summary = &ran.report().summary;
    assert!(
        summary.starts_with("H.264, 25 frames/s, ")
            && summary.contains("; snapshot: it answers with status 404"),
        "{summary}"
    );
    let ran = Host::new()
        .clock(NOW)
        .answer(CAMERA, well())
        .answer(ROUTE, shows(jpeg(64, 64, 5_000)))
        .check(run, &config);
    let summary = &ran.report().summary;
    assert!(
        ran.report().state == State::Ok && summary.ends_with("; snapshot 64x64 JPEG, 5 KiB"),
        "{summary}"
    );
}
