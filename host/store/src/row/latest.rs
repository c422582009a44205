//! Where the newest result of each check is: written now and then, so that a start need not look far back.

use serde::{Deserialize, Serialize};

use super::Row;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LatestEntry {
    pub(crate) check: u32,
    pub(crate) millis: i64,
    pub(crate) sequence: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LatestRow {
    pub(crate) entries: Vec<LatestEntry>,
}

impl Row for LatestRow {
    const TABLE: &'static str = "latest";
    const VERSION: u8 = 1;
}
