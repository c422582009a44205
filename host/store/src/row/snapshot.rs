//! Snapshots: attachments by series, by age, and by their bytes.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::AcceptedSnapshot;
#[cfg(test)]
use watchkeep_core::ids::CheckName;
use watchkeep_core::ids::Digest;
use watchkeep_core::report::Attachment;
#[cfg(test)]
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct SnapshotRow<'a> {
    pub(crate) name: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) size_bytes: u64,
    digest: [u8; 32],
}

impl Row for SnapshotRow<'_> {
    const TABLE: &'static str = "snapshots";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Attachment> for SnapshotRow<'a> {
    fn from(attachment: &'a Attachment) -> Self {
        let Attachment { name, media_type, size_bytes, digest, series: _ } = attachment;
        SnapshotRow { name, media_type, size_bytes: *size_bytes, digest: digest.0 }
    }
}

impl SnapshotRow<'_> {
    pub(crate) fn digest(&self) -> Digest {
        Digest(self.digest)
    }
}

/// Where a snapshot is, for finding it by age or by its bytes. An empty series stands for none.
#[derive(Serialize, Deserialize)]
pub(crate) struct PlaceRow<'a> {
    pub(crate) check: &'a str,
    pub(crate) series: &'a str,
    pub(crate) at: i64,
    pub(crate) size_bytes: u64,
    pub(crate) digest: [u8; 32],
}

impl Row for PlaceRow<'_> {
    const TABLE: &'static str = "snapshot_places";
    const VERSION: u8 = 1;
}

/// The picture that a reviewer accepted for comparison; kept for good.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReferenceRow<'a> {
    pub(crate) at: i64,
    #[serde(borrow)]
    pub(crate) snapshot: SnapshotRow<'a>,
}

impl<'a> From<&'a AcceptedSnapshot> for ReferenceRow<'a> {
    fn from(accepted: &'a AcceptedSnapshot) -> Self {
        let AcceptedSnapshot { check: _, series: _, at, name, media_type, size_bytes, digest } = accepted;
        let snapshot = SnapshotRow { name, media_type, size_bytes: *size_bytes, digest: digest.0 };
        ReferenceRow { at: at.millis(), snapshot }
    }
}

impl ReferenceRow<'_> {
    #[cfg(test)]
    pub(crate) fn into_core(self, check: CheckName, series: String) -> AcceptedSnapshot {
        AcceptedSnapshot {
            check,
            series,
            at: Wall::from_millis(self.at),
            name: self.snapshot.name.to_owned(),
            media_type: self.snapshot.media_type.to_owned(),
            size_bytes: self.snapshot.size_bytes,
            digest: self.snapshot.digest(),
        }
    }
}

impl Row for ReferenceRow<'_> {
    const TABLE: &'static str = "snapshot_references";
    const VERSION: u8 = 1;
}
