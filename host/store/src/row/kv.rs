//! Key-value pairs of checks and receivers.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::KvScope;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct KvRow<'a> {
    pub(crate) version: u64,
    pub(crate) value: &'a [u8],
}

impl Row for KvRow<'_> {
    const TABLE: &'static str = "kv";
    const VERSION: u8 = 1;
}

/// A scope as the first part of a table's key.
pub(crate) fn scope_key(scope: &KvScope) -> String {
    match scope {
        KvScope::Check(check) => format!("c:{check}"),
        KvScope::Receiver(receiver) => format!("r:{receiver}"),
    }
}
