//! JSON pointers (RFC 6901), checked when the config is read.

use super::{Config, Place, Problems, Schema, Value};

/// A JSON pointer: empty for the whole document, or such as `/a/0/b`.
///
/// ```
/// use watchkeep_sdk::config::{self, Pointer, Value};
///
/// let pointer: Pointer = config::parse(r#""/queues/0/length""#).unwrap();
/// let document: Value = config::parse(r#"{"queues": [{"length": 3}]}"#).unwrap();
/// assert_eq!(pointer.look(&document), Some(&Value::from(3)));
/// assert!(config::parse::<Pointer>(r#""queues""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pointer {
    written: String,
    steps: Vec<String>,
}

impl Pointer {
    /// The value that it points to.
    pub fn look<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        let mut found = document;
        for step in &self.steps {
            found = match found {
                Value::Object(members) => members.get(step)?,
                Value::Array(items) => items.get(index(step)?)?,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            };
        }
        Some(found)
    }
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

/// An index, without a sign and without leading zeros.
fn index(step: &str) -> Option<usize> {
    let is_plain = step == "0" || step.bytes().next().is_some_and(|first| matches!(first, b'1'..=b'9'));
    if is_plain { step.parse().ok() } else { None }
}

impl Config for Pointer {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"json-pointer","pattern":"^(/([^~/]|~[01])*)*$","x-watchkeep-hint":"write it as `/status` or `/items/0/name`; a `~` in a name is `~0`, a `/` is `~1`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let written = String::read(value, place, problems)?;
        let mut steps: Vec<String> = Vec::new();
        let mut letters = written.chars();
        while let Some(letter) = letters.next() {
            let letter = match letter {
                '/' => {
                    steps.push(String::new());
                    continue;
                }
                '~' => match letters.next() {
                    Some('0') => '~',
                    Some('1') => '/',
                    Some(_) | None => {
                        let message = format!("`{written}`: `~` in a JSON pointer is written `~0`");
                        return problems.add(place, message);
                    }
                },
                other => other,
            };
            match steps.last_mut() {
                Some(step) => step.push(letter),
                None => {
                    let message = format!("`{written}` is not a JSON pointer; hint: write `/{written}`");
                    return problems.add(place, message);
                }
            }
        }
        Some(Pointer { written, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn pointers_lead_where_rfc_6901_says() {
        let document: Value =
            parse(r#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9, "é": {"x": [[5]]}}"#)
                .unwrap();
        let look = |pointer: &str| {
            let pointer: Pointer = parse(&format!("{pointer:?}")).unwrap();
            let expected = document.pointer(pointer.as_str()).cloned();
            assert_eq!(pointer.look(&document).cloned(), expected, "{}", pointer.as_str());
            expected
        };
        for there in ["", "/foo", "/foo/0", "/", "/a~1b", "/m~0n", "/~01", "/é/x/0/0"] {
            assert!(look(there).is_some(), "{there}");
        }
        for not_there in [
            "/foo/2",
            "/foo/01",
            "/foo/+1",
            "/foo/-",
            "/foo/bar",
            "/x",
            "//",
            "/foo/0/0",
            "/foo/99999999999999999999",
        ] {
            assert_eq!(look(not_there), None, "{not_there}");
        }
        for wrong in ["foo", "/a~b", "/a~", "~0"] {
            assert!(parse::<Pointer>(&format!("{wrong:?}")).is_err(), "{wrong}");
        }
    }
}
