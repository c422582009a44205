//! What all parts say alike.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, wording};

/// A key in base64 has 43, and `=` at its end.
const KEY_CHARS: usize = 40;
/// Words have fewer; a key in hexadecimal has 64.
const HEX_DIGITS: usize = 16;
const KEY_GONE: &str = "[key]";

/// A program's or a peer's text for a sentence, without anything that could be a key.
pub fn without_keys(text: &str) -> String {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let mut kept = String::new();
    let mut run = String::new();
    for c in text.chars() {
        if is_of_key(c) {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut kept);
        kept.push(c);
    }
    flush(&mut run, &mut kept);
    clipped(kept.trim())
}

fn flush(run: &mut String, kept: &mut String) {
    let is_hex = || run.len() >= HEX_DIGITS && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_key = run.len() >= KEY_CHARS || is_hex();
    kept.push_str(if is_key { KEY_GONE } else { run });
    run.clear();
}

/// A finding that depends on another one.
pub(crate) fn unjudged(key: String, why: &str) -> Finding {
    Finding::unknown(key, format!("not judged: {why}"))
}

/// As `contains`, whose search would be 3 KiB of the component.
pub(crate) fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len().max(1)).any(|window| window == part.as_bytes())
}

/// `3 KiB/s`.
pub(crate) fn speed(bytes: f64) -> String {
    format!("{}/s", wording::value(bytes, "bytes"))
}

/// `1 peer`, `2 peers`.
pub(crate) fn count(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
