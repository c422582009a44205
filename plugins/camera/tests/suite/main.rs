//! The check `camera` against the scripted host. Packets are written here once more, by another hand than the plugin's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod digests;
mod hostile;
mod logins;
mod parts;
mod sessions;
mod several;
mod snapshots;
mod streams;

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_camera::run;
use watchkeep_sdk::testing::{Dialogue, Host, Ran, Reply};
use watchkeep_sdk::{Fault, Report, State};

const CAMERA: &str = "tcp cam.example.com:554";
const URL: &str = "rtsp://cam.example.com/stream1";

/// With these keys at the top, and these of the stream.
fn config(more: Value, stream: Value) -> String {
    let mut own = json!({ "url": URL });
    own.as_object_mut().unwrap().extend(stream.as_object().unwrap().clone());
    let mut config = json!({ "stream": own });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn login() -> Value {
    json!({ "user": "ada", "password": { "secret": "password" } })
}

fn check(stream: Value, answer: impl Into<Reply>) -> Ran<Report, Fault> {
    Host::new().answer(CAMERA, answer).check(run, &config(json!({}), stream))
}

#[track_caller]
fn says(stream: Value, answer: impl Into<Reply>, state: State, summary: &str) {
    let ran = check(stream, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[track_caller]
fn has(stream: Value, answer: impl Into<Reply>, state: State, said: &str) -> Ran<Report, Fault> {
    let ran = check(stream, answer);
    let report = ran.report();
    assert!(report.state == state && report.summary.contains(said), "{:?}: {}", report.state, report.summary);
    ran
}

fn answer(number: u32, status: &str, more: &str) -> String {
    format!("RTSP/1.0 {status}\r\nCSeq: {number}\r\n{more}\r\n")
}

fn described(number: u32, more: &str, sdp: &str) -> String {
    answer(
        number,
        "200 OK",
        &format!("Content-Type: application/sdp\r\n{more}Content-Length: {}\r\n", sdp.len()),
    ) + sdp
}

const H264: &str = "v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n";
const H265: &str = "v=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\na=control:track1\r\n";
const JPEG: &str =
    "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:track0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n";
const SETUP: &str =
    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=7\r\nSession: 12345678;timeout=60\r\n";

/// Everything before media; whatever is asked.
fn playing_as(sdp: &str) -> Dialogue {
    Dialogue::new()
        .says(answer(1, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n"))
        .says(described(2, "", sdp))
        .says(answer(3, "200 OK", SETUP))
        .says(answer(4, "200 OK", "Session: 12345678\r\n"))
        .heedless()
}

fn playing() -> Dialogue {
    playing_as(H264)
}

/// One packet of RTP without its frame.
fn rtp(kind: u8, number: u16, ticks: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 0x80 | kind];
    packet.extend(number.to_be_bytes());
    packet.extend(ticks.to_be_bytes());
    packet.extend([0, 0, 0, 7]);
    packet.extend(payload);
    packet
}

fn frame(channel: u8, content: &[u8]) -> Vec<u8> {
    let mut frame = vec![b'$', channel];
    frame.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    frame.extend(content);
    frame
}

/// A packet that is a whole picture of H.264: a key frame, or another one.
fn picture(number: u16, ticks: u32, is_key: bool) -> Vec<u8> {
    let mut payload = vec![if is_key { 0x65 } else { 0x41 }];
    payload.resize(if is_key { 1_000 } else { 200 }, 0xaa);
    frame(0, &rtp(96, number, ticks, &payload))
}

const BETWEEN: Duration = Duration::from_millis(20);

/// How long the check listens, unless it is told otherwise, and how long it pauses between two reads.
const LISTENS: Duration = Duration::from_secs(3);
const PAUSES: Duration = Duration::from_millis(20);

/// These, one at a time, with such a pause before each, and no more than come while the check listens: it says goodbye then.
fn sends(dialogue: Dialogue, frames: impl IntoIterator<Item = Vec<u8>>, pause: Duration) -> Dialogue {
    let most = LISTENS.div_duration_f64(pause + PAUSES) as usize + 1;
    let mut frames = frames.into_iter();
    let own = frames.by_ref().take(most);
    let dialogue = own.fold(dialogue, |dialogue, frame| dialogue.waits(pause).says(frame));
    if frames.next().is_some() { dialogue.says(answer(5, "200 OK", "")) } else { dialogue }
}

/// 25 pictures a second, one of each 25 a key frame, for longer than any of these tests listens.
fn well() -> Dialogue {
    let frames = (0..400_u32).map(|at| picture(65_500_u16.wrapping_add(at as u16), at * 3_600, at % 25 == 0));
    sends(playing(), frames, BETWEEN)
}
