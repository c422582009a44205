//! File handles of the whole machine.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::FileHandleUse;
use watchkeep_sdk::wording::value;

use crate::config::{Pair, System};
use crate::words::{finding, share_above, share_metric};

/// As good as endless: systemd sets the highest number there is.
const ENDLESS: u64 = 1 << 62;

pub(crate) fn findings(config: &System, told: &FileHandleUse) -> Vec<Finding> {
    let limits =
        Pair { warning: config.file_handles_used_warning, critical: config.file_handles_used_critical };
    let used = told.used();
    let mut complaints = Complaints::default();
    share_above(used, limits, "it is", &mut complaints);
    let opening = match told.max {
        ENDLESS.. => format!("{} file handles are in use, and the machine has no limit", told.allocated),
        max => format!("{} of {max} file handles are in use, {}", told.allocated, value(used, "ratio")),
    };
    let found = finding("file handles".to_owned(), opening, &complaints)
        .with(share_metric("system_file_handles_used", used, limits))
        .with(Metric::new("system_file_handles", told.allocated as f64, ""));
    vec![found]
}
