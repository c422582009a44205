//! The action `stream-restart` against a strict double of a camera, and against the scripted host.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    reason = "a test may"
)]

#[allow(dead_code, unreachable_pub, reason = "the end-to-end test uses the other part of it")]
mod camera;

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_stream_restart::{MANIFEST, perform, plan, soap};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, Ran, occasion, page};
use watchkeep_sdk::{Fault, Occasion};

use camera::{Camera, PASSWORD, USER};

const URL: &str = "http://camera.example.com/onvif/device_service";
const RTSP: &str = "tcp camera.example.com:554";

fn config(more: &Value) -> String {
    let mut config = json!({ "onvif": { "url": URL, "user": USER, "password": { "secret": "camera" } } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn of(change: impl FnOnce(&mut Camera)) -> Answering<Camera> {
    let mut camera = Camera::new();
    change(&mut camera);
    native(camera, "http://camera.example.com")
}

fn host(camera: &Answering<Camera>) -> Host {
    Host::new().revealed("camera", PASSWORD).deadline(Duration::from_secs(120)).served_by(camera.serve())
}

fn said<T: std::fmt::Debug>(ran: &Ran<T, Fault>) -> String {
    ran.error().message().to_owned()
}

#[test]
fn a_camera_is_restarted_by_its_own_clock() {
    for drift in [0, 3_600, -86_400] {
        let camera = of(|camera| camera.drift = drift);
        let ran = host(&camera).perform(perform, &config(&json!({})), occasion("lobby"));
        assert_eq!(
            (ran.value().changed, &*ran.value().summary),
            (true, "the camera restarts: `Rebooting in 30 seconds`")
        );
        camera.with(|camera| {
            assert_eq!((&*camera.asked.join(" "), camera.restarts), ("GetSystemDateAndTime SystemReboot", 1));
        });
    }
}

#[test]
fn the_password_itself_is_never_sent() {
    let camera = of(|_| {});
    let ran = host(&camera).perform(perform, &config(&json!({})), occasion("lobby"));
    for sent in &ran.sent {
        assert!(!String::from_utf8_lossy(&sent.body).contains("pa"), "{:?}", sent.body);
    }
}

#[test]
fn refusals_come_with_their_fix() {
    let told = |change: fn(&mut Camera)| {
        said(&host(&of(change)).perform(perform, &config(&json!({})), occasion("lobby")))
    };
    let looks = told(|camera| camera.is_administrator = false);
    assert_eq!(
        looks,
        "the camera refuses the login of `watchkeep`: `the user may only look`; nothing was done; hint: is the user an \
         administrator there? Some cameras want `login = \"digest\"`"
    );
    let timeless = told(|camera| (camera.is_timeless, camera.drift) = (true, 900));
    assert!(
        timeless.contains("it does not tell its time: if its clock is wrong, so is the login"),
        "{timeless}"
    );
    let cannot = told(|camera| camera.can_restart = false);
    assert!(cannot.contains("cannot be restarted by ONVIF: `Optional Action Not Implemented`"), "{cannot}");
    let denied =
        Host::new().secret("camera", PASSWORD).perform(perform, &config(&json!({})), occasion("lobby"));
    assert!(matches!(denied.error(), Fault::Denied(_)), "{:?}", denied.error());
}

#[test]
fn a_login_by_the_digest_of_http_needs_no_password() {
    let mut login =
        json!({ "url": URL, "user": USER, "password": { "secret": "camera" }, "login": "digest" });
    login["timeout"] = json!("3s");
    let post = format!("POST {URL}");
    let done = Answer::status(200).body("<e:Body><tds:SystemRebootResponse/></e:Body>");
    let ran = Host::new()
        .secret("camera", PASSWORD)
        .answer(&post, Answer::status(404))
        .answer(&post, done)
        .perform(perform, &json!({ "onvif": login }).to_string(), occasion("lobby"));
    assert_eq!(ran.value().summary, "the camera restarts");
    assert_eq!(ran.extras.last().unwrap().digest.as_ref().unwrap().user, USER);
}

#[test]
fn hostile_answers_are_told_in_a_sentence() {
    let post = format!("POST {URL}");
    let ran = |answer: Answer| {
        let host = Host::new()
            .revealed("camera", PASSWORD)
            .answer(&post, Answer::status(200).body("<".repeat(60_000)));
        said(&host.answer(&post, answer).perform(perform, &config(&json!({})), occasion("lobby")))
    };
    for (answer, words) in [
        (
            Answer::status(200).body("<html>\u{1b}[2J login"),
            r"no `SystemRebootResponse`: `<html>\u{1b}[2J login`; it may restart",
        ),
        (Answer::status(302).header("location", "https://x/"), "redirects to `https://x/`; nothing was done"),
        (Answer::status(404), "hint: is the `url` that of the device service?"),
        (Answer::status(401), "the camera refuses the login"),
        (Answer::status(503).body(vec![0xff; 200_000]), "the camera answers 503; it may restart"),
        (Answer::failure(FailureKind::TimedOut, Phase::Wait, ""), "timed out waiting for an answer"),
        (Answer::failure(FailureKind::Reset, Phase::Wait, ""), "it may restart"),
    ] {
        let told = ran(answer);
        assert!(told.contains(words) && told.len() < 1_500, "`{words}` is not in: {told}");
    }
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "");
    let host = Host::new().revealed("camera", PASSWORD).answer(&post, refused);
    let told = said(&host.perform(perform, &config(&json!({})), occasion("lobby")));
    assert!(told.contains("nothing was done; hint: is ONVIF switched on"), "{told}");
}

#[test]
fn elements_are_found_by_their_names_whatever_stands_around() {
    assert_eq!(soap::text("<a:b c=\"d\"> e <f/></a:b><b>g</b>", "b"), Some("e"));
    assert_eq!(soap::texts("<!-- <b>x</b> --><b/>y<b>z", "b"), ["y", "z"]);
    for odd in ["", "<", "<>", "</b>", "<!--", "<b", "b>", "<\u{fffd}:b>"] {
        let _ = (soap::texts(odd, "b"), soap::moment(odd));
    }
    let year = |year: &str| {
        format!(
            "<UTCDateTime><Year>{year}</Year><Month>2</Month><Day>30</Day><Hour>1</Hour><Minute>1</Minute><Second>1</Second>"
        )
    };
    assert_eq!(
        (soap::moment(&year("99999")), soap::moment(&year("-1")), soap::moment("UTCDateTime")),
        (None, None, None)
    );
}

#[test]
fn the_streams_are_waited_for() {
    let wait = json!({ "wait_for": "camera.example.com:554", "wait_max": "60s" });
    let asks = "OPTIONS rtsp://camera.example.com:554/ RTSP/1.0\r\nCSeq: 1\r\n\r\n";
    let camera = of(|_| {});
    let ran = host(&camera)
        .answer(RTSP, Answer::failure(FailureKind::Refused, Phase::Connect, ""))
        .answer(RTSP, Dialogue::new().hears(asks).closes())
        .answer(RTSP, Dialogue::new().hears(asks).says("RTSP/1.0 401 Unauthorized\r\n"))
        .perform(perform, &config(&wait), occasion("lobby"));
    let summary = &ran.value().summary;
    assert!(
        summary.starts_with("the camera restarts: `Rebooting in 30 seconds`; RTSP answers after 14."),
        "{summary}"
    );
    let seconds: Vec<u64> = ran.slept.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [10, 2, 2]);
    let camera = of(|_| {});
    let ran = host(&camera)
        .always(RTSP, Answer::failure(FailureKind::Unreachable, Phase::Connect, ""))
        .perform(perform, &config(&wait), occasion("lobby"));
    let told = said(&ran);
    assert!(
        told.contains("but RTSP does not answer in time: no way to the host after 10 ms; hint: raise"),
        "{told}"
    );
    assert_eq!(camera.with(|camera| camera.restarts), 1);
}

#[test]
fn a_relay_is_restarted_by_a_request() {
    let request = json!({
        "url": "http://relay.example.com:9997/v3/paths/kick/{finding}",
        "digest": { "user": "admin", "password": { "secret": "camera" } }
    });
    let config = json!({ "request": request }).to_string();
    let lobby = Occasion { finding: Some("lobby/1".to_owned()), ..occasion("relay") };
    let route = "POST http://relay.example.com:9997/v3/paths/kick/lobby%2F1";
    let ran = Host::new().secret("camera", "x").answer(route, Answer::status(200)).perform(
        perform,
        &config,
        lobby.clone(),
    );
    assert_eq!(
        ran.value().summary,
        "POST http://relay.example.com:9997/v3/paths/kick/lobby%2F1 was answered with 200"
    );
    let ran = Host::new().secret("camera", "x").answer(route, Answer::status(401)).perform(
        perform,
        &config,
        lobby.clone(),
    );
    assert!(said(&ran).contains("the login is refused; nothing was done"));
    let ran = Host::new().plan(plan, &config, lobby);
    assert_eq!(ran.value()[0].target, route);
}

#[test]
fn an_occasion_is_acted_on_once() {
    let camera = of(|_| {});
    let first = host(&camera).perform(perform, &config(&json!({})), occasion("lobby"));
    let done = first.kv("done").unwrap().to_vec();
    let again = host(&camera).kv("done", done).perform(perform, &config(&json!({})), occasion("lobby"));
    assert!(!again.value().changed);
    let second = Occasion { attempt: 2, ..occasion("lobby") };
    assert!(
        said(&host(&camera).perform(perform, &config(&json!({})), second))
            .contains("earlier attempt may have acted")
    );
    assert_eq!(camera.with(|camera| camera.restarts), 1);
}

#[test]
fn a_dry_run_looks_by_a_get_alone() {
    let host = Host::new().answer(&format!("GET {URL}"), Answer::status(405));
    let ran = host.plan(plan, &config(&json!({ "wait_for": "camera.example.com:554" })), occasion("lobby"));
    assert_eq!(
        ran.value()[0].title,
        "restart the camera as `watchkeep`; its device service answers 405 to a GET"
    );
    assert_eq!(ran.value()[1].target, "camera.example.com:554");
    assert!(ran.sent.iter().all(|sent| sent.method == "GET"));
}

#[test]
fn a_config_that_makes_no_sense_is_refused() {
    let refuses = |config: Value, said: &str| {
        Host::new().perform(perform, &config.to_string(), occasion("lobby")).refuses_config(said);
    };
    refuses(json!({}), "either `onvif` or `request` must be given");
    refuses(json!({ "request": { "url": "http://x/" }, "wait_max": "1s" }), "needs `wait_for`");
    refuses(
        json!({ "onvif": { "url": URL, "user": "", "password": { "secret": "s" } } }),
        "must not be empty",
    );
    refuses(json!({ "onvif": { "url": URL, "user": "u" } }), "`password` is missing");
    refuses(
        json!({ "onvif": { "url": URL, "user": "u", "password": "x" } }),
        "a secret does not belong in the config",
    );
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
