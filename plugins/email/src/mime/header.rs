//! Values of headers. Whatever a target says, it is one value: control characters become blanks, what is not ASCII is
//! encoded (RFC 2047), long ones are folded.

use watchkeep_sdk::mail::{Mailbox, base64};

/// The most characters of a subject: more would say nothing that the mail does not.
const CHARS_MAX: usize = 400;
const LINE_CHARS_MAX: usize = 76;
/// The most bytes in one encoded word: its base64 is surrounded by `=?utf-8?B?`, `?=` and the header's name.
const WORD_BYTES_MAX: usize = 36;

pub(super) fn text(name: &str, text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect();
    let clean = clean.trim();
    let words_fit = clean.split(' ').all(|word| word.len() < LINE_CHARS_MAX - name.len());
    if clean.is_ascii() && !clean.contains("=?") && words_fit { folded(name, clean) } else { encoded(clean) }
}

pub(super) fn mailbox(mailbox: &Mailbox) -> String {
    let Some(name) = &mailbox.name else { return mailbox.address.clone() };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_'".contains(&byte);
    let name =
        if name.len() <= 60 && name.bytes().all(is_plain) { format!("\"{name}\"") } else { encoded(name) };
    format!("{name}\r\n <{}>", mailbox.address)
}

/// ASCII that needs no quoting, with the ending of its type.
pub(super) fn file_name(name: &str, media_type: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let name: String = name.chars().take(40).map(plain).collect();
    let ending = media_type.rsplit('/').next().unwrap_or("png");
    format!("{name}.{ending}")
}

/// Broken at blanks, which stay.
fn folded(name: &str, text: &str) -> String {
    let mut out = String::new();
    let mut column = name.len() + 2;
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            // A line of blanks alone would end the headers for some.
            if column + 1 + word.len() > LINE_CHARS_MAX && !word.is_empty() {
                out.push_str("\r\n");
                column = 0;
            }
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// Encoded words, a line each, none torn within a character.
fn encoded(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES_MAX {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", base64(word.as_bytes()))).collect();
    words.join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_stays_readable_and_is_folded_at_blanks() {
        assert_eq!(text("Subject", "CRITICAL: shop: refused"), "CRITICAL: shop: refused");
        let long = "word ".repeat(40);
        let value = text("Subject", &long);
        assert!(format!("Subject: {value}").split("\r\n").all(|line| line.len() <= 76), "{value}");
        assert_eq!(value.replace("\r\n", ""), long.trim());
    }

    #[test]
    fn what_is_not_ascii_is_encoded_in_whole_characters() {
        assert_eq!(text("Subject", "på"), "=?utf-8?B?cMOl?=");
        let value = text("Subject", &"€".repeat(60));
        assert!(value.split("\r\n ").all(|word| word.len() <= 75 && word.ends_with("?=")), "{value}");
        assert_eq!(text("Subject", "=?utf-8?B?eA==?="), "=?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=");
    }

    #[test]
    fn nothing_that_is_said_ends_a_header() {
        for hostile in [
            "x\r\nBcc: evil@example.com\r\n\r\nbody",
            "x\n\n",
            "\r",
            "x\u{0}\u{1b}y",
            "å\r\nBcc: evil@example.com",
            &"x".repeat(5_000),
        ] {
            let value = text("Subject", hostile);
            for line in value.split("\r\n").skip(1) {
                assert!(line.starts_with(' ') && !line.trim().is_empty(), "{value:?}");
            }
            assert!(!value.replace("\r\n ", "").contains(char::is_control), "{value:?}");
        }
    }

    #[test]
    fn a_name_is_quoted_or_encoded() {
        let written =
            |name: &str| mailbox(&Mailbox { name: Some(name.to_owned()), address: "a@b".to_owned() });
        assert_eq!(written("On call"), "\"On call\"\r\n <a@b>");
        assert_eq!(written("K, \"x\""), "=?utf-8?B?SywgIngi?=\r\n <a@b>");
    }
}
