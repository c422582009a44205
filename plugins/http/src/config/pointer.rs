//! JSON pointers (RFC 6901), checked when the config is read.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// Empty for the whole document, or `/a/0/b`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pointer(String);

impl Pointer {
    pub(crate) fn look<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        document.pointer(&self.0)
    }
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Config for Pointer {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"json-pointer","pattern":"^(/([^~/]|~[01])*)*$","x-watchkeep-hint":"write it as `/status` or `/items/0/name`; a `~` in a name is `~0`, a `/` is `~1`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        if !text.is_empty() && !text.starts_with('/') {
            return problems.add(place, format!("`{text}` is no JSON pointer; hint: write `/{text}`"));
        }
        let mut tildes = text.match_indices('~');
        if tildes.any(|(at, _)| !matches!(text.as_bytes().get(at + 1), Some(b'0' | b'1'))) {
            return problems.add(place, format!("`{text}`: `~` in a JSON pointer is written `~0`"));
        }
        Some(Pointer(text))
    }
}
