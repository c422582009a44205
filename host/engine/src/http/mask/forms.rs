//! The forms in which a value comes back: as it is, and as servers write it into texts of other kinds.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

/// The size of a piece. A longer value is looked for in pieces, so this bounds how much is examined around the edge of
/// a text.
const PIECE_BYTES_MAX: usize = 1 << 10;
/// How many pieces of a key or a chain are looked for.
const PIECES_MAX: usize = 64;
/// With more pieces than these, each is looked for in fewer forms.
const PIECES_IN_ALL_FORMS: usize = 4;

/// How a form occurs in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    Anywhere,
    /// Not within a longer word or number.
    Alone,
    /// Within base64 of more than the value. The characters next to it contain bits of it.
    WithinBase64,
}

const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// As browsers write a path.
const PATH: AsciiSet =
    CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The parts of a value that are looked for separately: its lines, because what is between them differs by form.
pub(super) fn pieces(value: &[u8]) -> Vec<&[u8]> {
    let lines = value.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
    // The lines around a key in PEM are the same for every key.
    let lines = lines.filter(|line| !line.starts_with(b"-----"));
    lines.flat_map(|line| line.chunks(PIECE_BYTES_MAX)).take(PIECES_MAX).collect()
}

/// The forms of one of `count` pieces; the first is the piece itself.
pub(super) fn of_piece(piece: &[u8], count: usize) -> Vec<(Vec<u8>, Fit)> {
    let mut forms = vec![(piece.to_vec(), Fit::Anywhere), (percent(piece, &UNRESERVED), Fit::Anywhere)];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        forms.extend((0..3).map(|before| (within_base64(&engine, piece, before), Fit::WithinBase64)));
    }
    if count > PIECES_IN_ALL_FORMS {
        return forms;
    }
    let text = String::from_utf8_lossy(piece);
    let json = quoted(&text);
    let hexadecimal = hex::encode(piece);
    let escaped = percent(piece, &UNRESERVED);
    let in_path = percent(piece, &PATH);
    let all: Vec<u8> = piece.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect();
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let more: Vec<Vec<u8>> = vec![
        json.replace('/', "\\/").into_bytes(),
        only_ascii(&json).into_bytes(),
        json.into_bytes(),
        html(&text, "&#39;").into_bytes(),
        html(&text, "&#x27;").into_bytes(),
        hexadecimal.to_ascii_uppercase().into_bytes(),
        hexadecimal.into_bytes(),
        lower_digits(&escaped),
        lower_digits(&in_path),
        lower_digits(&all),
        in_path,
        all,
        url::form_urlencoded::byte_serialize(piece).collect::<String>().into_bytes(),
        piece.to_ascii_lowercase(),
        piece.to_ascii_uppercase(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ];
    forms.extend(more.into_iter().map(|form| (form, Fit::Anywhere)));
    forms
}

fn percent(value: &[u8], set: &'static AsciiSet) -> Vec<u8> {
    percent_encode(value, set).to_string().into_bytes()
}

/// The text with the digits of its escapes in lower case.
fn lower_digits(escaped: &[u8]) -> Vec<u8> {
    let mut out = escaped.to_vec();
    for at in 0..out.len() {
        if out[at] == b'%' {
            let end = (at + 3).min(out.len());
            out[at..end].make_ascii_lowercase();
        }
    }
    out
}

/// The characters of base64 that contain only bits of `piece`, if `before` bytes of something else come before it (or
/// any number that is `before` more than a multiple of three).
fn within_base64(engine: &impl base64::Engine, piece: &[u8], before: usize) -> Vec<u8> {
    let whole = [&vec![0; before][..], piece].concat();
    let encoded = engine.encode(&whole).into_bytes();
    let begin = (before * 8).div_ceil(6);
    let end = whole.len() * 8 / 6;
    encoded.get(begin..end).unwrap_or_default().to_vec()
}

/// The text without its quotes.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

fn only_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for letter in json.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

fn html(text: &str, apostrophe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str(apostrophe),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use base64::Engine as _;

    #[test]
    fn what_stands_within_base64_is_found_whatever_is_around_it() {
        let piece = b"c4n4ry/9+1=x";
        let forms = of_piece(piece, 1);
        for before in 0..7 {
            for after in 0..4 {
                let whole = [&vec![b'a'; before][..], piece, &vec![b'z'; after]].concat();
                let encoded = STANDARD.encode(whole);
                let found = forms.iter().any(|(form, fit)| {
                    *fit == Fit::WithinBase64 && memchr::memmem::find(encoded.as_bytes(), form).is_some()
                });
                assert!(found, "{before} before, {after} after");
            }
        }
    }

    #[test]
    fn lines_are_pieces_and_frames_of_keys_are_none() {
        let key = b"-----BEGIN KEY-----\r\nabc\n\ndef\n-----END KEY-----\n";
        assert_eq!(pieces(key), [b"abc", b"def"]);
        assert_eq!(
            pieces(&[b'x'; 3_000]).iter().map(|piece| piece.len()).collect::<Vec<_>>(),
            [1_024, 1_024, 952]
        );
    }
}
