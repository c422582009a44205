//! What a server says before TLS. The first byte says in which protocol it is asked, and in which pieces its words arrive.

use watchkeep_plugin_tls::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, Host};

const PROTOCOLS: [&str; 9] =
    ["smtp", "imap", "pop3", "ftp", "ldap", "postgresql", "mysql", "xmpp", "xmpp_server"];
/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];

/// Whatever it says: the target is judged in a sentence, and TLS begins only where the server agreed to it and said no more.
pub fn starttls(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(first) % PROTOCOLS.len()];
    let piece = PIECES[usize::from(first) / PROTOCOLS.len() % PIECES.len()];
    let dialogue = said.chunks(piece).fold(Dialogue::new(), Dialogue::says).heedless();
    let config = format!(r#"{{"address":"shop.example.com:25","starttls":"{protocol}"}}"#);
    let ran = Host::new().answer("tcp shop.example.com:25", dialogue).check(run, &config);
    let report = ran.report();
    let sentence = &report.summary;
    assert_eq!(report.state, State::Critical, "{sentence}");
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    // The handshake began, and came to nothing.
    if sentence.starts_with("TLS handshake failed") {
        assert!(has_agreed(protocol, said), "{protocol}: nobody agreed");
        assert!(piece < said.len() || ends_with_agreement(protocol, said), "{protocol}: more was said");
    }
}

/// By another reading than the plugin's: what has to stand in the words, wherever it does.
fn has_agreed(protocol: &str, said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said).to_ascii_lowercase();
    let lines_with = |start: &str| text.split('\n').filter(|line| line.starts_with(start)).count();
    match protocol {
        "smtp" => lines_with("220") >= 2 && text.contains("starttls"),
        "imap" => lines_with("a1 ok") >= 1 && lines_with("* ") >= 1,
        "pop3" => lines_with("+ok") >= 2,
        "ftp" => lines_with("220") >= 1 && lines_with("234") >= 1,
        "ldap" => said.first() == Some(&0x30) && said.contains(&0x78),
        "postgresql" => said.first() == Some(&b'S'),
        "mysql" => said.get(4) == Some(&10),
        _ => text.contains("<starttls") && text.contains("<proceed"),
    }
}

/// What comes behind it in the clear is not taken for what comes under TLS.
fn ends_with_agreement(protocol: &str, said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said).to_ascii_lowercase();
    let last = text.strip_suffix('\n').and_then(|text| text.rsplit('\n').next());
    let last_is = |start: &str| last.is_some_and(|line| line.starts_with(start));
    match protocol {
        "smtp" => last_is("220"),
        "imap" => last_is("a1 ok"),
        "pop3" => last_is("+ok"),
        "ftp" => last_is("234"),
        "postgresql" => said.len() == 1,
        "mysql" => {
            said.len() == 4 + (usize::from(said[0]) | usize::from(said[1]) << 8 | usize::from(said[2]) << 16)
        }
        "ldap" => true,
        _ => said.ends_with(b">"),
    }
}
