//! What several doubles ask of a message.

use std::time::Duration;

use serde_json::Value;

/// What is no list has no items.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether it can be an address of a page.
pub fn is_page(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace)
}

/// Seconds since the Unix epoch: a double starts when the SDK's scripted clock does.
pub fn unix_time(now: Duration) -> u64 {
    1_772_600_767 + now.as_secs()
}
