//! Where a service's API begins.

use super::{Config, Place, Problems, Schema, Value, read_url};

/// An absolute HTTP URL to which paths are appended: without a query, a fragment and a slash at the end.
///
/// ```
/// use watchkeep_sdk::config::{BaseUrl, parse};
///
/// let url = parse::<BaseUrl>(r#""https://api.example.com/v1/""#).unwrap();
/// assert_eq!(url.join("/tests"), "https://api.example.com/v1/tests");
/// assert_eq!(url.host(), "api.example.com");
/// assert!(parse::<BaseUrl>(r#""api.example.com""#).is_err());
/// assert!(parse::<BaseUrl>(r#""https://api.example.com/?page=1""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The host, with its port if it has one.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }
    /// The URL with this path after it, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
    /// The URL without this at its end, which people write although it is appended anyway.
    #[must_use]
    pub fn without(mut self, end: &str) -> Self {
        if let Some(bare) = self.0.strip_suffix(end) {
            self.0.truncate(bare.len());
        }
        self
    }
}

impl Config for BaseUrl {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^https?://[^/?#\\s]+[^?#\\s]*$","x-watchkeep-hint":"write where it is, such as `https://api.example.com`, without a query""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = read_url(String::read(value, place, problems)?, place, problems)?;
        if url.contains(['?', '#']) {
            return problems
                .add(place, format!("`{url}` has a query or a fragment; hint: write what stands before it"));
        }
        Some(BaseUrl(url.trim_end_matches('/').to_owned()))
    }
}
