//! Telegram's HTML: a few tags, properly nested, and escapes. What is shown is what is left.

const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "code",
    "pre",
    "blockquote",
];

/// The text without its tags, or what Telegram finds wrong and at which byte.
pub(super) fn plain(html: &str) -> Result<String, String> {
    let mut shown = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(first) = rest.chars().next() {
        let at = html.len() - rest.len();
        if let Some((character, after)) = escape(rest) {
            shown.push(character);
            rest = after;
        } else if let Some(end) = rest.strip_prefix("</") {
            rest = end_tag(end, at, &mut open)?;
        } else if let Some(start) = rest.strip_prefix('<') {
            rest = start_tag(start, at, html.len(), &mut open)?;
        } else {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    match open.pop() {
        Some(name) => Err(format!("Can't find end tag corresponding to start tag \"{name}\"")),
        None => Ok(shown),
    }
}

/// One of four names, or a number. Any other `&` is itself.
fn escape(text: &str) -> Option<(char, &str)> {
    let (name, after) = text.strip_prefix('&')?.split_once(';')?;
    let number = |digits: &str, radix: u32| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(hex) => number(hex, 16)?,
            None => number(name.strip_prefix('#')?, 10)?,
        },
    };
    Some((character, after))
}

fn end_tag<'a>(text: &'a str, at: usize, open: &mut Vec<String>) -> Result<&'a str, String> {
    let expected = open.pop().ok_or_else(|| format!("Unexpected end tag at byte offset {at}"))?;
    let (found, after) = name(text);
    let found = found.to_ascii_lowercase();
    let after = after.trim_start().strip_prefix('>');
    let after = after.ok_or_else(|| format!("Unclosed end tag at byte offset {at}"))?;
    if !found.is_empty() && found != expected {
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{expected}>\", found \"</{found}>\""
        ));
    }
    Ok(after)
}

/// `whole` is where all of the text ends.
fn start_tag<'a>(text: &'a str, at: usize, whole: usize, open: &mut Vec<String>) -> Result<&'a str, String> {
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let (tag, mut rest) = name(text);
    if rest.is_empty() {
        return Err(unclosed());
    }
    let tag = tag.to_ascii_lowercase();
    if !TAGS.contains(&tag.as_str()) {
        return Err(format!("Unsupported start tag \"{tag}\" at byte offset {at}"));
    }
    let mut is_spoiler = false;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            if tag == "span" && !is_spoiler {
                return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"));
            }
            open.push(tag);
            return Ok(after);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || "=>".contains(c)).unwrap_or(rest.len());
        let attribute = &rest[..end];
        if attribute.is_empty() && !rest.is_empty() {
            return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {at}"));
        }
        let after = rest[end..].trim_start();
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else {
            if after.is_empty() {
                return Err(format!("Unclosed start tag \"{tag}\" at byte offset {at}"));
            }
            rest = after;
            continue;
        };
        let quoted = ['"', '\''].iter().find_map(|quote| Some((*quote, value.strip_prefix(*quote)?)));
        let (value, after) = match quoted {
            Some((quote, inner)) => inner.split_once(quote).ok_or_else(unclosed)?,
            None => {
                let ends = |c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c));
                let end = value.find(ends).ok_or_else(unclosed)?;
                if !value[end..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>') {
                    let token = whole - value.len();
                    return Err(format!("Unexpected end of name token at byte offset {token}"));
                }
                value.split_at(end)
            }
        };
        is_spoiler |= attribute == "class" && value == "tg-spoiler";
        rest = after;
    }
}

/// Up to a space or the tag's end.
fn name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len()))
}
