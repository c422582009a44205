//! What a mail server says in the clear, and a line of a mailbox's server. The first byte says in which pieces the words of the
//! one arrive.

use chrono::DateTime;
use watchkeep_plugin_smtp::bytes::{moment, uids};
use watchkeep_plugin_smtp::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, Host};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];

/// Whatever it says: the server is judged in a sentence, and is well only if it greeted and took EHLO.
pub fn smtp(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    let piece = PIECES[usize::from(first) % PIECES.len()];
    let dialogue = said.chunks(piece).fold(Dialogue::new(), Dialogue::says).heedless();
    let config =
        r#"{"address":"mail.example.com:25","security":"plaintext","expect_capabilities":["AUTH PLAIN"]}"#;
    let ran = Host::new().answer("tcp mail.example.com:25", dialogue).check(run, config);
    let report = ran.report();
    let sentence = &report.summary;
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
    let text = String::from_utf8_lossy(said);
    let lines_with = |start: &str| text.split('\n').filter(|line| line.starts_with(start)).count();
    if report.state == State::Ok {
        let upper = text.to_ascii_uppercase();
        assert!(lines_with("220") >= 1 && lines_with("250") >= 2, "{text:?}");
        assert!(upper.contains("AUTH") && upper.contains("PLAIN"), "{text:?}");
    }
    assert!(report.state != State::Warning || text.contains("421"), "{text:?}");
    text.lines().for_each(line);
}

/// By another reading.
fn line(line: &str) {
    let found = uids(line);
    assert!(found.len() <= 10 && found.iter().all(|uid| line.contains(&uid.to_string())), "{line:?}");
    let Some(at) = moment(line) else { return };
    let (_, written) = line.split_once("INTERNALDATE \"").expect("a moment was read");
    let written = written.split('"').next().unwrap_or_default().trim();
    // The library knows no 30 February; whoever is lenient is not wrong by more than days.
    if let Ok(known) = DateTime::parse_from_str(written, "%e-%b-%Y %H:%M:%S %z") {
        let known = u64::try_from(known.timestamp_millis()).expect("it is after 1970");
        assert!(known.abs_diff(at) <= 1_000, "{written}: {known} and {at}");
    }
}
