//! Key-value pairs of checks, receivers and actions.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::{KvOf, KvScope};

use super::{Row, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct KvRow<'a> {
    pub(crate) version: u64,
    /// The plugin that wrote it.
    pub(crate) plugin: &'a str,
    pub(crate) value: &'a [u8],
}

impl Row for KvRow<'_> {
    const TABLE: &'static str = "kv";
    const VERSION: u8 = 2;
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KvRowV1<'a> {
    version: u64,
    value: &'a [u8],
}

impl Row for KvRowV1<'_> {
    const TABLE: &'static str = "kv";
    const VERSION: u8 = 1;
}

impl<'a> KvRow<'a> {
    /// Reads a row of this version, or of the one before, which did not record who wrote it.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ReadError> {
        match bytes.first() {
            Some(&KvRowV1::VERSION) => {
                let KvRowV1 { version, value } = decode(bytes)?;
                Ok(Self { version, plugin: "", value })
            }
            Some(_) | None => decode(bytes),
        }
    }
    /// Whether the plugin sees it.
    pub(crate) fn is_of(&self, plugin: &str) -> bool {
        self.plugin.is_empty() || self.plugin == plugin
    }
}

/// A scope as the first part of a table's key. A key has one row, whichever plugin wrote it last.
pub(crate) fn scope_key(scope: &KvScope) -> String {
    match &scope.of {
        KvOf::Check(check) => format!("c:{check}"),
        KvOf::Receiver(receiver) => format!("r:{receiver}"),
        KvOf::Action(action) => format!("a:{action}"),
    }
}
