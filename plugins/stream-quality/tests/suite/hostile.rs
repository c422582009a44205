//! Pictures and streams that lie, break off, or are as large as a bomb.

use serde_json::json;
use watchkeep_plugin_stream_quality::parts::{boundary, parts};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::http::FailureKind;
use watchkeep_sdk::testing::{Answer, Host};

use crate::scene::{Dice, good};
use crate::streams::part;
use crate::{critical, seen};

/// With this size in its head.
fn claiming(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let at = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[test]
fn bombs_are_refused_by_what_their_head_says() {
    critical(
        &seen(json!({}), claiming(good(1), 65_535, 65_535)),
        "its JPEG has 65535x65535 pixels; at most 16 million",
    );
    critical(&seen(json!({}), claiming(good(1), 20_000, 64)), "20000x64 pixels");
    critical(&seen(json!({}), claiming(good(1), 63, 64)), "at least 64x64 are needed to judge it");
    critical(&seen(json!({}), claiming(good(1), 0, 64)), "has no size");
}

#[test]
fn a_picture_of_any_shape_is_judged() {
    for (width, height) in [(64, 64), (64, 2_000), (2_000, 64), (97, 65), (1_281, 721)] {
        let mut dice = Dice(3);
        let noise: Vec<f32> = (0..width * height).map(|_| dice.unit() * 255.0).collect();
        let picture = watchkeep_sdk::picture::encode(width, height, |x, y| [noise[y * width + x]; 3]);
        let ran = seen(json!({ "masks": [{ "left": 0, "top": 0, "width": 1, "height": 1 }] }), picture);
        let metrics = &ran.report().metrics;
        assert!(metrics.iter().all(|metric| metric.value.is_finite()), "{width}x{height}: {metrics:?}");
    }
}

#[test]
fn what_is_damaged_is_an_error_or_a_picture_and_never_a_panic() {
    let mut dice = Dice(5);
    for _ in 0..60 {
        let mut damaged = good(1);
        for _ in 0..1 + (dice.unit() * 5.0) as usize {
            let at = (dice.unit() * damaged.len() as f32) as usize % damaged.len();
            damaged[at] = (dice.unit() * 256.0) as u8;
        }
        let ran = seen(json!({}), damaged);
        assert!(ran.result.is_ok(), "{:?}", ran.result);
    }
}

fn streamed(body: Vec<u8>) -> watchkeep_sdk::Report {
    let answer =
        Answer::status(200).header("content-type", "multipart/x-mixed-replace; boundary=frame").body(body);
    let answer = answer.cut(FailureKind::TimedOut, "");
    let config = json!({ "stream": { "url": "http://cam.example.com/v" } }).to_string();
    Host::new().answer("GET http://cam.example.com/v", answer).check(run, &config).report().clone()
}

#[test]
fn a_part_of_a_gibibyte_and_an_endless_one_are_not_waited_for() {
    let head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 1073741824\r\n\r\n";
    let ran = streamed([&head[..], &vec![0xab; 6 << 20]].concat());
    assert!(ran.summary.contains("its first picture does not end within 6291456 bytes"), "{}", ran.summary);
    // A picture before it is judged all the same.
    let ran = streamed([&part(&good(1))[..], head, &[0xab; 9_999]].concat());
    assert_eq!(ran.value("quality_frames"), Some(1.0), "{}", ran.summary);
}

#[test]
fn a_million_empty_parts_are_read_in_no_time() {
    let many = b"--frame\r\n\r\n\r\n".repeat(400_000);
    assert_eq!(parts(&many, "frame").whole.len(), 10_000);
    let ran = streamed(many);
    assert!(ran.summary.contains("its stream has no picture: its answer is empty"), "{}", ran.summary);
    let dashes = vec![b'-'; 6 << 20];
    assert_eq!(parts(&dashes, "frame"), parts(b"", "frame"));
    let heads = b"--frame\r\nx: y\r\n".repeat(1_000);
    assert!(parts(&heads, "frame").whole.is_empty());
}

#[test]
fn any_bytes_are_parts_or_none() {
    let mut dice = Dice(11);
    let pieces: [&[u8]; 9] = [
        b"--frame",
        b"--",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"Content-Length: 5",
        b"content-length: -1",
        b"abcde",
        b"\xff\xd8\xff\xd9",
    ];
    for _ in 0..20_000 {
        let body: Vec<u8> = (0..(dice.unit() * 14.0) as usize)
            .flat_map(|_| pieces[(dice.unit() * 9.0) as usize % 9].to_vec())
            .collect();
        let found = parts(&body, "frame");
        let sum: usize = found.whole.iter().map(|part| part.len()).sum();
        assert!(sum <= body.len() && found.begun.is_none_or(|begun| begun <= body.len()));
    }
    for kind in [
        "",
        ";",
        "multipart/",
        "multipart/x;boundary",
        "multipart/x;boundary=",
        "multipart/x;boundary=----",
        "\u{0}",
    ] {
        assert!(boundary(kind).is_err(), "{kind:?}");
    }
}
