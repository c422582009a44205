//! What the core knows of each plugin: whether it is there, and which checks it fails (rule A2).

use std::collections::BTreeSet;

use crate::ids::CheckName;
use crate::outcome::FailureReason;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Presence {
    #[default]
    There,
    Gone,
}

#[derive(Debug, Default)]
pub(crate) struct Plugin {
    pub(crate) presence: Presence,
    /// Checks with `FAILURES_TO_TELL` failures in a row.
    pub(crate) failing: BTreeSet<CheckName>,
}

/// After this many failures of one check in a row, the plugin's owner is told.
pub(crate) const FAILURES_TO_TELL: u32 = 3;

/// Whether a failure counts against the plugin. `inconclusive` means that the plugin did its work and got no clear
/// answer, and a failure of the host is not the plugin's.
pub(crate) fn blames_plugin(reason: FailureReason) -> bool {
    match reason {
        FailureReason::Inconclusive | FailureReason::Host => false,
        FailureReason::Trap
        | FailureReason::CpuTime
        | FailureReason::WallTime
        | FailureReason::Memory
        | FailureReason::Limit
        | FailureReason::Denied
        | FailureReason::Config
        | FailureReason::Fault
        | FailureReason::InvalidReport
        | FailureReason::NoPlugin => true,
    }
}
