//! When an event was reported whose id is remembered.

use serde::{Deserialize, Serialize};

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct KnownEventRow {
    pub(crate) at: i64,
}

impl Row for KnownEventRow {
    const TABLE: &'static str = "events";
    const VERSION: u8 = 1;
}
