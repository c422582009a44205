//! When a delivery may start: once its commit is durable, or without it when the store has failed for long. People must
//! still be told when the disk is full. The dedup keys are the same, so a repeat after a restart is harmless where a
//! service knows such a key.

use std::time::Duration;

use crate::ids::CommitId;

/// How long the store may fail before notifications leave without it.
pub const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Whether a delivery may start. `durable` is the last commit that is on disk, `failing_for` how long commits have
/// failed.
pub fn may_leave(after: CommitId, durable: CommitId, failing_for: Option<Duration>) -> bool {
    after <= durable || failing_for.is_some_and(|span| span >= STORE_PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_before_its_commit_unless_the_store_has_failed_for_long() {
        let (early, late) = (CommitId(4), CommitId(5));
        assert!(may_leave(early, early, None));
        assert!(!may_leave(late, early, None));
        assert!(!may_leave(late, early, Some(STORE_PATIENCE - Duration::from_millis(1))));
        assert!(may_leave(late, early, Some(STORE_PATIENCE)));
    }
}
