//! What heartbeat checks remember of their pings.

use serde::{Deserialize, Serialize};
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::time::Wall;

use super::{Row, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct HeartbeatRow<'a> {
    ended: Option<i64>,
    #[serde(borrow)]
    started: Vec<(&'a str, i64)>,
    waits_since: Option<i64>,
    refused: Option<i64>,
}

impl Row for HeartbeatRow<'_> {
    const TABLE: &'static str = "heartbeats";
    const VERSION: u8 = 2;
}

/// The first version of the row, which does not record since when a ping has been awaited.
#[derive(Serialize, Deserialize)]
struct HeartbeatRowV1<'a> {
    ended: Option<i64>,
    #[serde(borrow)]
    started: Vec<(&'a str, i64)>,
}

impl Row for HeartbeatRowV1<'_> {
    const TABLE: &'static str = HeartbeatRow::TABLE;
    const VERSION: u8 = 1;
}

/// Reads a row of any version that was ever written.
pub(crate) fn heartbeat(bytes: &[u8]) -> Result<HeartbeatRecord, ReadError> {
    if bytes.first() == Some(&HeartbeatRowV1::VERSION) {
        let HeartbeatRowV1 { ended, started } = decode(bytes)?;
        return Ok(HeartbeatRow { ended, started, waits_since: None, refused: None }.into());
    }
    Ok(decode::<HeartbeatRow<'_>>(bytes)?.into())
}

impl<'a> From<&'a HeartbeatRecord> for HeartbeatRow<'a> {
    fn from(record: &'a HeartbeatRecord) -> Self {
        let HeartbeatRecord { ended, started, waits_since, refused } = record;
        HeartbeatRow {
            ended: ended.map(Wall::millis),
            started: started.iter().map(|(run, at)| (run.as_str(), at.millis())).collect(),
            waits_since: waits_since.map(Wall::millis),
            refused: refused.map(Wall::millis),
        }
    }
}
impl From<HeartbeatRow<'_>> for HeartbeatRecord {
    fn from(row: HeartbeatRow<'_>) -> Self {
        let started = row.started.into_iter().map(|(run, at)| (run.to_owned(), Wall::from_millis(at)));
        HeartbeatRecord {
            ended: row.ended.map(Wall::from_millis),
            started: started.collect(),
            waits_since: row.waits_since.map(Wall::from_millis),
            refused: row.refused.map(Wall::from_millis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::encode;

    #[test]
    fn a_row_of_the_version_before_is_read_without_what_it_did_not_know() {
        let row = HeartbeatRowV1 { ended: Some(7), started: vec![("run-1", 8)] };
        let record = HeartbeatRecord {
            ended: Some(Wall::from_millis(7)),
            started: vec![("run-1".to_owned(), Wall::from_millis(8))],
            ..HeartbeatRecord::default()
        };
        assert_eq!(heartbeat(&encode(&row)).unwrap(), record);
        assert_eq!(heartbeat(&encode(&HeartbeatRow::from(&record))).unwrap(), record);
    }

    #[test]
    fn a_row_of_a_version_to_come_is_refused() {
        assert!(matches!(heartbeat(&[3, 0, 0]), Err(ReadError::UnknownRow { found: 3, known: 2, .. })));
    }
}
