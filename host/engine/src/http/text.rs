//! A body as text in UTF-8, by the charset that was declared for it, and how much of it can be relied on.

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use http::header::{CONTENT_TYPE, HeaderMap};

use super::leniences::Leniences;
use super::mask::{self, Mask};
use crate::call::{OverBudget, Pace};
use crate::contract::http::Reading;

/// How far browsers look for a declaration within the text.
const DECLARED_WITHIN: usize = 1_024;
/// How much of a name is shown in a sentence.
const LABEL_CHARS_MAX: usize = 40;
/// How many bytes are converted at once.
const PIECE_BYTES: usize = 64 << 10;

/// How a body is read.
pub(super) enum Charset {
    /// It is UTF-8 already.
    Utf8,
    Other(Other),
    /// It cannot be read as text, for this reason.
    None(String),
}

pub(super) struct Other {
    encoding: &'static Encoding,
    /// The size of the byte order mark before it.
    mark: usize,
    /// Why it is not certain that this is the charset.
    doubt: Option<&'static str>,
}

/// The result of converting a text from another charset.
pub(super) struct Converted {
    pub(super) text: String,
    /// How much of the text was made from the part that the guest gets.
    pub(super) at: usize,
    pub(super) reading: Reading,
}

/// The charset of a body. With `is_part` more was to come, so half a character at the end means nothing.
pub(super) fn charset(bytes: &[u8], headers: &HeaderMap, is_part: bool, mask: &Mask) -> Charset {
    if bytes.is_empty() {
        return Charset::Utf8;
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Charset::Other(Other { encoding, mark, doubt: None });
    }
    let declared = of_content_type(headers).or_else(|| within(bytes)).filter(|label| says_something(label));
    if let Some(label) = declared {
        return match Encoding::for_label(label.as_bytes()) {
            // A charset in which no text is read, such as iso-2022-kr.
            Some(encoding) if encoding == encoding_rs::REPLACEMENT => {
                Charset::None("its charset is one that nobody reads any more".to_owned())
            }
            Some(encoding) => Charset::Other(Other { encoding, mark: 0, doubt: None }),
            None => {
                // Masked before it is cut.
                let label = mask.for_guest(label);
                let label: String = label.chars().filter(|c| !c.is_control()).take(LABEL_CHARS_MAX).collect();
                Charset::None(format!("its charset `{label}` is not known"))
            }
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Charset::Utf8,
        Err(error) if is_part && error.error_len().is_none() => Charset::Utf8,
        // Texts have no zeros; UTF-16 without a mark is full of them.
        Err(_) if bytes.contains(&0) => {
            Charset::None("it declares no charset, and is neither UTF-8 nor another text".to_owned())
        }
        Err(_) => {
            let doubt = Some("it declares no charset and is not UTF-8");
            Charset::Other(Other { encoding: WINDOWS_1252, mark: 0, doubt })
        }
    }
}

/// Removes half a character from the end of a text in UTF-8 that was cut.
pub(super) fn end_with_a_letter(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
}

impl Other {
    /// Converts `bytes` without those at `hidden`. Those up to `at` are for the guest; the rest is converted too, to be
    /// searched for secrets.
    pub(super) async fn read(
        &self,
        bytes: &[u8],
        at: usize,
        hidden: Vec<Range<usize>>,
        is_part: bool,
        leniences: &Leniences,
        pace: &mut Pace,
    ) -> Result<Converted, OverBudget> {
        let hidden = self.of_whole_letters(hidden, bytes.len());
        let at = hidden.iter().find(|span| span.start < at && at < span.end).map_or(at, |span| span.end);
        let (before, behind) = hidden.split_at(hidden.partition_point(|span| span.start < at));
        let behind: Vec<_> = behind.iter().map(|span| span.start - at..span.end - at).collect();
        let handed = mask::without_as(&bytes[..at], before, self.stars());
        let beyond = mask::without_as(&bytes[at..], &behind, self.stars());
        let mut decoder = self.encoding.new_decoder_without_bom_handling();
        let (mut text, mut is_malformed, mut end) = (String::new(), false, 0);
        let handed = handed.get(self.mark..).unwrap_or_default();
        for (part, is_handed) in [(handed, true), (beyond.as_slice(), false)] {
            for piece in part.chunks(PIECE_BYTES) {
                is_malformed |= convert(&mut decoder, piece, &mut text, false) && is_handed;
                pace.step().await?;
            }
            if is_handed && !is_part {
                is_malformed |= convert(&mut decoder, &[], &mut text, true);
            }
            end = if is_handed { text.len() } else { end };
        }
        Ok(Converted { text, at: end, reading: self.reading(is_malformed, leniences) })
    }

    fn reading(&self, is_malformed: bool, leniences: &Leniences) -> Reading {
        let name = self.encoding.name().to_ascii_lowercase();
        match (self.doubt, is_malformed) {
            (Some(doubt), _) => {
                leniences.note(format!("{doubt}; read as {name}"));
                Reading::Ascii(doubt.to_owned())
            }
            (None, false) => Reading::All,
            (None, true) => {
                let why = format!("not all of it is valid {name}");
                if !self.encoding.is_ascii_compatible() {
                    return Reading::Nothing(why);
                }
                leniences.note(why.clone());
                Reading::Ascii(why)
            }
        }
    }

    /// What replaces a secret, in this charset.
    fn stars(&self) -> &'static [u8] {
        if self.encoding == UTF_16LE {
            b"*\0*\0*\0"
        } else if self.encoding == UTF_16BE {
            b"\0*\0*\0*"
        } else {
            mask::MASKED
        }
    }

    /// Extends spans to whole characters: half a character would change all that follow.
    fn of_whole_letters(&self, spans: Vec<Range<usize>>, len: usize) -> Vec<Range<usize>> {
        if self.stars() == mask::MASKED {
            return spans;
        }
        let whole = |span: Range<usize>| span.start & !1..span.end.next_multiple_of(2).min(len);
        mask::merged(spans.into_iter().map(whole).collect())
    }
}

/// Converts a piece. Returns whether some of it was invalid in this charset.
fn convert(decoder: &mut encoding_rs::Decoder, piece: &[u8], text: &mut String, is_last: bool) -> bool {
    let room = decoder.max_utf8_buffer_length(piece.len());
    text.reserve(room.unwrap_or(piece.len().saturating_mul(3)));
    let (_, _, is_malformed) = decoder.decode_to_string(piece, text, is_last);
    is_malformed
}

/// `text/html; charset="gbk"`.
fn of_content_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes()).into_owned();
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, label) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let label = label.trim().trim_matches(['"', '\'']).trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// Whether a label means something. Some servers write one although they know none, and a database has its own name for
/// UTF-8.
fn says_something(label: &str) -> bool {
    !["none", "binary", "null", "undefined", "utf8mb3", "utf8mb4"]
        .iter()
        .any(|none| label.eq_ignore_ascii_case(none))
}

/// The charset declared within the first lines: `<meta charset=gbk>`, `<meta ... content="text/html; charset=gbk">`,
/// `<?xml ... encoding="gbk"?>`. A declaration that can be read as ASCII cannot be for a charset that is not based on
/// ASCII.
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

    use super::super::body::{Extent, Stretch};
    use super::super::shown::{Codings, Form, Wish, shown};
    use super::*;

    /// As a guest gets it that no secret is kept from.
    fn reading(bytes: &[u8], content_type: &'static str, is_part: bool) -> (String, Reading) {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let extent = if is_part { Extent::Part } else { Extent::Whole };
        let stretch = Stretch { bytes: bytes.to_vec(), extent };
        // Room for each in UTF-8.
        let wish = Wish { cap: bytes.len() * 3, codings: Codings::Undone, form: Form::Text };
        let (mask, leniences) = (Mask::default(), Leniences::default());
        let mut pace = Pace::unhurried();
        let shown = shown(stretch, &headers, &wish, (&mask, &leniences), &mut pace);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let shown = runtime.block_on(shown).unwrap();
        (String::from_utf8_lossy(&shown.bytes).into_owned(), shown.reading)
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
            (b"a\xfcb", "", "it declares no charset and is not UTF-8"),
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
