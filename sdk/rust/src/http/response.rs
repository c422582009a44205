//! A response.

use std::borrow::Cow;
use std::time::Duration;

use super::Response;

impl Response {
    /// The first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// The body as text; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
    /// The time from the beginning to the last byte, including redirects.
    pub fn elapsed(&self) -> Duration {
        let before: u64 = self.redirects.iter().map(|hop| hop.timings.total).sum();
        Duration::from_nanos(before + self.timings.total)
    }
}
