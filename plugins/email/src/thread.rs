//! Which mails belong together. Every mail names the same id as what it answers, made of the dedup key, so that one
//! alert's life is one thread. No mail bears that id: one that was sent twice, or lost, breaks nothing.

use watchkeep_sdk::prelude::*;

pub(crate) struct Ids {
    /// The same in every attempt: a server that sees it twice may drop it.
    pub(crate) own: String,
    pub(crate) thread: String,
    /// The mail before, if it is known.
    pub(crate) before: Option<String>,
}

pub(crate) fn ids(notification: &Notification, domain: &str) -> Ids {
    let own = format!("<{}.notice@{domain}>", atom(&notification.id));
    let thread = format!("<{}.thread@{domain}>", atom(&notification.dedup_key));
    // Ours, or nothing that may stand in a header.
    let is_own = |id: &&str| {
        let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or_default();
        inner.ends_with(&format!(".notice@{domain}"))
            && inner.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
    };
    let before = notification.previous_id.as_deref().filter(is_own).filter(|id| *id != own);
    Ids { own, thread, before: before.map(str::to_owned) }
}

/// More is shortened: an id cannot be folded.
const ATOM_CHARS_MAX: usize = 120;

/// Letters, digits and dashes as they are; any other byte by its number, so that different texts stay different.
fn atom(text: &str) -> String {
    let mut atom = String::new();
    // FNV-1a over all of it.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            atom.push(char::from(byte));
        } else {
            atom.push_str(&format!("_{byte:02x}"));
        }
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    if atom.len() > ATOM_CHARS_MAX {
        atom.truncate(ATOM_CHARS_MAX);
        atom.push_str(&format!("_{hash:016x}"));
    }
    atom
}

#[cfg(test)]
mod tests {
    use super::atom;

    #[test]
    fn whatever_a_key_holds_is_one_word_of_a_header() {
        assert_eq!(atom("wk-5f2a"), "wk-5f2a");
        assert!(atom(&"é".repeat(200)).len() < 140 && atom(&"x".repeat(200)) != atom(&"x".repeat(201)));
        assert_eq!(atom("a b\r\n>é_"), "a_20b_0d_0a_3e_c3_a9_5f");
    }
}
