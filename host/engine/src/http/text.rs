//! A body as text in UTF-8, by the charset that was declared for it, and how much of it can be relied on.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use http::header::{CONTENT_TYPE, HeaderMap};

use super::leniences::Leniences;
use crate::contract::http::Reading;

/// As far as browsers look for a declaration within the text.
const DECLARED_WITHIN: usize = 1_024;

/// `is_part` if more was to come: half a character at the end says nothing then.
pub(super) fn read(
    bytes: Vec<u8>,
    headers: &HeaderMap,
    is_part: bool,
    leniences: &Leniences,
) -> (Vec<u8>, Reading) {
    if bytes.is_empty() {
        return (bytes, Reading::All);
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        return decoded(&bytes[mark..], encoding, is_part, leniences);
    }
    let declared = of_content_type(headers).or_else(|| within(&bytes)).filter(|label| says_something(label));
    if let Some(label) = declared {
        return match Encoding::for_label(label.as_bytes()) {
            Some(encoding) => decoded(&bytes, encoding, is_part, leniences),
            None => {
                let label: String = label.chars().filter(|c| !c.is_control()).take(40).collect();
                (bytes, Reading::Nothing(format!("its charset `{label}` is not known")))
            }
        };
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => (bytes, Reading::All),
        Err(error) if is_part && error.error_len().is_none() => {
            let whole = error.valid_up_to();
            let mut bytes = bytes;
            bytes.truncate(whole);
            (bytes, Reading::All)
        }
        // Texts have none; UTF-16 without a mark is full of them.
        Err(_) if bytes.contains(&0) => (
            bytes,
            Reading::Nothing("it declares no charset, and is neither UTF-8 nor another text".to_owned()),
        ),
        Err(_) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
            let why = "it declares no charset and is no UTF-8";
            leniences.note(format!("{why}; read as windows-1252"));
            (text.into_owned().into_bytes(), Reading::Ascii(why.to_owned()))
        }
    }
}

fn decoded(
    bytes: &[u8],
    encoding: &'static Encoding,
    is_part: bool,
    leniences: &Leniences,
) -> (Vec<u8>, Reading) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len().saturating_mul(3));
    let mut text = String::with_capacity(room);
    let (_, _, is_malformed) = decoder.decode_to_string(bytes, &mut text, !is_part);
    // A name for a charset under which no text is read, such as iso-2022-kr.
    if encoding == encoding_rs::REPLACEMENT {
        return (
            bytes.to_vec(),
            Reading::Nothing("its charset is one that nobody reads any more".to_owned()),
        );
    }
    let name = encoding.name().to_ascii_lowercase();
    let reading = match is_malformed {
        false => Reading::All,
        true if encoding.is_ascii_compatible() => {
            let why = format!("not all of it is valid {name}");
            leniences.note(why.clone());
            Reading::Ascii(why)
        }
        true => Reading::Nothing(format!("not all of it is valid {name}")),
    };
    (text.into_bytes(), reading)
}

/// `text/html; charset="gbk"`.
fn of_content_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes()).into_owned();
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, label) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let label = label.trim().trim_matches(['"', '\'']).trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// What servers write where they know none, and what a database calls UTF-8.
fn says_something(label: &str) -> bool {
    !["none", "binary", "null", "undefined", "utf8mb3", "utf8mb4"]
        .iter()
        .any(|none| label.eq_ignore_ascii_case(none))
}

/// `<meta charset=gbk>`, `<meta ... content="text/html; charset=gbk">`, `<?xml ... encoding="gbk"?>` within the first lines.
/// A declaration that can be read as ASCII is of no charset that is not made of it.
fn within(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_WITHIN)]).to_ascii_lowercase();
    let xml = head
        .trim_start()
        .strip_prefix("<?xml")
        .and_then(|rest| value_of(rest.split("?>").next()?, "encoding"));
    let mut tags =
        head.split("<meta").skip(1).filter_map(|rest| value_of(rest.split('>').next()?, "charset"));
    let label = xml.or_else(|| tags.next())?;
    let is_wide = label.starts_with("utf-16") || label.starts_with("utf-32");
    Some(if is_wide { UTF_8.name().to_owned() } else { label })
}

fn value_of(tag: &str, name: &str) -> Option<String> {
    let after = &tag[tag.find(name)? + name.len()..];
    let value = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end =
        value.find(|c: char| matches!(c, '"' | '\'' | ';' | '/') || c.is_whitespace()).unwrap_or(value.len());
    (end > 0).then(|| value[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn reading(bytes: &[u8], content_type: &'static str, is_part: bool) -> (String, Reading) {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let (bytes, reading) = read(bytes.to_vec(), &headers, is_part, &Leniences::default());
        (String::from_utf8_lossy(&bytes).into_owned(), reading)
    }

    #[track_caller]
    fn all(bytes: &[u8], content_type: &'static str, wanted: &str) {
        let (text, reading) = reading(bytes, content_type, false);
        assert!(matches!(reading, Reading::All), "{reading:?}");
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_text_is_read_by_what_was_declared_for_it() {
        all(b"Gr\xfc\xdfe", "text/html; charset=ISO-8859-1", "Gr\u{fc}\u{df}e");
        all(b"Gr\xfc\xdfe", "text/html;Charset=\"latin1\"; x=y", "Gr\u{fc}\u{df}e");
        all(b"\xb4\xed\xce\xf3", "text/html; charset=gbk", "\u{9519}\u{8bef}");
        all(b"\xff\xfeF\0a\0i\0l\0", "text/plain", "Fail");
        all(b"\xfe\xff\0F\0a\0i\0l", "", "Fail");
        all(b"F\0a\0i\0l\0", "text/plain; charset=utf-16le", "Fail");
        all(b"\xef\xbb\xbf{}", "application/json", "{}");
        all(
            b"<html><meta charset=\"gbk\"><p>\xb4\xed",
            "text/html",
            "<html><meta charset=\"gbk\"><p>\u{9519}",
        );
        all(
            b"<META http-equiv=x content='text/html; charset=windows-1252'>\x80",
            "text/html",
            "<META http-equiv=x content='text/html; charset=windows-1252'>\u{20ac}",
        );
        all(
            b"<?xml version='1.0' encoding='iso-8859-15'?>\xa4",
            "",
            "<?xml version='1.0' encoding='iso-8859-15'?>\u{20ac}",
        );
        for content_type in
            ["", "text/html; charset=", "text/html; charset=none", "text/html; charset=UTF8MB4"]
        {
            all("Gr\u{fc}\u{df}e".as_bytes(), content_type, "Gr\u{fc}\u{df}e");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (bytes, content_type, why) in [
            (&b"x"[..], "text/html; charset=x-secret", "its charset `x-secret` is not known"),
            (b"F\0a\0i\0l\xff\0", "", "neither UTF-8 nor another text"),
            (b"\0\xd8", "text/html; charset=utf-16le", "not all of it is valid utf-16le"),
            (b"x", "text/html; charset=iso-2022-kr", "nobody reads any more"),
        ] {
            let (_, reading) = reading(bytes, content_type, false);
            assert!(matches!(&reading, Reading::Nothing(said) if said.contains(why)), "{reading:?}");
        }
        for (bytes, content_type, why) in [
            (&b"a\xffb"[..], "text/html; charset=utf-8", "not all of it is valid utf-8"),
            (b"a\xfcb", "", "it declares no charset and is no UTF-8"),
        ] {
            let (text, reading) = reading(bytes, content_type, false);
            assert!(matches!(&reading, Reading::Ascii(said) if said == why), "{reading:?}");
            assert!(text.starts_with('a') && text.ends_with('b'), "{text}");
        }
    }

    #[test]
    fn half_a_character_at_a_cut_is_no_fault_of_the_text() {
        for content_type in ["", "text/plain; charset=utf-8"] {
            let (text, read) = reading(b"abc\xc3", content_type, true);
            assert!(matches!(read, Reading::All) && text == "abc", "{read:?} {text}");
        }
    }
}
