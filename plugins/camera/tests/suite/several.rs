//! Several cameras in one check: each is a finding.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_camera::run;
use watchkeep_sdk::testing::{Answer, Dialogue, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::parts::jpeg;
use crate::{answer, well};

fn streams(names: &[&str]) -> Value {
    let one =
        |name: &&str| json!({ "name": name, "stream": { "url": format!("rtsp://{name}.example.com/s") } });
    json!({ "cameras": names.iter().map(one).collect::<Vec<_>>() })
}

fn route(name: &str) -> String {
    format!("tcp {name}.example.com:554")
}

fn missing() -> Dialogue {
    Dialogue::new().says(answer(1, "200 OK", "")).says(answer(2, "404 Not Found", "")).heedless()
}

#[track_caller]
fn finding(ran: &Ran<Report, Fault>, key: &str) -> (State, String) {
    let found = ran.report().findings.iter().find(|finding| finding.key == key);
    let found = found.unwrap_or_else(|| panic!("no `{key}` in {:?}", ran.report().findings));
    (found.state, found.summary.clone())
}

#[test]
fn one_cameras_fault_hides_nothing_of_the_others() {
    let slow = Dialogue::new()
        .says(answer(1, "200 OK", ""))
        .says(answer(2, "453 Not Enough Bandwidth", ""))
        .heedless();
    let ran = Host::new()
        .answer(&route("gone"), missing())
        .answer(&route("busy"), slow)
        .answer(&route("well"), well())
        .check(run, &streams(&["gone", "busy", "well"]).to_string());
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    assert!(
        report.summary.starts_with("1 of 3 critical, 1 warning: `gone`; it answers DESCRIBE with 404"),
        "{}",
        report.summary
    );
    assert_eq!(finding(&ran, "busy").0, State::Warning);
    let (state, said) = finding(&ran, "well");
    assert!(state == State::Ok && said.starts_with("`well`: H.264, 25 frames/s"), "{said}");
    for at in &report.findings {
        assert_eq!((at.labels[0].name.as_str(), at.labels[0].value.as_str()), ("camera", at.key.as_str()));
    }
    let own = report.findings.iter().find(|finding| finding.key == "well").unwrap();
    assert!(own.metrics.iter().any(|metric| metric.name == "camera_frames_per_second"));
    assert_eq!(report.value("probe_success"), Some(0.0));
}

#[test]
fn a_camera_for_which_no_time_is_left_is_unknown_and_says_what_to_do() {
    let ran = Host::new()
        .deadline(Duration::from_secs(6))
        .answer(&route("a"), well())
        .check(run, &streams(&["a", "b"]).to_string());
    assert_eq!(finding(&ran, "a").0, State::Ok);
    let (state, said) = finding(&ran, "b");
    assert!(
        state == State::Unknown && said.contains("no time left; hint: raise the check's `timeout`"),
        "{said}"
    );
    assert_eq!(ran.report().state, State::Unknown);
}

#[test]
fn what_cannot_be_judged_of_one_is_unknown_and_pictures_are_kept_apart() {
    let snapshot = |name: &str, more: Value| {
        let mut own =
            json!({ "url": format!("http://rec.example.com/{name}.jpg"), "keep": true, "must_change": true });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "name": name, "snapshot": own })
    };
    let config = json!({ "cameras": [snapshot("a", json!({})), snapshot("b", json!({ "max_age": "1h" }))] })
        .to_string();
    let shows = |at: u16| Answer::status(200).body(jpeg(640, 480 + at, 5_000));
    let host = || {
        Host::new()
            .answer("GET http://rec.example.com/a.jpg", shows(1))
            .answer("GET http://rec.example.com/b.jpg", shows(2))
    };
    let ran = host().check(run, &config);
    assert_eq!(finding(&ran, "a").0, State::Ok);
    let (state, said) = finding(&ran, "b");
    assert!(state == State::Unknown && said.contains("not judged: the snapshot's age"), "{said}");
    let series: Vec<_> =
        ran.report().attachments.iter().map(|picture| picture.series.clone().unwrap()).collect();
    assert_eq!(series, ["snapshot-a", "snapshot-b"]);
    let kept = ran.kv("snapshot-a").unwrap().to_vec();
    let ran = host().kv("snapshot-a", kept).check(run, &config);
    assert_eq!(finding(&ran, "a").0, State::Critical);
    assert_eq!(finding(&ran, "b").0, State::Unknown);
}

#[test]
fn pictures_that_are_too_large_together_are_left_out() {
    let one = |name: &str| json!({ "name": name, "snapshot": { "url": format!("http://{name}.example.com/"), "keep": true } });
    let config = json!({ "cameras": [one("a"), one("b"), one("c")] }).to_string();
    let shows = |bytes: usize| Answer::status(200).body(jpeg(640, 480, bytes));
    let ran = Host::new()
        .answer("GET http://a.example.com/", shows(5 << 20))
        .answer("GET http://b.example.com/", shows(5 << 20))
        .answer("GET http://c.example.com/", shows(1 << 20))
        .check(run, &config);
    assert_eq!(ran.report().attachments.len(), 2);
    assert!(finding(&ran, "b").1.ends_with("not kept: the pictures of this run are too large together"));
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    let refused =
        |config: Value, said: &str| Host::new().check(run, &config.to_string()).refuses_config(said);
    let mut both = streams(&["a"]);
    both["snapshot"] = json!({ "url": "http://cam.example.com/" });
    refused(both, "make them one of the cameras");
    refused(streams(&["a", "a"]), "`a` is used twice");
    let snapshot = json!({ "url": "http://a.example.com/" });
    refused(
        json!({ "cameras": [{ "name": "a b", "snapshot": snapshot }] }),
        "must have 1 to 64 letters, digits",
    );
    refused(json!({ "cameras": [{ "name": "a" }] }), "there is nothing to look at");
    refused(streams(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]), "at most 8 streams");
    let many: Vec<_> = (0..65)
        .map(|at| json!({ "name": format!("c{at}"), "snapshot": { "url": "http://a.example.com/" } }))
        .collect();
    refused(json!({ "cameras": many }), "at most 64 cameras");
    let clear = json!({ "stream": { "url": "rtsp://a.example.com/", "expiry_warning_days": 3 } });
    refused(clear, "are for `rtsps://`");
    let never = json!({ "stream": { "url": "rtsps://a.example.com/", "expiry_warning_days": 2 } });
    refused(never, "or it never warns");
}
