//! Attachments of a report as rows of snapshots.

use watchkeep_core::commit::{AcceptedSnapshot, ResultRow};
use watchkeep_core::outcome::Outcome;

use super::Session;
use crate::error::WriteError;
use crate::row::{PlaceRow, ReferenceRow, SnapshotRow, encode};

impl Session<'_, '_> {
    pub(super) fn snapshots(&mut self, result: &ResultRow) -> Result<(), WriteError> {
        let Outcome::Report(report) = &result.outcome else { return Ok(()) };
        let (check, at, sequence) = (result.run.check.as_str(), result.finished_at.millis(), result.sequence);
        for (index, attachment) in (0..).zip(&report.attachments) {
            let series = attachment.series.as_deref().unwrap_or("");
            let row = encode(&SnapshotRow::from(attachment));
            self.tables.snapshots()?.insert((check, series, at, sequence, index), row.as_slice())?;
            let place = encode(&PlaceRow {
                check,
                series,
                at,
                size_bytes: attachment.size_bytes,
                digest: attachment.digest.0,
            });
            self.tables.snapshot_places()?.insert((sequence, index), place.as_slice())?;
            self.tables.snapshot_digests()?.insert((attachment.digest.0, sequence, index), ())?;
        }
        Ok(())
    }

    pub(super) fn accept_snapshot(&mut self, accepted: &AcceptedSnapshot) -> Result<(), WriteError> {
        let row = encode(&ReferenceRow::from(accepted));
        let key = (accepted.check.as_str(), accepted.series.as_str());
        self.tables.snapshot_references()?.insert(key, row.as_slice())?;
        Ok(())
    }
}
