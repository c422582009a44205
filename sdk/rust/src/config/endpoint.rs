//! A URL, or a secret that is one.

use super::{Config, Place, Problems, Schema, Secret, Value};

/// A URL, written `"https://..."`, or `{ secret = "NAME" }` if the URL itself must not be seen.
///
/// ```
/// use watchkeep_sdk::config::{self, Endpoint};
///
/// let url: Endpoint = config::parse(r#""https://example.com/hook""#).unwrap();
/// assert_eq!(url, Endpoint::Url("https://example.com/hook".to_owned()));
/// assert!(config::parse::<Endpoint>(r#""example.com/hook""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    Url(String),
    Secret(Secret),
}

impl Config for Endpoint {
    const SCHEMA: Schema = Schema::AnyOf(&[
        &Schema::TextLike {
            json: r#""format":"uri","pattern":"^https?://[^/?#\\s]+[^\\s]*$","x-watchkeep-hint":"write a whole URL, such as `https://example.com/status`""#,
        },
        &Schema::Secret,
    ]);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(url) => read_url(url, place, problems).map(Endpoint::Url),
            other => Secret::read(other, place, problems).map(Endpoint::Secret),
        }
    }
}

/// Reads an absolute HTTP URL.
pub fn read_url(url: String, place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match rest {
        Some(rest)
            if !rest.is_empty()
                && !rest.starts_with(['/', '?', '#'])
                && !url.contains(char::is_whitespace) =>
        {
            Some(url)
        }
        Some(_) => problems.add(place, format!("`{url}` names no host")),
        None => problems.add(place, format!("`{url}` must begin with `http://` or `https://`")),
    }
}
