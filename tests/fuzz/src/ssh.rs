//! What an SSH server says. The first byte says in which pieces its words arrive; behind it is all that it says on the first
//! connection.

use watchkeep_plugin_ssh::bytes::{disconnect, key_type, offer, payload, reply, strings};
use watchkeep_plugin_ssh::run;
use watchkeep_sdk::State;
use watchkeep_sdk::signatures::{Algorithm, VerifyError};
use watchkeep_sdk::testing::{Dialogue, Host};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];
/// A key that github.com publishes; its bytes begin with these, behind the size.
const EXPECTED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const KEY_BEGINS: &[u8] = b"ssh-ed25519\0\0\0\x20\xe3\x2a\xaa\x79";

/// How a signature begins that is taken for right.
const RIGHT: u8 = 6;

/// Whatever it says: it is judged in a sentence, and well only with the key that is expected.
pub fn ssh(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    parsers(said);
    let piece = PIECES[usize::from(first) % PIECES.len()];
    let dialogue = said.chunks(piece).fold(Dialogue::new(), Dialogue::says).heedless();
    let config = format!(
        r#"{{"address":"shell.example.com:22","host_keys":"{EXPECTED}","refused_algorithms":"weak","refused_key_types":"weak"}}"#
    );
    let host = Host::new().verified_by(verify).answer("tcp shell.example.com:22", dialogue);
    let ran = host.check(run, &config);
    let report = ran.report();
    let sentence = &report.summary;
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    let details = report.details.as_deref().unwrap_or_default();
    let is_text = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control());
    assert!(is_text(sentence) && !sentence.contains('\n') && is_text(details), "{sentence:?} {details:?}");
    if report.state != State::Critical {
        let has = |part: &[u8]| said.windows(part.len()).any(|window| window == part);
        assert!(has(b"SSH-2.0-") || has(b"SSH-1.99-"), "it is no server of SSH 2");
        assert!(has(KEY_BEGINS), "nobody showed the key that is expected");
    }
}

/// No input has a signature that is right, so one that begins with such a byte is taken for it. Whatever is asked has the form
/// that the host asks for.
fn verify(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    assert!(algorithm == Algorithm::Ed25519 && key.len() == 32, "the key that is asked about is none");
    assert!(matches!(message.len(), 32 | 48 | 64), "what is signed is no hash");
    if signature.first() == Some(&RIGHT) { Ok(()) } else { Err(VerifyError::Wrong) }
}

/// What is taken from the bytes stands in them.
fn parsers(bytes: &[u8]) {
    if let Some(carried) = payload(bytes) {
        assert!(
            !carried.is_empty() && carried.len() < bytes.len(),
            "a packet is longer than what it carries"
        );
    }
    if let Some(offer) = offer(bytes) {
        let names = [&offer.exchanges, &offer.key_types, &offer.ciphers, &offer.macs];
        for name in names.into_iter().flatten() {
            let stands = bytes.windows(name.len()).any(|window| window == name.as_bytes());
            assert!((1..=64).contains(&name.len()) && stands, "`{name}` was not offered");
        }
    }
    if let Some(reply) = reply(bytes) {
        let size = reply.key.len() + reply.share.len() + reply.signature.len();
        assert!(size + 13 <= bytes.len(), "more was read than there is");
    }
    if let Some([first, second]) = strings::<2>(bytes) {
        assert!(first.len() + second.len() + 8 == bytes.len(), "something stands between or behind");
    }
    if let Some((_, words)) = disconnect(bytes) {
        assert!(!words.chars().any(char::is_control), "{words:?}");
    }
    if let Some(name) = key_type(bytes) {
        assert!(name.len() + 8 <= bytes.len(), "more was read than there is");
    }
}
