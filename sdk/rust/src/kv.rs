//! What a check or receiver remembers. Writes are kept only if the call ends well, together with its outcome.

use crate::backend;

pub use crate::bindings::imports::watchkeep::plugin::kv::{Entry, KvError};

pub fn get(key: &str) -> Option<Entry> {
    backend::kv_get(key)
}

/// The value as text; `None` if there is no value or it is not UTF-8.
pub fn get_text(key: &str) -> Option<String> {
    get(key).and_then(|entry| String::from_utf8(entry.value).ok())
}

/// Sets a value, and returns its new version.
pub fn set(key: &str, value: impl AsRef<[u8]>) -> Result<u64, KvError> {
    backend::kv_set(key, value.as_ref())
}

/// Sets a value if nobody has since `version` was read; with 0, only if it is absent.
pub fn compare_and_set(key: &str, version: u64, value: impl AsRef<[u8]>) -> Result<u64, KvError> {
    backend::kv_compare_and_set(key, version, value.as_ref())
}

pub fn delete(key: &str) -> Result<(), KvError> {
    backend::kv_delete(key)
}

pub fn keys(prefix: &str) -> Vec<String> {
    backend::kv_keys(prefix)
}
