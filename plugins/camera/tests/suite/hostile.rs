//! Whoever answers does not keep to the protocol, or never ends.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_camera::bytes::{Codec, Item, Sequence, challenges, look, message, picture, rtp, video};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::Dialogue;

use crate::{answer, check, described, frame, playing};

#[track_caller]
fn critical(dialogue: Dialogue, said: &str) {
    let ran = check(json!({}), dialogue.heedless());
    let report = ran.report();
    assert_eq!(report.state, State::Critical, "{}", report.summary);
    assert!(report.summary.contains(said), "`{said}` is not in: {}", report.summary);
    assert!(
        report.summary.len() <= 1_024 && !report.summary.chars().any(char::is_control),
        "{:?}",
        report.summary
    );
    assert!(report.metrics.iter().all(|metric| metric.value.is_finite()));
}

#[test]
fn what_is_no_camera_is_told_by_what_it_says() {
    for (bytes, said) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            "it does not speak RTSP; it says `HTTP/1.1 400 Bad Request`; hint: this is the port of its web",
        ),
        (b"\x15\x03\x01\x00\x02\x02\x46", "hint: it speaks TLS, the URL begins with `rtsps://`"),
        (b"SSH-2.0-x\r\n", "it does not speak RTSP; it says `SSH-2.0-x`"),
        (b"220 mail\r\n", "it does not speak RTSP; it says `220 mail`"),
        (b"\x00\x01\x02\xff\xfe", "it does not speak RTSP; it says `"),
        (b"RTSP/1.0 abc\r\n\r\n", "its answer has no status: `RTSP/1.0 abc`"),
        (b"RTSP/1.0 99 x\r\n\r\n", "its answer has no status"),
        (b"RTSP/1.0 200 OK\r\nnonsense\r\n\r\n", "an invalid header: `nonsense`"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "an invalid length: `-1`"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "an invalid length"),
        (
            b"RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n",
            "its answer has 65537 bytes; at most 65536 are read",
        ),
    ] {
        critical(Dialogue::new().says(bytes), said);
    }
}

#[test]
fn a_camera_that_never_ends_is_left() {
    let begins = b"RTSP/1.0 200 OK\r\n".to_vec();
    let endless = [&begins[..], &b"a: b".repeat(10_000)].concat();
    critical(Dialogue::new().says(endless), "the head of its answer is longer than 16384 bytes");
    let many = [&begins[..], &b"a: b\r\n".repeat(101), b"\r\n"].concat();
    critical(Dialogue::new().says(many), "its answer has more than 100 headers");
    critical(Dialogue::new().says(vec![b'A'; 40_000]), "it does not speak RTSP; it says `AAAA");
    let slow =
        begins.iter().fold(Dialogue::new(), |slow, byte| slow.waits(Duration::from_secs(1)).says([*byte]));
    critical(slow, "its answer to OPTIONS did not come within 5.0 s");
    let drops = (0..400).fold(Dialogue::new(), |drops, _| drops.says("\r\n"));
    critical(drops, "it says in 230 pieces not what was waited for");
    critical(Dialogue::new().says(b"\r\n".repeat(7 << 20)), "it says more than 12582912 bytes, and not what");
    let padding = format!("X: {}\r\n", "x".repeat(10_000));
    let others = answer(99, "200 OK", &padding).repeat(1_300);
    critical(Dialogue::new().says(others), "it says more than 12582912 bytes");
    // Frames of nothing, for ever.
    let frames = frame(0, &[0x40; 60]).repeat(200_000);
    critical(playing().says(frames), "only packets that are not RTP");
    let slow = (0..20)
        .fold(playing().says([b'$', 0, 0xff, 0xff]), |slow, _| slow.waits(Duration::from_secs(1)).says([0]));
    critical(slow, "PLAY is accepted, but no media came within 5.");
    critical(playing().says([b'$', 0]).closes(), "it closes the connection after 20 ms without media");
    critical(playing().says("\u{1b}[2J garbage"), "it does not speak RTSP; it says `");
}

#[test]
fn nothing_that_a_camera_names_gets_into_a_request_beside_its_place() {
    let open = || Dialogue::new().says(answer(1, "200 OK", ""));
    let sdp = |control: &str| format!("v=0\r\nm=video 0 RTP/AVP 96\r\na=control:{control}\r\n");
    for control in ["a b", "a\tb", "a\u{7}b", "ü", &"x".repeat(3_000)] {
        critical(open().says(described(2, "", &sdp(control))), "it sends an invalid address or session");
    }
    critical(open().says(described(2, "Content-Base: rtsp://a b/\r\n", &sdp("t"))), "session: `rtsp://a b/`");
    let session = answer(3, "200 OK", "Transport: RTP/AVP/TCP\r\nSession: a b\r\n");
    critical(open().says(described(2, "", &sdp("t"))).says(session), "session: `a b`");
    // A challenge with control characters is none.
    assert!(challenges("Digest realm=\"a\u{7}\", nonce=\"b\"").is_empty());
    assert!(challenges(&format!("Digest nonce=\"{}\"", "a".repeat(5_000))).is_empty());
    for odd in ["", "=", "Digest =", "Digest a=\"", "Digest a=\"b\\", ",,,", "Digest a=b c d=e", "a=b"] {
        let _ = challenges(odd);
    }
}

#[test]
fn frames_are_read_to_their_end_and_no_further() {
    let whole = frame(5, b"abc");
    for end in 0..whole.len() {
        assert_eq!(message(&whole[..end]), Ok(None), "{end}");
    }
    let more = [&whole[..], b"$"].concat();
    assert_eq!(message(&more), Ok(Some((Item::Frame { channel: 5, payload: b"abc" }, 7))));
    let reply = b"RTSP/1.0 200 OK\nContent-length:3\n\nabcdef";
    let Ok(Some((Item::Reply(reply), size))) = message(reply) else { panic!() };
    assert_eq!((reply.status, &reply.body[..], size), (200, &b"abc"[..], 37));
}

#[test]
fn a_packet_with_a_part_longer_than_itself_is_none() {
    let packet = |first: u8, rest: &[u8]| [&[first, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..], rest].concat();
    assert_eq!(rtp(&packet(0x80, b"abc")).unwrap().payload, b"abc");
    assert_eq!(rtp(&packet(0x81, b"1234abc")).unwrap().payload, b"abc");
    assert_eq!(rtp(&packet(0x90, b"\0\0\0\x011234abc")).unwrap().payload, b"abc");
    assert_eq!(rtp(&packet(0xa0, b"abc\0\x02")).unwrap().payload, b"abc");
    for odd in [
        packet(0x80, b"")[..11].to_vec(),
        packet(0x00, b"abc"),
        packet(0x40, b"abc"),
        packet(0x8f, b"abc"),
        packet(0x90, b"ab"),
        packet(0x90, b"\0\0\xff\xff1234"),
        packet(0xa0, b""),
        packet(0xa0, b"a\0"),
        packet(0xa0, b"a\x09"),
    ] {
        assert_eq!(rtp(&odd), None, "{odd:x?}");
    }
    for codec in [Codec::H264, Codec::H265, Codec::Jpeg] {
        assert_eq!(look(&codec, &[]), None);
    }
    for (codec, odd) in [
        (Codec::H264, &[0x7c][..]),
        (Codec::H264, &[0x78, 0, 9, 1]),
        (Codec::H264, &[0x78, 0, 0]),
        (Codec::H264, &[0x78, 0]),
        (Codec::H264, &[0x79, 0]),
        (Codec::H265, &[0x62, 1]),
        (Codec::H265, &[0x60, 1, 0xff, 0xff, 0]),
        (Codec::Jpeg, &[0, 0, 0, 0, 1, 80, 40]),
    ] {
        assert_eq!(look(&codec, odd), None, "{codec:?} {odd:x?}");
    }
}

#[test]
fn any_numbers_of_packets_make_a_share_of_loss() {
    let mut sequence = Sequence::default();
    assert_eq!((sequence.lost(), sequence.loss().to_bits()), (0, 0));
    let mut number = 1_u16;
    for at in 0..100_000_u32 {
        number = number.wrapping_mul(25_173).wrapping_add(13_849).rotate_left(at % 7);
        sequence.take(number);
        assert!((0.0..=1.0).contains(&sequence.loss()));
    }
}

#[test]
fn hostile_descriptions_and_pictures_are_survived() {
    let many = "v=0\r\n".to_owned() + &"m=audio 0 RTP/AVP 0\r\n".repeat(3_000);
    assert!(video(many.as_bytes()).unwrap_err().contains("no video"));
    let odd = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\na=fmtp:96 sprop-parameter-sets=Z///,====;;=\r\na=control\r\na=\r\n";
    let track = video(odd.as_bytes()).unwrap();
    assert_eq!((track.clock, track.size, track.control), (90_000, None, None));
    assert!(video(b"v=0\nm=video 0 RTP/AVP 200\n").unwrap_err().contains("no type of payload"));
    assert!(video(&[b'v', b'=', 0xff, 0xfe, b'\n', b'm', b'=']).is_err());
    // A segment that ends before its own length, a length of 0, no end, filling without end.
    for (bytes, said) in [
        (&b"\xff\xd8\xff\xe0\xff\xff"[..], "breaks off after 6 bytes"),
        (b"\xff\xd8\xff\xe0\0\0", "malformed"),
        (b"\xff\xd8", "breaks off after 2 bytes"),
        (b"\xff\xd8\xff\xff\xff\xff", "breaks off"),
        (b"\xff\xd8\xff\xd9", "malformed"),
        (b"\xff\xd8abc", "malformed"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR", "breaks off"),
        (b"\x89PNG\r\n\x1a\n", "breaks off"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\0\0\0\0", "malformed"),
    ] {
        assert!(picture(bytes).unwrap_err().contains(said), "{bytes:x?}: {:?}", picture(bytes));
    }
}
