//! What comes of a stream, and what it says of the camera.

use std::time::Duration;

use serde_json::json;
use watchkeep_sdk::{Report, State};

use crate::{BETWEEN, H265, JPEG, answer, check, frame, has, picture, playing, playing_as, rtp, sends, well};

#[track_caller]
fn close(report: &Report, name: &str, wanted: f64) {
    let value = report.value(name).unwrap_or_else(|| panic!("no `{name}`"));
    assert!((value - wanted).abs() <= wanted * 0.02, "{name} is {value}, not {wanted}");
}

#[test]
fn a_stream_is_measured_in_packets_bits_and_pictures() {
    let ran = check(json!({}), well());
    let report = ran.report();
    assert_eq!(report.state, State::Ok, "{}", report.summary);
    assert!(report.summary.starts_with("H.264, 25 frames/s, "), "{}", report.summary);
    close(report, "camera_frames_per_second", 25.0);
    close(report, "camera_packets_per_second", 25.0);
    // One of 25 packets has 1,012 bytes, the others 212.
    close(report, "camera_bits_per_second", (1_012.0 + 24.0 * 212.0) * 8.0);
    assert_eq!(report.value("camera_packet_loss_ratio"), Some(0.0), "the numbers begin again after 65535");
    assert_eq!(report.value("camera_packets"), Some(76.0));
    assert!(report.value("camera_key_frame_age_seconds").unwrap() <= 1.05);
    assert_eq!(report.value("probe_success"), Some(1.0));
    assert_eq!(report.value("probe_duration_seconds"), Some(0.03));
    let phase = |wanted: &str| {
        let own = report.metrics.iter().filter(|metric| metric.name == "probe_camera_duration_seconds");
        own.filter(|metric| metric.labels[0].value == wanted).map(|metric| metric.value).next()
    };
    assert_eq!((phase("tls"), phase("first_packet")), (None, Some(0.02)));
    assert!(phase("resolve").is_some() && phase("connect").is_some() && phase("play").is_some());
}

#[test]
fn a_burst_at_the_beginning_is_no_part_of_the_rates() {
    let burst: Vec<u8> = (0..50_u16).flat_map(|at| picture(at, u32::from(at) * 3_600, at == 0)).collect();
    let frames = (50..400_u16).map(|at| picture(at, u32::from(at) * 3_600, false));
    let ran = has(
        json!({}),
        sends(playing(), [burst].into_iter().chain(frames), BETWEEN),
        State::Ok,
        "25 frames/s",
    );
    close(ran.report(), "camera_packets_per_second", 25.0);
    close(ran.report(), "camera_bits_per_second", 25.0 * 212.0 * 8.0);
}

#[test]
fn missing_packets_are_counted_by_their_numbers() {
    let without = |lost: fn(u16) -> bool| {
        let frames = (0..400_u16)
            .filter(move |at| !lost(*at))
            .map(|at| picture(at, u32::from(at) * 3_600, at % 25 == 0));
        sends(playing(), frames, BETWEEN)
    };
    let some = || without(|at| at % 20 == 5);
    let ran = has(json!({}), some(), State::Warning, " % of packets are lost, more than 1 %");
    let loss = ran.report().value("camera_packet_loss_ratio").unwrap();
    assert!((0.04..0.06).contains(&loss), "{loss}");
    has(json!({ "loss_critical": 3 }), some(), State::Critical, " % of packets are lost, more than 3 %");
    has(json!({ "loss_warning": 20, "loss_critical": 20 }), some(), State::Ok, " frames/s");
    // In another order, and twice: nothing is lost.
    let mixed = (0..300_u16).flat_map(|at| [at * 2 + 1, at * 2, at * 2]);
    let mixed = mixed.map(|at| picture(at, u32::from(at / 2) * 3_600, at == 1)).collect::<Vec<_>>();
    let mixed: Vec<_> = mixed.chunks(3).map(<[Vec<u8>]>::concat).collect();
    let ran = has(json!({}), sends(playing(), mixed, BETWEEN), State::Ok, "25 frames/s");
    assert_eq!(ran.report().value("camera_packet_loss_ratio"), Some(0.0));
    // A camera that begins anew in between has not lost all numbers between.
    let anew = (0..200_u16)
        .map(|at| picture(if at < 30 { at } else { at + 30_000 }, u32::from(at) * 3_600, at == 0));
    let ran =
        has(json!({}), sends(playing(), anew, BETWEEN), State::Warning, "its packet numbers restart once");
    assert_eq!(ran.report().value("camera_packet_loss_ratio"), Some(0.0));
}

#[test]
fn values_beyond_their_bands_are_told_with_the_limit() {
    for (more, state, said) in [
        (json!({ "frame_rate": { "warning_below": 25 } }), State::Ok, "25 frames/s"),
        (
            json!({ "frame_rate": { "warning_below": 26 } }),
            State::Warning,
            "the frame rate is 25/s, below 26/s",
        ),
        (json!({ "frame_rate": { "critical_above": 24.5 } }), State::Critical, "25/s, above 24.5/s"),
        (json!({ "bitrate": { "critical_below": 500 } }), State::Critical, " kbit/s, below 500 kbit/s"),
        (json!({ "bitrate": { "warning_above": 20 } }), State::Warning, " kbit/s, above 20 kbit/s"),
        (json!({ "first_packet_critical": "20ms" }), State::Critical, "slower than 20 ms"),
        (json!({ "first_packet_warning": "29ms" }), State::Warning, "slower than 29 ms"),
        (json!({ "first_packet_warning": "40ms" }), State::Ok, "25 frames/s"),
        (json!({ "key_frame_warning": "2s" }), State::Ok, "25 frames/s"),
    ] {
        let ran = has(more, well(), state, said);
        assert_eq!(ran.report().value("probe_success"), Some(f64::from(u8::from(state != State::Critical))));
    }
    let ran = check(json!({ "bitrate": { "critical_below": 5 } }), well());
    let metric = ran.report().metrics.iter().find(|metric| metric.name == "camera_bits_per_second").unwrap();
    assert_eq!(metric.critical.unwrap().low, Some(5_000.0));
}

#[test]
fn a_stream_without_key_frames_is_told_if_asked() {
    let frames =
        || sends(playing(), (0..400_u16).map(|at| picture(at, u32::from(at) * 3_600, false)), BETWEEN);
    has(json!({}), frames(), State::Ok, "25 frames/s");
    has(
        json!({ "key_frame_warning": "2s" }),
        frames(),
        State::Warning,
        "no key frame came in 3.0 s, more than 2.0 s",
    );
    let once = (0..400_u16).map(|at| picture(at, u32::from(at) * 3_600, at == 0));
    let once = sends(playing(), once, BETWEEN);
    has(
        json!({ "key_frame_critical": "2s" }),
        once,
        State::Critical,
        "the last key frame is 3.0 s old, more than 2.0 s",
    );
}

#[test]
fn play_without_media_is_no_stream() {
    let said = "PLAY is accepted, but no media came within 5.0 s; hint: the encoder may have stalled";
    let silent = || playing().waits(Duration::from_secs(60));
    let ran = has(json!({}), silent(), State::Critical, said);
    assert_eq!(ran.report().value("camera_packets"), Some(0.0));
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    let elsewhere = sends(playing(), vec![frame(2, &rtp(96, 1, 0, b"\x65abc")); 50], BETWEEN)
        .waits(Duration::from_secs(60));
    has(json!({}), elsewhere, State::Critical, "only frames on channels that were not requested");
    let odd = sends(playing(), vec![frame(0, &[0x40; 40]); 50], BETWEEN).waits(Duration::from_secs(60));
    has(json!({}), odd, State::Critical, "only packets that are not RTP of the described stream");
    has(json!({}), playing().closes(), State::Critical, "without media; hint: the encoder may have stalled");
    let goodbye = playing().says(frame(1, &[0x80, 200, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7]));
    has(json!({}), goodbye, State::Critical, "it says that the stream is over");
}

#[test]
fn a_stream_that_ends_stops_or_has_no_pictures_is_told_apart() {
    let sent = |count: u16| {
        sends(playing(), (0..count).map(|at| picture(at, u32::from(at) * 3_600, at == 0)), BETWEEN)
    };
    let silence = Duration::from_secs(60);
    has(
        json!({}),
        sent(25).waits(silence),
        State::Critical,
        "it stopped sending after 960 ms, and sent nothing for 2.0 s",
    );
    has(json!({}), sent(25).closes(), State::Critical, "it closes the connection after 960 ms of media");
    let goodbye = sent(25).says(frame(1, &[0x81, 203, 0, 1, 0, 0, 0, 7]));
    has(json!({}), goodbye, State::Critical, "it ends the stream after 960 ms");
    has(json!({}), sent(1).waits(silence), State::Critical, "one picture came in 3.0 s, and no further one");
    // Sets and remarks alone.
    let others = (0..400_u16).map(|at| frame(0, &rtp(96, at, u32::from(at) * 3_600, &[0x68, 1, 2, 3])));
    has(
        json!({}),
        sends(playing(), others, BETWEEN),
        State::Critical,
        "and no picture in them; hint: look at the",
    );
    // One a second is slow, and goes on.
    let slow = (0..40_u16).map(|at| picture(at, u32::from(at) * 90_000, at == 0));
    let slow = sends(playing(), slow, Duration::from_millis(980));
    has(json!({}), slow, State::Ok, "H.264, 1 frames/s");
    // A pause is no end where there was one like it.
    let seldom = (0..2_u16).map(|at| picture(at, u32::from(at) * 126_000, at == 0));
    let seldom = sends(playing(), seldom, Duration::from_millis(1_380)).waits(silence);
    has(json!({}), seldom, State::Ok, "H.264, 0.7 frames/s");
    // Its clock stands still, and the pictures have ends.
    let still = (0..400_u16).map(|at| picture(at, 0, at == 0));
    let still = || sends(playing(), still.clone(), BETWEEN);
    let ran = has(json!({}), still(), State::Ok, "H.264, ");
    assert_eq!(ran.report().value("camera_frames_per_second"), None);
    has(
        json!({ "frame_rate": { "warning_below": 1 } }),
        still(),
        State::Critical,
        "too little came to tell the frame rate",
    );
}

#[test]
fn pictures_in_parts_and_several_in_one_packet_are_known_in_each_codec() {
    // In parts: the first of a key frame, one between, the last of it; then two units in one packet.
    let h264 = |number: u16, ticks: u32| {
        let part = |at: u16, second: u8| frame(0, &rtp(96, number + at, ticks, &[0x7c, second, 1, 2, 3]));
        [part(0, 0x85), part(1, 0x05), part(2, 0x45)].concat()
    };
    let frames = (0..100_u16).map(|at| h264(at * 3, u32::from(at) * 3_600));
    let ran = has(json!({}), sends(playing(), frames, BETWEEN), State::Ok, "H.264, 25 frames/s");
    assert!(ran.report().value("camera_key_frame_age_seconds").is_some());
    let both = [0x78, 0, 2, 0x67, 1, 0, 3, 0x65, 1, 2];
    let frames = (0..100_u16).map(|at| frame(0, &rtp(96, at, u32::from(at) * 3_600, &both)));
    let ran = has(json!({}), sends(playing(), frames, BETWEEN), State::Ok, "H.264, 25 frames/s");
    assert!(ran.report().value("camera_key_frame_age_seconds").is_some());
    let h265 = |payload: &'static [u8]| {
        let frames = (0..100_u16).map(move |at| frame(0, &rtp(97, at, u32::from(at) * 3_600, payload)));
        has(json!({}), sends(playing_as(H265), frames, BETWEEN), State::Ok, "H.265, 25 frames/s")
    };
    // A key frame of type 19: alone, its first part, in a packet of several.
    for key in [&[0x26, 1, 9][..], &[0x62, 1, 0x93, 9], &[0x60, 1, 0, 2, 0x40, 1, 0, 3, 0x26, 1, 9]] {
        assert!(h265(key).report().value("camera_key_frame_age_seconds").is_some(), "{key:x?}");
    }
    assert_eq!(h265(&[0x02, 1, 9]).report().value("camera_key_frame_age_seconds"), None);
    // JPEG in two parts, of 40 by 30 blocks.
    let jpeg = |number: u16, ticks: u32| {
        let part = |at: u16, offset: u8| {
            frame(0, &rtp(26, number + at, ticks, &[0, 0, 0, offset, 1, 80, 40, 30, 7]))
        };
        [part(0, 0), part(1, 100)].concat()
    };
    let frames = (0..100_u16).map(|at| jpeg(at * 2, u32::from(at) * 3_600));
    let ran =
        has(json!({}), sends(playing_as(JPEG), frames, BETWEEN), State::Ok, "MJPEG 320x240, 25 frames/s");
    assert_eq!(ran.report().value("camera_width_pixels"), Some(320.0));
    // What is not looked into is judged by its time stamps.
    let other = "v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 MP4V-ES/1000\r\na=x-dimensions:640,480\r\n";
    let frames = (0..100_u16).map(|at| frame(0, &rtp(98, at, u32::from(at) * 40, b"abc")));
    has(json!({}), sends(playing_as(other), frames, BETWEEN), State::Ok, "MP4V-ES 640x480, 25 frames/s");
}

#[test]
fn pictures_that_are_shown_in_another_order_are_counted_as_they_are() {
    let order = [0_u32, 3, 1, 2];
    let frames = (0..400_u16).map(|at| {
        let shown = u32::from(at / 4) * 4 + order[usize::from(at % 4)];
        // Ticks begin again in between.
        picture(at, (shown * 3_600).wrapping_sub(90_000), at == 0)
    });
    has(json!({}), sends(playing(), frames, BETWEEN), State::Ok, "H.264, 25 frames/s");
}

#[test]
fn time_stamps_that_begin_anew_change_nothing() {
    // Back a little, when another viewer comes; back and forth by much.
    for leap in [-30_000_i64, -900_000, 9_000_000] {
        let frames = (0..400_u16).map(|at| {
            let leaps = i64::from(at / 20) * leap;
            picture(at, (i64::from(at) * 3_600 + leaps) as u32, at == 0)
        });
        let ran = has(json!({}), sends(playing(), frames, BETWEEN), State::Ok, "H.264, 25 frames/s");
        close(ran.report(), "camera_frames_per_second", 25.0);
    }
}

#[test]
fn packets_that_are_shorter_than_they_say_are_counted_and_told() {
    let broken = [0x78, 0, 200, 0x65];
    let frames = (0..200_u16).map(|at| match at % 5 {
        4 => frame(0, &rtp(96, at, u32::from(at) * 3_600, &broken)),
        _ => picture(at, u32::from(at) * 3_600, at == 0),
    });
    let ran = has(
        json!({}),
        sends(playing(), frames, BETWEEN),
        State::Warning,
        "packets are malformed or of another type",
    );
    assert_eq!(ran.report().value("camera_packet_loss_ratio"), Some(0.0));
}

#[test]
fn a_run_reads_no_more_than_it_may() {
    let much = (0..300).fold(playing(), |much, at| much.says(frame(0, &rtp(96, at, 0, &[0x41; 60_000]))));
    let ran = has(json!({ "listen": "30s" }), much, State::Ok, "H.264");
    let packets = ran.report().value("camera_packets").unwrap();
    assert!((200.0..220.0).contains(&packets), "{packets} of 60 kB, where 12 MiB are read");
    // An answer in the middle belongs to nothing, and a question of the camera is not answered.
    let talk = "GET_PARAMETER rtsp://a RTSP/1.0\r\nCSeq: 1\r\n\r\n".to_owned() + &answer(77, "200 OK", "");
    let frames = (0..400_u16).map(|at| {
        let talk = if at % 10 == 0 { talk.as_bytes() } else { b"\r\n" };
        [talk, &picture(at, u32::from(at) * 3_600, at == 0)].concat()
    });
    has(json!({}), sends(playing(), frames, BETWEEN), State::Ok, "25 frames/s");
}
