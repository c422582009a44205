//! What a camera says, and what it sends as a picture. The first byte says in which codec, and in which pieces its words
//! arrive.

use watchkeep_plugin_camera::bytes::{
    Codec, Item, Sequence, challenges, h264, h265, look, message, moment, picture, rtp, video,
};
use watchkeep_plugin_camera::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Dialogue, Host};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 40, 1_000];
const CODECS: [Codec; 3] = [Codec::H264, Codec::H265, Codec::Jpeg];

/// Whatever it says: it is judged in a sentence, and well only if it let the client in and sent pictures.
pub fn camera(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    let codec = &CODECS[usize::from(first) % CODECS.len()];
    messages(said);
    packets(said, codec);
    texts(said);
    pictures(said);
    judged(said, PIECES[usize::from(first >> 4) % PIECES.len()]);
}

/// What is taken from the bytes stands in them.
fn messages(mut bytes: &[u8]) {
    while let Ok(Some((item, size))) = message(bytes) {
        assert!((1..=bytes.len()).contains(&size), "{size} bytes of {}", bytes.len());
        match item {
            Item::Reply(reply) => {
                assert!((100..700).contains(&reply.status) && reply.body.len() < size, "{reply:?}");
                for challenge in reply.all("www-authenticate").flat_map(challenges) {
                    assert!(
                        !challenge.scheme.is_empty() && !challenge.scheme.contains([' ', ',']),
                        "{challenge:?}"
                    );
                }
                if let Ok(track) = video(&reply.body) {
                    assert!(track.clock > 0 && track.payload_type < 128, "{track:?}");
                }
            }
            Item::Frame { payload, .. } => assert_eq!(payload.len() + 4, size),
            Item::Request | Item::Blank => {}
        }
        bytes = &bytes[size..];
    }
}

fn packets(bytes: &[u8], codec: &Codec) {
    let mut sequence = Sequence::default();
    for piece in bytes.chunks(40) {
        if let Some(packet) = rtp(piece) {
            assert!(packet.payload.len() + 12 <= piece.len(), "more was read than there is");
            sequence.take(packet.sequence);
            assert!((0.0..=1.0).contains(&sequence.loss()), "{sequence:?}");
        }
        let seen = look(codec, piece).unwrap_or_default();
        assert!(seen.is_picture || !seen.is_key, "{seen:?}");
    }
}

fn texts(bytes: &[u8]) {
    for size in [h264(bytes), h265(bytes)].into_iter().flatten() {
        assert!((1..=1 << 15).contains(&size.0) && (1..=1 << 15).contains(&size.1), "{size:?}");
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(at) = moment(&text) {
        assert!(at < 253_402_300_801_000, "{at} is later than the year 9999");
    }
    let _ = challenges(&text);
    let _ = video(bytes);
}

fn pictures(bytes: &[u8]) {
    match picture(bytes) {
        Ok(whole) => assert!(whole.width > 0 && whole.height > 0, "{whole:?}"),
        Err(sentence) => {
            assert!(sentence.len() < 1 << 10 && !sentence.chars().any(char::is_control), "{sentence:?}")
        }
    }
    let answer = Answer::status(200).body(bytes);
    let config =
        r#"{"snapshot":{"url":"http://cam.example.com/","size_min":"0B","must_change":true,"keep":true}}"#;
    let ran = Host::new().answer("GET http://cam.example.com/", answer).check(run, config);
    assert_eq!(ran.report().state == State::Ok, picture(bytes).is_ok());
}

fn judged(said: &[u8], piece: usize) {
    let dialogue = said.chunks(piece).fold(Dialogue::new(), Dialogue::says).heedless();
    let config = r#"{"stream":{"url":"rtsp://cam.example.com/a","key_frame_warning":"2s","frame_rate":{"warning_below":5}},"user":"ada","password":{"secret":"password"}}"#;
    let host = Host::new().revealed("password", "s3cret");
    let ran = host.answer("tcp cam.example.com:554", dialogue).check(run, config);
    let report = ran.report();
    let sentence = &report.summary;
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
    if report.state != State::Critical {
        assert!(said.windows(8).any(|window| window == b"RTSP/1.0"), "nobody let the client in");
    }
}
