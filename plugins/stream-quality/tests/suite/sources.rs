//! Where the picture comes from, and what comes in its place.

use serde_json::{Value, json};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW};
use watchkeep_sdk::{Fault, State};

use crate::scene::good;
use crate::{ROUTE, check, config, critical, of, shows};

#[test]
fn what_is_no_picture_is_told_by_what_it_is() {
    let page = "<!DOCTYPE html><html><head><title>Login</title></head></html>";
    let endless = |answer: Answer| answer.header("content-type", "multipart/x-mixed-replace; boundary=x");
    for (answer, said) in [
        (shows(page), "it answers with a web page (`Login`) instead of a picture; hint: a login page?"),
        (shows(""), "its answer is empty"),
        (shows(&good(1)[..5_000]), "its JPEG breaks off after 5000 bytes"),
        (Answer::status(401), "it requires a login (401); hint: add `user` and `password`"),
        (Answer::status(403), "it answers with status 403"),
        (Answer::status(503), "it answers with status 503"),
        (shows(vec![0xff; 4 << 20]), "it is larger than 3993600 bytes; no more are read"),
        (
            endless(Answer::status(200)).cut(FailureKind::TimedOut, ""),
            "a stream of pictures instead of one; hint: give",
        ),
        (endless(Answer::status(200)).body(vec![b'-'; 4 << 20]), "a stream of pictures instead of one"),
        (Answer::failure(FailureKind::Refused, Phase::Connect, ""), "connection refused by 192.0.2.1:443"),
        (Answer::failure(FailureKind::TimedOut, Phase::Wait, ""), "timed out waiting for an answer"),
        (Answer::failure(FailureKind::NameNotFound, Phase::Name, ""), "name not found"),
        (Answer::failure(FailureKind::Reset, Phase::Wait, ""), "reset"),
        (Answer::failure(FailureKind::Certificate, Phase::Tls, "expired"), "expired"),
    ] {
        critical(&check(json!({}), answer), said);
    }
    assert_eq!(
        *check(json!({}), Answer::denied("denied: hint")).error(),
        Fault::Denied("denied: hint".to_owned())
    );
}

#[test]
fn a_login_is_the_one_that_the_camera_asks_for() {
    let login = json!({ "user": "ada", "password": { "secret": "password" } });
    let host = || Host::new().secret("password", "s3cret");
    let ran = host().answer(ROUTE, shows(good(1))).check(run, &config(login.clone()));
    assert_eq!(
        (ran.extras[0].digest.as_ref().unwrap().user.as_str(), ran.report().state),
        ("ada", State::Ok)
    );
    let refused = Answer::status(401).header("www-authenticate", "Digest realm=\"cam\", nonce=\"x\"");
    critical(
        &host().answer(ROUTE, refused).check(run, &config(login)),
        "it refuses the login of `ada` (401)",
    );
}

#[test]
fn a_series_of_another_check_is_judged_and_its_old_picture_is_not_a_new_one() {
    let series = |more: Value| {
        let mut own = json!({ "check": "gate" });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "series": own }).to_string()
    };
    let host = || Host::new().snapshot("gate/snapshot", NOW - 600_000, "image/jpeg", good(1));
    let ran = host().check(run, &series(json!({})));
    assert!(ran.sent.is_empty());
    assert_eq!((ran.report().state, ran.report().value("probe_duration_seconds")), (State::Ok, None));
    // The other check has taken no new picture since.
    let mut kept = ran.kv("frozen").unwrap().to_vec();
    for _ in 0..5 {
        let ran = host().kv("frozen", &kept).check(run, &series(json!({})));
        assert_eq!(
            (of(&ran, "frozen").0, ran.report().value("quality_unchanged_pictures")),
            (State::Ok, Some(1.0))
        );
        kept = ran.kv("frozen").unwrap().to_vec();
    }
    let old = Host::new().snapshot("gate/snapshot", NOW - 30 * 3_600_000, "image/jpeg", good(1));
    let ran = old.check(run, &series(json!({})));
    assert!(
        format!("{:?}", ran.error()).contains("is 30 hours old, more than 26 hours"),
        "{:?}",
        ran.error()
    );
    let none = Host::new().check(run, &series(json!({ "name": "front" })));
    assert!(format!("{:?}", none.error()).contains("has no picture"), "{:?}", none.error());
}
