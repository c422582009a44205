//! What a TLS server sends: the first record of its answer, or a stapled OCSP response. The first byte says which: a record's
//! own kind, or anything else before a response.

use watchkeep_plugin_tls::bytes::{Answer, Stapled, read, stapled};

/// A serial number as the contract writes it.
const SERIAL: &str = "0a1b2c3d";

/// What is taken from the bytes stands in them.
pub fn tls(bytes: &[u8]) {
    let Some((&kind, content)) = bytes.split_first() else { return };
    if let Answer::Takes { version, suite } = read(kind, content) {
        assert!(kind == 22 && content[0] == 2, "no answer of a server is taken for one");
        assert_eq!(version.to_be_bytes(), content[4..6], "the version stands behind the head");
        let session = usize::from(content[38]);
        assert_eq!(
            suite.to_be_bytes(),
            content[39 + session..41 + session],
            "the suite stands behind the session"
        );
    }
    match stapled(content, SERIAL) {
        Ok(Stapled { this_update, next_update, .. }) => {
            let serial = [0x0a, 0x1b, 0x2c, 0x3d];
            assert!(content.windows(4).any(|four| four == serial), "it is about another certificate");
            // The last moment that `GeneralizedTime` can hold, in the year 9999.
            let last = 253_402_300_799_999;
            assert!(
                this_update <= last && next_update.is_none_or(|next| next <= last),
                "a moment that is none"
            );
        }
        Err(why) => {
            assert!(why.len() < 200 && !why.chars().any(char::is_control), "{why:?} is no sentence");
        }
    }
}
