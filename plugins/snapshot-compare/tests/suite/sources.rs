//! Where the picture comes from.

use serde_json::{Value, json};
use watchkeep_plugin_snapshot_compare::run;
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, NOW};
use watchkeep_sdk::{Fault, State};

use crate::scene::VIEW;
use crate::{ROUTE, accepted, check, config, has, inconclusive, shows};

#[test]
fn what_is_no_picture_is_told_by_what_it_is() {
    let page = "<!DOCTYPE html><html><head><title>Login</title></head></html>";
    for (answer, said) in [
        (shows(page), "it answers with a web page (`Login`) instead of a picture; hint: a login page?"),
        (shows(""), "its answer is empty"),
        (shows("GIF89a..."), "its answer is neither JPEG nor PNG; it begins with `GIF89a...`"),
        (shows(&VIEW.jpeg()[..5_000]), "its JPEG breaks off after 5000 bytes"),
        (Answer::status(401), "it requires a login (401); hint: add `user` and `password`"),
        (Answer::status(403), "it answers with status 403; hint: the user may not view it"),
        (Answer::status(404), "it answers with status 404; hint: look at the path of `url`"),
        (Answer::status(500), "it answers with status 500"),
        (shows(vec![0xff; 4 << 20]), "it is larger than 3993600 bytes; no more are read"),
        (Answer::failure(FailureKind::Refused, Phase::Connect, ""), "connection refused by 192.0.2.1:443"),
        (Answer::failure(FailureKind::TimedOut, Phase::Wait, ""), "timed out waiting for an answer"),
        (Answer::failure(FailureKind::NameNotFound, Phase::Name, ""), "name not found"),
    ] {
        let ran = check(accepted(VIEW.jpeg()), json!({}), answer);
        has(&ran, State::Critical, said);
        assert!(ran.report().attachments.is_empty());
        assert_eq!(ran.report().value("probe_success"), Some(0.0));
    }
    let denied = check(accepted(VIEW.jpeg()), json!({}), Answer::denied("denied: hint"));
    assert_eq!(*denied.error(), Fault::Denied("denied: hint".to_owned()));
}

#[test]
fn the_login_is_the_one_that_the_camera_asks_for() {
    let login = json!({ "user": "ada", "password": { "secret": "password" } });
    let host = || accepted(VIEW.jpeg()).secret("password", "s3cret");
    let ran = check(host(), login.clone(), shows(VIEW.jpeg()));
    assert_eq!(ran.extras[0].digest.as_ref().unwrap().user, "ada");
    assert_eq!(ran.report().state, State::Ok);
    let asks = Answer::status(401).header("www-authenticate", "Basic realm=\"cam\"");
    let ran = host().answer(ROUTE, asks).answer(ROUTE, shows(VIEW.jpeg())).check(run, &config(login.clone()));
    assert_eq!((ran.report().state, ran.sent.len()), (State::Ok, 2));
    assert!(matches!(&ran.sent[1].credentials[0].placement, Placement::Basic(user) if user == "ada"));
    let refused = Answer::status(401).header("www-authenticate", "Digest realm=\"cam\", nonce=\"x\"");
    has(&check(host(), login, refused), State::Critical, "it refuses the login of `ada` (401); hint: check");
}

#[test]
fn another_check_may_have_taken_the_picture() {
    let series = |more: Value| {
        let mut own = json!({ "check": "gate" });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "series": own }).to_string()
    };
    let host =
        |age: u64| accepted(VIEW.jpeg()).snapshot("gate/snapshot", NOW - age, "image/jpeg", VIEW.jpeg());
    let ran = host(3_600_000).check(run, &series(json!({})));
    has(&ran, State::Ok, "compared with the accepted picture");
    assert!(ran.sent.is_empty());
    inconclusive(&host(30 * 3_600_000).check(run, &series(json!({}))), "is 30 hours old, more than 26 hours");
    has(&host(30 * 3_600_000).check(run, &series(json!({ "max_age": "48h" }))), State::Ok, "accepted");
    let none = accepted(VIEW.jpeg()).check(run, &series(json!({ "name": "front" })));
    inconclusive(&none, "series `front` of the check `gate` has no picture; hint: does that check keep one?");
}
