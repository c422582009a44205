//! `{{name}}` in what a later step sends, and how a captured value gets there: as what its place takes, so that a hostile one
//! cannot break out of it.

use watchkeep_sdk::config::{Value, parse, text};

const OPENS: &str = "{{";
const CLOSES: &str = "}}";

/// Letters, digits and `_`.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The parts before a place, and the name in it; what stands behind the last one has none.
fn parts(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut parts = Vec::new();
    let (mut begin, mut from) = (0, 0);
    while let Some(at) = text[from..].find(OPENS).map(|at| from + at) {
        let inner = &text[at + OPENS.len()..];
        let name = inner.find(CLOSES).map(|end| &inner[..end]).filter(|name| is_name(name));
        match name {
            Some(name) => {
                parts.push((&text[begin..at], Some(name)));
                begin = at + OPENS.len() + name.len() + CLOSES.len();
                from = begin;
            }
            // Braces of the text itself.
            None => from = at + 1,
        }
    }
    parts.push((&text[begin..], None));
    parts
}

pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|(_, name)| name)
}

/// What a value is written into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notation {
    Url,
    /// A header, a field of a form (which is encoded later), or a text of which nothing is known.
    Plain,
    Form,
    Json,
    Markup,
}

impl Notation {
    /// The notation of a body, from the type that it is declared to have, or from how it begins.
    pub(crate) fn of_body(body: &str, kind: Option<&str>) -> Self {
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        let begins = body.trim_start().chars().next();
        match begins {
            _ if kind.contains("json") => Notation::Json,
            _ if kind.contains("x-www-form-urlencoded") => Notation::Form,
            _ if kind.contains("xml") => Notation::Markup,
            Some('{' | '[' | '"') => Notation::Json,
            Some('<') => Notation::Markup,
            _ => Notation::Plain,
        }
    }

    /// `before` is what stands before the place.
    fn written(self, before: &str, value: &str) -> Option<String> {
        match self {
            Notation::Plain => Some(value.to_owned()),
            Notation::Url | Notation::Form => Some(encoded(value)),
            Notation::Markup => Some(marked_up(value)),
            Notation::Json if is_in_string(before) => {
                let json = text(&Value::from(value));
                Some(json.get(1..json.len() - 1)?.to_owned())
            }
            // A number or a word of JSON; whatever else would be more than a value.
            Notation::Json => match parse::<Value>(value).ok()? {
                Value::Number(_) | Value::Bool(_) | Value::Null => Some(value.trim().to_owned()),
                Value::String(_) | Value::Array(_) | Value::Object(_) => None,
            },
        }
    }
}

/// The text with its values; the name of one that does not fit is the error.
pub(crate) fn filled(
    template: &str,
    notation: Notation,
    values: &[(String, String)],
) -> Result<String, String> {
    let mut filled = String::new();
    for (before, name) in parts(template) {
        filled.push_str(before);
        let Some(name) = name else { break };
        let value = values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match value.and_then(|value| notation.written(&filled, value)) {
            Some(written) => filled.push_str(&written),
            None => return Err(name.to_owned()),
        }
    }
    Ok(filled)
}

/// All but letters, digits and `-._~` by percent signs.
pub(crate) fn encoded(value: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

fn marked_up(value: &str) -> String {
    let mut marked = String::new();
    for c in value.chars() {
        match c {
            '&' => marked.push_str("&amp;"),
            '<' => marked.push_str("&lt;"),
            '>' => marked.push_str("&gt;"),
            '"' => marked.push_str("&quot;"),
            '\'' => marked.push_str("&#39;"),
            c => marked.push(c),
        }
    }
    marked
}

/// Whether a string of JSON is open at the end of this.
fn is_in_string(json: &str) -> bool {
    let (mut is_in, mut is_escaped) = (false, false);
    for c in json.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_in => is_escaped = true,
            '"' => is_in = !is_in,
            _ => {}
        }
    }
    is_in
}
