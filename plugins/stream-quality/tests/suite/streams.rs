//! MJPEG over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::scene::{bars, good};
use crate::{critical, finds, of, only};

const STREAM: &str = "http://cam.example.com/video.mjpg";
const ROUTE: &str = "GET http://cam.example.com/video.mjpg";
const KIND: &str = "multipart/x-mixed-replace; boundary=frame";

fn config(more: Value) -> String {
    let mut stream = json!({ "url": STREAM, "listen": "30s" });
    stream.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "stream": stream }).to_string()
}

/// As most cameras write it.
pub(crate) fn part(picture: &[u8]) -> Vec<u8> {
    let head = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len());
    [head.as_bytes(), picture, b"\r\n"].concat()
}

/// Received for three seconds of ten times as many: a tenth is for the body.
fn sends(body: impl Into<Vec<u8>>) -> Answer {
    let answer = Answer::status(200).header("content-type", KIND).body(body);
    answer.after(Duration::from_secs(30)).cut(FailureKind::TimedOut, "")
}

fn check(more: Value, answer: Answer) -> Ran<Report, Fault> {
    Host::new().deadline(Duration::from_secs(60)).answer(ROUTE, answer).check(run, &config(more))
}

#[test]
fn the_last_whole_picture_is_judged_and_rates_are_measured() {
    let mut body: Vec<u8> = (0..30).flat_map(|moment| part(&good(moment % 3))).collect();
    let whole = body.len();
    body.extend(&part(&bars(1, 255.0))[..4_000]);
    let ran = check(json!({}), sends(body.clone()));
    only(&ran, &[]);
    let report = ran.report();
    assert_eq!(report.value("quality_frames"), Some(30.0));
    assert_eq!(report.value("quality_frames_per_second"), Some(10.0));
    assert_eq!(report.value("quality_bits_per_second"), Some((whole + 4_000) as f64 * 8.0 / 3.0));
    assert_eq!(report.value("probe_duration_seconds"), Some(27.0));
    body.truncate(whole);
    body.extend(part(&bars(1, 255.0)));
    body.extend(b"--frame\r\n");
    finds(&check(json!({}), sends(body)), "test_picture", State::Critical, "colour bars");
}

#[test]
fn rates_are_held_against_bands() {
    let body: Vec<u8> = (0..30).flat_map(|_| part(&good(1))).collect();
    let more = json!({ "frame_rate": { "warning_below": 20, "critical_below": 5 }, "bitrate": { "critical_above": 100 } });
    let ran = check(more, sends(body.clone()));
    finds(&ran, "frame_rate", State::Warning, "the frame rate is 10/s, below 20/s");
    finds(&ran, "bitrate", State::Critical, " kbit/s, above 100 kbit/s");
    let fine = json!({ "frame_rate": { "warning_below": 5, "warning_above": 20 } });
    let ran = check(fine.clone(), sends(body.clone()));
    assert_eq!(of(&ran, "frame_rate"), (State::Ok, "the frame rate is 10/s".to_owned()));
    // What was stored comes at once, and says nothing of rates.
    let ran = check(fine, sends(body).after(Duration::from_secs(1)));
    assert!(ran.report().findings.iter().all(|finding| finding.key != "frame_rate"));
    assert!(ran.report().details.as_deref().unwrap().contains("Not judged: rates"));
}

#[test]
fn boundaries_and_lengths_are_read_as_cameras_write_them() {
    let (one, two) = (good(1), good(2));
    let with = |boundary: &str, line: &str, length: Option<usize>| {
        let length = length.map(|length| format!("content-length:{length}{line}")).unwrap_or_default();
        let of = |picture: &[u8]| {
            let head = format!("{boundary}{line}Content-Type: image/jpeg{line}{length}{line}");
            [head.as_bytes(), picture, line.as_bytes()].concat()
        };
        [of(&one), of(&two), boundary.as_bytes().to_vec()].concat()
    };
    for (kind, body) in [
        ("multipart/x-mixed-replace;boundary=x", with("--x", "\r\n", None)),
        ("multipart/x-mixed-replace; boundary=\"x\"", with("--x", "\r\n", Some(one.len()))),
        ("Multipart/X-Mixed-Replace; max=3; Boundary=--x", with("--x", "\r\n", None)),
        ("multipart/x-mixed-replace; boundary=--x", with("----x", "\r\n", None)),
        ("multipart/x-mixed-replace; boundary=x", with("--x", "\n", None)),
        ("multipart/x-mixed-replace; boundary=x", with("--x", "\r\n", Some(7))),
        ("multipart/x-mixed-replace; boundary=x", with("--x", "\r\n", Some(1 << 30))),
        ("multipart/x-mixed-replace; boundary=x", with("--x", "\r\n", Some(usize::MAX))),
        // As ffmpeg's `mpjpeg` says it, and servers that forget it.
        ("application/octet-stream", with("--x", "\r\n", Some(one.len()))),
        ("multipart/x-mixed-replace", with("--x", "\r\n", None)),
        ("multipart/mixed; boundary=x", [b"\r\n\r\n".to_vec(), with("--x", "\r\n", None)].concat()),
    ] {
        let answer = Answer::status(200).header("content-type", kind).body(body);
        let ran = check(json!({}), answer.after(Duration::from_secs(30)).cut(FailureKind::TimedOut, ""));
        assert_eq!(ran.report().value("quality_frames"), Some(2.0), "{kind}: {}", ran.report().summary);
        only(&ran, &[]);
    }
}

#[test]
fn a_stream_that_ends_or_has_other_parts_is_a_warning() {
    let body = [part(&good(1)), part(&good(2)), b"--frame--\r\n".to_vec()].concat();
    let whole = Answer::status(200).header("content-type", KIND).body(body.clone());
    finds(&check(json!({}), whole), "stream", State::Warning, "its stream ends by itself");
    let reset = sends(body).cut(FailureKind::Reset, "");
    finds(&check(json!({}), reset), "stream", State::Warning, "its stream breaks off: ");
    let text = [part(b"busy"), part(&good(1)), b"--frame".to_vec()].concat();
    finds(
        &check(json!({}), sends(text)),
        "stream",
        State::Warning,
        "1 parts of its stream are no pictures: its answer",
    );
}

#[test]
fn a_stream_without_a_picture_is_told_by_what_it_lacks() {
    let page = "<html><title>Log in</title></html>";
    let kind = |kind: &str, body: &[u8]| Answer::status(200).header("content-type", kind).body(body);
    for (answer, said) in [
        (sends(""), "it accepts the request, and sends nothing within 30.0 s"),
        (sends("--frame\r\n"), "its first picture came within 30.0 s"),
        (
            sends(&part(&good(1))[..2_000]),
            "bytes of its first picture came within 30.0 s; hint: raise `listen`",
        ),
        (sends(vec![b'x'; 50_000]), "the boundary `frame` that it names does not come in 50000 bytes"),
        (
            sends([part(b"busy"), part(b"busy")].concat()),
            "its stream has no picture: its answer is neither JPEG nor PNG",
        ),
        (kind("text/html", page.as_bytes()), "it answers with a web page (`Log in`) instead of a picture"),
        (
            kind("image/jpeg", &good(1)),
            "it answers with one picture, not with a stream; hint: put the URL into `camera`",
        ),
        (kind("video/mp4", b"ftyp"), "its content is `video/mp4`, not a stream of pictures"),
        (kind("multipart/x-mixed-replace", b""), "its stream names no boundary between pictures"),
        (
            kind(&format!("multipart/x-mixed-replace; boundary={}", "x".repeat(101)), b""),
            "has more than 100 bytes",
        ),
        (Answer::status(401), "it requires a login (401)"),
        (Answer::status(404), "it answers with status 404"),
        (Answer::failure(FailureKind::Refused, Phase::Connect, ""), "connection refused"),
    ] {
        critical(&check(json!({}), answer), said);
    }
    assert_eq!(*check(json!({}), Answer::denied("denied")).error(), Fault::Denied("denied".to_owned()));
}

#[test]
fn it_is_received_no_longer_and_no_more_than_said() {
    let body: Vec<u8> = (0..400).flat_map(|_| part(&good(1))).collect();
    assert!(body.len() > 6 << 20, "{}", body.len());
    let answer = Answer::status(200).header("content-type", KIND).body(body).after(Duration::from_secs(6));
    let ran = check(json!({ "listen": "7s" }), answer);
    only(&ran, &[]);
    assert_eq!((ran.sent[0].timeout, ran.sent[0].body_max), (Some(7_000), 6 << 20));
    assert!(ran.report().value("quality_frames").unwrap() > 50.0);
}
