//! What is asked of a camera in turn, and how it may refuse.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_camera::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, certificate, tls_facts};

use crate::{H264, SETUP, URL, answer, config, described, has, picture, says};

fn asks(method: &str, url: &str, number: u32, more: &str) -> String {
    format!(
        "{method} {url} RTSP/1.0\r\nCSeq: {number}\r\nUser-Agent: Watchkeep/{}\r\n{more}\r\n",
        env!("CARGO_PKG_VERSION")
    )
}

const TRANSPORT: &str = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
const PLAY: &str = "Range: npt=0.000-\r\nSession: 12345678\r\n";

/// Until the stream is described, with these addresses: of the base, of the whole, and of the track.
fn strict(base: &str, sdp: &str, track: &str, whole: &str) -> Dialogue {
    Dialogue::new()
        .hears(asks("OPTIONS", URL, 1, ""))
        .says(answer(1, "200 OK", "Public: OPTIONS\r\n"))
        .hears(asks("DESCRIBE", URL, 2, "Accept: application/sdp\r\n"))
        .says(described(2, base, sdp))
        .hears(asks("SETUP", track, 3, TRANSPORT))
        .says(answer(3, "200 OK", SETUP))
        .hears(asks("PLAY", whole, 4, PLAY))
        .says([picture(1, 0, true), answer(4, "200 OK", "").into_bytes(), picture(2, 3_600, false)].concat())
        .says(picture(3, 7_200, false))
        .fails(FailureKind::TimedOut, Phase::Transfer)
        .hears(asks("TEARDOWN", whole, 5, "Session: 12345678\r\n"))
        .says([picture(4, 10_800, false), answer(5, "200 OK", "").into_bytes()].concat())
}

#[test]
fn each_request_is_as_the_standard_has_it_and_media_in_between_count() {
    let whole = "a=control:rtsp://other.example.com/whole\r\n";
    let with = |whole: &str, track: &str| {
        format!("v=0\r\n{whole}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{track}\r\n")
    };
    let below = format!("{URL}/track1");
    for (base, sdp, track, all) in [
        ("", H264.to_owned(), &*below, URL),
        ("", with("a=control:*\r\n", "track1"), &below, URL),
        ("", with("a=control:*\r\n", "*"), URL, URL),
        ("Content-Base: rtsp://cam/x/\r\n", with("", "t?a=b"), "rtsp://cam/x/t?a=b", "rtsp://cam/x/"),
        ("Content-Location: rtsp://cam/y\r\n", with("", "t"), "rtsp://cam/y/t", "rtsp://cam/y"),
        ("", with(whole, "rtsp://cam/t"), "rtsp://cam/t", "rtsp://other.example.com/whole"),
    ] {
        let ran = has(json!({}), strict(base, &sdp, track, all), State::Ok, "H.264, 25 frames/s");
        assert_eq!(ran.report().value("camera_packets"), Some(4.0));
        assert_eq!(ran.report().value("camera_packet_loss_ratio"), Some(0.0));
    }
}

#[test]
fn a_refusal_is_told_with_its_fix() {
    let open = || Dialogue::new().says(answer(1, "200 OK", ""));
    let describe = |status: &str| open().says(answer(2, status, "Location: rtsp://b/\r\n")).heedless();
    for (status, said) in [
        (
            "404 Not Found",
            "it answers DESCRIBE with 404 Not Found; hint: it has no such stream: look at the path of `url`",
        ),
        ("403 Forbidden", "403 Forbidden; hint: the user may not view this stream"),
        ("401 Unauthorized", "it requires a login (401 Unauthorized); hint: add `user` and `password`"),
        ("406 Not Acceptable", "hint: it cannot describe this stream as SDP"),
        ("400 Bad Request", "hint: it takes the request for malformed"),
        ("405", "it answers DESCRIBE with 405; hint: it does not support this"),
        ("503 Service Unavailable", "hint: it cannot start the stream"),
        ("500 Oops", "it answers DESCRIBE with 500 Oops"),
        ("302 Moved", "it redirects to `rtsp://b/` (302 Moved); hint: write that as `url`"),
    ] {
        has(json!({}), describe(status), State::Critical, said);
    }
    let set_up = |status: &str| {
        open()
            .says(described(2, "", H264))
            .says(answer(3, status, "Session: 1\r\nTransport: RTP/AVP;unicast;client_port=1-2\r\n"))
            .heedless()
    };
    has(
        json!({}),
        set_up("461 Unsupported Transport"),
        State::Critical,
        "allow RTP over RTSP (TCP) in the camera",
    );
    has(
        json!({}),
        set_up("453 Not Enough Bandwidth"),
        State::Warning,
        "no bandwidth for another viewer (SETUP: 453",
    );
    has(
        json!({}),
        set_up("200 OK"),
        State::Critical,
        "it agrees to send media by `RTP/AVP;unicast;client_port=1-2`",
    );
    let sessionless =
        open().says(described(2, "", H264)).says(answer(3, "200 OK", "Transport: RTP/AVP/TCP\r\n"));
    has(json!({}), sessionless.heedless(), State::Critical, "its answer to SETUP names no session");
    let not_played = open().says(described(2, "", H264)).says(answer(3, "200 OK", SETUP)).says(answer(
        4,
        "454 Session Not Found",
        "",
    ));
    has(json!({}), not_played.heedless(), State::Critical, "it answers PLAY with 454 Session Not Found");
    // A camera need not answer the first question well, and what it says before an answer is none.
    let early = Dialogue::new()
        .says(answer(1, "501 Not Implemented", ""))
        .says(answer(2, "100 Trying", "") + &answer(1, "200 late", "") + &answer(2, "404 Not Found", ""));
    has(json!({}), early.heedless(), State::Critical, "DESCRIBE with 404");
}

#[test]
fn a_stream_without_video_is_told() {
    let with =
        |sdp: &str| Dialogue::new().says(answer(1, "200 OK", "")).says(described(2, "", sdp)).heedless();
    for (sdp, said) in [
        ("v=0\r\nm=audio 0 RTP/AVP 8\r\n", "its stream has no video, only audio"),
        ("v=0\r\ns=x\r\n", "its stream has no media at all"),
        ("<html>", "is not the description of a stream (SDP)"),
        ("", "is not the description of a stream (SDP)"),
        ("v=0\r\nm=video 0 RTP/AVP\r\n", "names no type of payload"),
    ] {
        has(json!({}), with(sdp), State::Critical, said);
    }
}

#[test]
fn a_camera_that_cannot_be_reached_is_told_by_how_far_it_came() {
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:443 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting to 192.0.2.1:443 after 10 ms"),
        (FailureKind::Unreachable, Phase::Connect, "no way to the host after 10 ms"),
    ] {
        says(json!({}), Answer::failure(kind, phase, ""), State::Critical, said);
    }
    let ran = crate::check(json!({}), Answer::denied("denied: hint: add it"));
    assert_eq!(*ran.error(), watchkeep_sdk::Fault::Denied("denied: hint: add it".to_owned()));
    let silent = Dialogue::new().waits(Duration::from_secs(60)).heedless();
    has(json!({}), silent, State::Critical, "its answer to OPTIONS did not come within 5.0 s");
    let closes = Dialogue::new().heedless().closes();
    has(json!({}), closes, State::Critical, "it closes the connection before its answer to OPTIONS came");
}

#[test]
fn under_tls_the_handshake_comes_first() {
    let config = |port: &str| config(json!({}), json!({ "url": format!("rtsps://cam.example.com{port}/s") }));
    let asked = |port: &str| asks("OPTIONS", &format!("rtsps://cam.example.com{port}/s"), 1, "");
    for (port, route) in [("", "tcp cam.example.com:322"), (":7441", "tcp cam.example.com:7441")] {
        let untrusted = Dialogue::new().fails(FailureKind::Certificate, Phase::Tls);
        let ran = Host::new().answer(route, untrusted).check(run, &config(port));
        assert_eq!(ran.report().state, State::Critical);
        assert!(ran.report().summary.starts_with("untrusted certificate from"), "{}", ran.report().summary);
        let shaken =
            Dialogue::new().starts_tls(tls_facts([])).hears(asked(port)).says(answer(1, "500 No", ""));
        let dialogue = shaken.hears_to("\r\n\r\n").says(answer(2, "404 Not Found", ""));
        let ran = Host::new().answer(route, dialogue).check(run, &config(port));
        assert!(ran.report().summary.contains("DESCRIBE with 404"), "{}", ran.report().summary);
    }
}

#[test]
fn a_certificate_that_expires_soon_is_told_beside_what_else_is_wrong() {
    let day = 86_400_000;
    for (left, more, said) in [
        (20, json!({}), ""),
        (10, json!({}), "; certificate `CN=cam.example.com` expires in 10 days"),
        (20, json!({ "expiry_warning_days": 30 }), "; certificate `CN=cam.example.com` expires in 20 days"),
        (2, json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 }), ""),
    ] {
        let facts = tls_facts([certificate("cam.example.com", NOW + left * day + 60_000)]);
        let shaken = Dialogue::new().starts_tls(facts).hears_to("\r\n\r\n").says(answer(1, "200 OK", ""));
        let dialogue = shaken.hears_to("\r\n\r\n").says(answer(2, "404 Not Found", ""));
        let mut own = json!({ "url": "rtsps://cam.example.com/s" });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let ran = Host::new().answer("tcp cam.example.com:322", dialogue).check(run, &config(json!({}), own));
        let summary = &ran.report().summary;
        assert!(summary.contains("DESCRIBE with 404") && summary.ends_with(said), "{summary}");
        assert_eq!(summary.contains("certificate"), !said.is_empty(), "{summary}");
        let expiry = ((NOW + left * day + 60_000) as f64) / 1e3;
        assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some(expiry));
    }
}
