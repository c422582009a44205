//! Results. A row begins with the number that table `checks` gives its check, so that the number can be read without
//! decoding the rest.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{CheckName, Digest, RunId};
use watchkeep_core::labels::Labels;
use watchkeep_core::time::Wall;

use super::report::OutcomeRow;
use super::{Row, body, damaged};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct ResultRowV1<'a> {
    pub(crate) check: u32,
    scheduled_at: i64,
    pub(crate) sequence: u64,
    location: &'a str,
    pub(crate) finished_at: i64,
    since: i64,
    took: Duration,
    late: Duration,
    generation: Option<[u8; 32]>,
    #[serde(borrow)]
    outcome: OutcomeRow<'a>,
    flaps: u32,
}

impl Row for ResultRowV1<'_> {
    const TABLE: &'static str = "results";
    const VERSION: u8 = 1;
}

impl<'a> ResultRowV1<'a> {
    pub(crate) fn new(result: &'a ResultRow, check: u32) -> Self {
        let ResultRow { run, sequence, location, finished_at, since, took, late, generation, outcome, flaps } =
            result;
        ResultRowV1 {
            check,
            scheduled_at: run.scheduled_at.millis(),
            sequence: *sequence,
            location,
            finished_at: finished_at.millis(),
            since: since.millis(),
            took: *took,
            late: *late,
            generation: generation.map(|digest| digest.0),
            outcome: outcome.into(),
            flaps: flaps.bits(),
        }
    }

    /// The values of one metric, with their labels.
    pub(crate) fn values_of(&self, metric: &str) -> Vec<(f64, Labels)> {
        self.outcome.values_of(metric)
    }

    /// Converts the row. `check` is the name that belongs to the number `self.check`.
    pub(crate) fn into_core(self, check: CheckName) -> ResultRow {
        ResultRow {
            run: RunId { check, scheduled_at: Wall::from_millis(self.scheduled_at) },
            sequence: self.sequence,
            location: Arc::from(self.location),
            finished_at: Wall::from_millis(self.finished_at),
            since: Wall::from_millis(self.since),
            took: self.took,
            late: self.late,
            generation: self.generation.map(Digest),
            outcome: self.outcome.into(),
            flaps: Flaps::from_bits(self.flaps),
        }
    }
}

/// The number of the check that a row is about, read without decoding the rest.
pub(crate) struct ResultHead {
    pub(crate) check: u32,
}

impl ResultHead {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let body = body::<ResultRowV1<'_>>(bytes)?;
        let (check, _) = postcard::take_from_bytes(body)
            .map_err(|error| damaged::<ResultRowV1<'_>>(&error.to_string()))?;
        Ok(Self { check })
    }
}
