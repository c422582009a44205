//! What the writer tells its caller, in the order in which it happened.

use std::sync::Arc;

use watchkeep_core::ids::CommitId;
use watchkeep_core::time::Wall;

#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// This commit and all before it are on disk.
    Durable(CommitId),
    /// A transaction failed, and will be tried again. Reported at the first failure and at each further one.
    Failing {
        since: Wall,
        /// The whole chain of causes in one line.
        error: Arc<str>,
        /// Commits that wait in memory.
        pending: usize,
        /// How many results were dropped since the store began to fail, because memory is bounded.
        dropped_results: u64,
    },
    /// The first transaction after a failure is on disk; its `Durable` follows.
    Recovered,
}
