//! What an MQTT broker says. The first byte says in which version it is spoken to, and in which pieces its words arrive.

use watchkeep_plugin_mqtt::bytes::{Packet, Version, fits, moment, read};
use watchkeep_plugin_mqtt::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, Host};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];

/// Whatever it says: it is judged in a sentence, and well only if it let the client in and published what is expected.
pub fn mqtt(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    let (version, written) = if first & 4 == 0 { (Version::V3, "3.1.1") } else { (Version::V5, "5.0") };
    packets(said, version);
    moments(said);
    let piece = PIECES[usize::from(first) % PIECES.len()];
    let dialogue = said.chunks(piece).fold(Dialogue::new(), Dialogue::says).heedless();
    let config = format!(
        r#"{{"address":"mqtt.example.com:1883","version":"{written}","message":{{"topic":"plant/+","expect":"up","age_warning":"1h"}}}}"#
    );
    let ran = Host::new().answer("tcp mqtt.example.com:1883", dialogue).check(run, &config);
    let report = ran.report();
    let sentence = &report.summary;
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
    if report.state != State::Critical {
        let has = |part: &[u8]| said.windows(part.len()).any(|window| window == part);
        assert_eq!(said[0], 0x20, "it answers with something else");
        let is_busy = sentence.starts_with("it turns the client away");
        assert!(is_busy || (has(b"plant/") && has(b"up")), "nobody published what is expected");
    }
}

/// What is taken from the bytes stands in them.
fn packets(mut bytes: &[u8], version: Version) {
    while let Ok(Some((packet, size))) = read(bytes, version) {
        assert!((2..=bytes.len()).contains(&size), "{size} bytes of {}", bytes.len());
        assert_eq!(read(&bytes[..size - 1], version), Ok(None), "it was whole before its end");
        if let Packet::Publish(message) = packet {
            let room = message.topic.len() + message.payload.len();
            assert!(
                room + 4 <= size && bytes[..size].ends_with(&message.payload),
                "more was read than there is"
            );
            assert!(fits("#", &message.topic) != message.topic.starts_with('$'), "{:?}", message.topic);
        }
        bytes = &bytes[size..];
    }
}

fn moments(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if let Some(seconds) = moment(&text.into()) {
        assert!(seconds.abs() < 3e11, "{seconds} is no moment that can be written");
    }
}
