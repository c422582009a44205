//! What heartbeat checks remember of their pings.

use serde::{Deserialize, Serialize};
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct HeartbeatRow<'a> {
    ended: Option<i64>,
    #[serde(borrow)]
    started: Vec<(&'a str, i64)>,
}

impl Row for HeartbeatRow<'_> {
    const TABLE: &'static str = "heartbeats";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a HeartbeatRecord> for HeartbeatRow<'a> {
    fn from(record: &'a HeartbeatRecord) -> Self {
        let HeartbeatRecord { ended, started } = record;
        HeartbeatRow {
            ended: ended.map(Wall::millis),
            started: started.iter().map(|(run, at)| (run.as_str(), at.millis())).collect(),
        }
    }
}
impl From<HeartbeatRow<'_>> for HeartbeatRecord {
    fn from(row: HeartbeatRow<'_>) -> Self {
        let started = row.started.into_iter().map(|(run, at)| (run.to_owned(), Wall::from_millis(at)));
        HeartbeatRecord { ended: row.ended.map(Wall::from_millis), started: started.collect() }
    }
}
