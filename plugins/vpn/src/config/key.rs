//! A public key of WireGuard as an operator writes it.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};
use watchkeep_sdk::mail::base64;

/// Fewer could fit several peers by chance.
const CHARS_MIN: usize = 6;
/// 32 bytes, with `=` at the end.
const CHARS_MAX: usize = 44;

/// In base64, whole or its beginning; hexadecimal if it is whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PublicKey(String);

impl PublicKey {
    /// `key` in base64.
    pub(crate) fn fits(&self, key: &str) -> bool {
        key.starts_with(&self.0)
    }
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Config for PublicKey {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^([A-Za-z0-9+/]{6,43}=?|[0-9a-fA-F]{64})$","examples":["hYfz7wbNtzM4"],"x-watchkeep-hint":"write the public key as `wg show` prints it, or at least its first 6 characters""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        if let Some(key) = from_hex(text.as_bytes()) {
            return Some(PublicKey(key));
        }
        let is_base64 = text.trim_end_matches('=').bytes().all(is_sextet);
        if !is_base64 || !(CHARS_MIN..=CHARS_MAX).contains(&text.len()) {
            return problems.add(
                place,
                "is not a public key; hint: write it as `wg show` prints it, or at least its first 6 characters",
            );
        }
        Some(PublicKey(text))
    }
}

fn is_sextet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// Whether it is a whole key in base64.
pub(crate) fn is_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == CHARS_MAX
        && bytes.ends_with(b"=")
        && bytes[..CHARS_MAX - 1].iter().all(|byte| is_sextet(*byte))
}

/// A whole key in base64, out of 64 hexadecimal digits.
pub(crate) fn from_hex(digits: &[u8]) -> Option<String> {
    if digits.len() != 64 {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect();
    bytes.map(|bytes| base64(&bytes))
}
