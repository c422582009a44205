//! URLs that a camera names: compared, opened, and a fault where a grant is missing.

use serde_json::json;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host};
use watchkeep_sdk::{Fault, State};

use super::{camera, has, judged, profile};

const STREAM: &str = "tcp cam.example.com:554";
const PICTURE: &str = "GET http://cam.example.com/snap.jpg";

#[test]
fn a_stream_that_is_there_answers_with_or_without_a_login() {
    for (said, state, summary) in [
        ("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", State::Ok, "`mainStream`: H264 1920x1080"),
        ("RTSP/1.0 401 Unauthorized\r\n\r\n", State::Ok, "`mainStream`: H264 1920x1080"),
        (
            "RTSP/1.0 404 Not Found\r\n\r\n",
            State::Critical,
            "it answers DESCRIBE with `RTSP/1.0 404 Not Found`",
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", State::Critical, "it does not speak RTSP; it says `HTTP/1.1 200 OK`"),
    ] {
        let options = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n\r\n";
        let dialogue = Dialogue::new().hears_to("\r\n\r\n");
        let dialogue = match said.starts_with("RTSP") {
            true => dialogue.says(options).hears_to("\r\n\r\n").says(said),
            false => dialogue.says(said),
        };
        let host = Host::new().answer(STREAM, dialogue);
        let (ran, _) = judged(camera(), host, profile(json!({ "stream": "opened" })));
        has(&ran, "profile mainStream", state, summary);
    }
}

#[test]
fn what_the_grants_do_not_cover_is_a_fault_that_names_the_grant() {
    let denied = || {
        Answer::denied(
            "denied: tcp to cam.example.com:554; hint: add `net = [...]` under [plugin.onvif.allow]",
        )
    };
    let (ran, _) =
        judged(camera(), Host::new().answer(STREAM, denied()), profile(json!({ "stream": "opened" })));
    assert!(
        matches!(ran.error(), Fault::Denied(said) if said.contains("hint: add `net = ")),
        "{:?}",
        ran.error()
    );
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.7", 554);
    let (ran, _) =
        judged(camera(), Host::new().answer(STREAM, refused), profile(json!({ "stream": "opened" })));
    has(&ran, "profile mainStream", State::Critical, "connection refused by 192.0.2.7:554");
}

#[test]
fn a_picture_is_fetched_and_one_that_the_camera_does_not_offer_is_named() {
    let wanted = || profile(json!({ "snapshot": "opened" }));
    let (ran, _) = judged(camera(), Host::new(), wanted());
    has(
        &ran,
        "profile mainStream",
        State::Critical,
        "its snapshot: it refuses GetSnapshotUri: Optional Action Not Implemented (`ter:ActionNotSupported`)",
    );
    for (answer, state, said) in [
        (Answer::status(200).body(*b"\xff\xd8\xff\xe0rest"), State::Ok, "H264"),
        (Answer::status(200).body("<html>"), State::Critical, "what it answers is neither JPEG nor PNG"),
        (Answer::status(404), State::Critical, "it answers with status 404"),
    ] {
        let mut camera = camera();
        camera.profiles[0].snapshot = Some("http://cam.example.com/snap.jpg".to_owned());
        let (ran, _) = judged(camera, Host::new().answer(PICTURE, answer), wanted());
        has(&ran, "profile mainStream", state, said);
    }
}

#[test]
fn an_url_is_compared_whole_and_shown_without_what_may_be_a_login() {
    let with = |stream: &str, wanted: &str, state: State, said: &str| {
        let mut camera = camera();
        camera.profiles[0].stream = stream.to_owned();
        let (ran, _) = judged(camera, Host::new(), profile(json!({ "stream_url": wanted })));
        has(&ran, "profile mainStream", state, said);
        assert!(!ran.report().findings.iter().any(|finding| finding.summary.contains("tlJwpbo6")));
    };
    with("rtsp://cam.example.com/a?x=1", "rtsp://cam.example.com/a?x=1", State::Ok, "H264");
    with(
        "rtsp://cam.example.com/a?x=1",
        "rtsp://cam.example.com/a?x=2",
        State::Critical,
        "is at `rtsp://cam.example.com/a`, not where",
    );
    with("rtsp://admin:tlJwpbo6@cam.example.com/a", "rtsp://cam.example.com/a", State::Ok, "H264");
    with(
        "rtsp://cam.example.com/user=admin&password=tlJwpbo6",
        "rtsp://x/",
        State::Critical,
        "at `rtsp://cam.example.com/...`",
    );
    with("http://cam.example.com/", "rtsp://x/", State::Critical, "at `http://cam.example.com/`");
    with(
        "gopher://cam.example.com/",
        "rtsp://x/",
        State::Critical,
        "the URL that it names begins with `gopher://`",
    );
    with("rtsp:///a", "rtsp://x/", State::Critical, "the URL that it names names no host");
}
