//! What is expected of an answer over HTTP, whichever tool expects it.

use crate::draft::Draft;
use crate::span;
use crate::status::Statuses;
use crate::value::{Value, table};

/// The default of `http`.
const EXPIRY_WARNING_DAYS: u64 = 14;
const EXPIRY_DAYS_MAX: u64 = 3_650;

#[derive(Debug)]
pub(crate) struct Expect {
    pub(crate) statuses: Statuses,
    pub(crate) find: Vec<String>,
    pub(crate) find_pattern: Vec<String>,
    pub(crate) do_not_find: Vec<String>,
    pub(crate) do_not_find_pattern: Vec<String>,
    pub(crate) json: Vec<Value>,
    pub(crate) headers: Vec<Value>,
    pub(crate) versions: Vec<String>,
    /// The limit in milliseconds.
    pub(crate) slow: Option<u64>,
    /// The days before a certificate's end; 0 expects nothing.
    pub(crate) expiry_days: Option<u64>,
}

impl Expect {
    pub(crate) fn new(statuses: Statuses) -> Self {
        Self {
            statuses,
            find: Vec::new(),
            find_pattern: Vec::new(),
            do_not_find: Vec::new(),
            do_not_find_pattern: Vec::new(),
            json: Vec::new(),
            headers: Vec::new(),
            versions: Vec::new(),
            slow: None,
            expiry_days: None,
        }
    }

    /// Adds an expectation about a place in the answer's JSON.
    pub(crate) fn json(&mut self, pointer: &str, says: &str, value: Value) {
        self.json.push(table([("pointer", Value::from(pointer)), (says, value)]));
    }

    pub(crate) fn slower_than(&mut self, millis: u64) {
        self.slow = Some(self.slow.map_or(millis, |other| other.min(millis)));
    }

    pub(crate) fn write(self, draft: &mut Draft, is_head: bool) {
        match self.statuses.value() {
            _ if self.statuses.is_default() => {}
            Some(value) => draft.config("expect_status", value),
            None => draft.lost("what it expects of the status: no code can be all of it"),
        }
        let texts = [
            ("find", self.find),
            ("find_pattern", self.find_pattern),
            ("do_not_find", self.do_not_find),
            ("do_not_find_pattern", self.do_not_find_pattern),
        ];
        let looks_at_body = !self.json.is_empty() || texts.iter().any(|(_, list)| !list.is_empty());
        if is_head && looks_at_body {
            draft.lost("what it expects of the body: an answer to HEAD has none");
        } else {
            for (key, list) in texts {
                one_or_many(draft, key, list);
            }
            if !self.json.is_empty() {
                draft.config("json", Value::List(self.json));
            }
        }
        if !self.headers.is_empty() {
            draft.config("expect_header", Value::List(self.headers));
        }
        one_or_many(draft, "expect_http_version", self.versions);
        if let Some(slow) = self.slow {
            draft.config("response_time_critical", span::write(slow.max(1)));
        }
        expiry(draft, "tls_", self.expiry_days);
    }
}

/// Sets the expiry of certificates, in the keys of a plugin that begin with `front`.
pub(crate) fn expiry(draft: &mut Draft, front: &str, days: Option<u64>) {
    let Some(days) = days.map(|days| days.min(EXPIRY_DAYS_MAX)) else { return };
    if days == 0 || days > EXPIRY_WARNING_DAYS {
        draft.config(&format!("{front}expiry_warning_days"), 0_i64);
    }
    draft.config(&format!("{front}expiry_critical_days"), days as i64);
}

pub(crate) fn one_or_many(draft: &mut Draft, key: &str, mut list: Vec<String>) {
    list.dedup();
    match list.len() {
        0 => {}
        1 => draft.config(key, list.swap_remove(0)),
        _ => draft.config(key, list),
    }
}

/// A JSON pointer for `a.b[0]`, `.a`, `[0].b`, `$.a['b']`; `None` for a path that selects several places.
pub(crate) fn pointer(path: &str) -> Option<String> {
    let mut rest = path.trim().strip_prefix('$').unwrap_or(path.trim());
    let mut pointer = String::new();
    let mut is_first = true;
    while !rest.is_empty() {
        let part = if let Some(inner) = rest.strip_prefix('[') {
            let (part, after) = inner.split_once(']')?;
            rest = after;
            let quoted = part.strip_prefix(['\'', '"']).and_then(|part| part.strip_suffix(['\'', '"']));
            match quoted {
                Some(part) => part,
                None if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => part,
                None => return None,
            }
        } else {
            let named = match rest.strip_prefix('.') {
                Some(named) => named,
                None if is_first => rest,
                None => return None,
            };
            let end = named.find(['.', '[']).unwrap_or(named.len());
            rest = &named[end..];
            &named[..end]
        };
        if part.is_empty() || part.contains(|c: char| "*?()|&{}$^%:=<>@".contains(c) || c.is_control()) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        is_first = false;
    }
    Some(pointer)
}

/// A value as a person wrote it: a number or a boolean is one, everything else is a text.
pub(crate) fn typed(text: &str) -> Value {
    match text {
        "true" => return Value::Flag(true),
        "false" => return Value::Flag(false),
        _ => {}
    }
    let is_plain = text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
    let is_padded = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    if !is_plain || is_padded {
        return Value::Text(text.to_owned());
    }
    let whole = text.parse::<i64>().map(Value::Integer).ok();
    let float = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Float);
    whole.or_else(float).unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// Whether the plugins accept it as a regular expression, which they compile with the same library.
pub(crate) fn is_pattern(text: &str) -> bool {
    const BYTES_MAX: usize = 4_096;
    let is_short = !text.is_empty() && text.len() <= BYTES_MAX;
    is_short && regex_lite::Regex::new(text).is_ok()
}

/// The text that a regular expression matches if nothing in it is special.
pub(crate) fn literal(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(rest.next().filter(|c| c.is_ascii_punctuation())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            c => text.push(c),
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_pointer_unless_it_chooses() {
        for (path, expected) in [
            ("", Some("")),
            ("$", Some("")),
            (".status", Some("/status")),
            ("data[0].id", Some("/data/0/id")),
            ("[0].name", Some("/0/name")),
            ("$.a['b.c'].d", Some("/a/b.c/d")),
            (".a/b", Some("/a~1b")),
            ("a..b", None),
            ("$sum(a)", None),
            ("a[*]", None),
            ("a[b=1]", None),
            ("a[", None),
        ] {
            assert_eq!(pointer(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn patterns_are_those_that_a_plugin_takes() {
        for pattern in ["^a.*b$", "(?i)up|on", "[a-z\\[]+", "\\d{3}", "[[:alpha:]]", "\\x{41}"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for pattern in ["", "(", "(?=a)", "\\p{L}"] {
            assert!(!is_pattern(pattern), "{pattern}");
        }
    }

    #[test]
    fn values_have_the_type_that_json_gives_them() {
        assert_eq!(typed("200"), Value::Integer(200));
        assert_eq!(typed("-1.5"), Value::Float(-1.5));
        assert_eq!(typed("true"), Value::Flag(true));
        for text in ["UP", "007", "1.2.3", "", "-", "1e999"] {
            assert_eq!(typed(text), Value::Text(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_pattern_without_anything_special_is_a_text() {
        assert_eq!(literal("Download now"), Some("Download now".to_owned()));
        assert_eq!(literal("a\\.b"), Some("a.b".to_owned()));
        for pattern in ["", "a.*b", "^a", "\\d", "a|b"] {
            assert_eq!(literal(pattern), None, "{pattern}");
        }
    }
}
