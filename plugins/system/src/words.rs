//! What all parts say alike.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::value;

use crate::config::Pair;

/// A share from 0 to 1 against percentages: complains if it is above one of them.
pub(crate) fn share_above(share: f64, limits: Pair<f64>, said: &str, complaints: &mut Complaints) {
    let Pair { warning, critical } = limits;
    if share * 100.0 > critical {
        complaints.critical(format!("{said} more than {}", percent(critical)));
    } else if share * 100.0 > warning {
        complaints.warning(format!("{said} more than {}", percent(warning)));
    }
}

pub(crate) fn percent(limit: f64) -> String {
    value(limit / 100.0, "ratio")
}

/// A share as a metric, with percentages as its thresholds.
pub(crate) fn share_metric(name: &str, share: f64, limits: Pair<f64>) -> Metric {
    let metric = Metric::new(name, share, "ratio");
    metric.warning(Range::at_most(limits.warning / 100.0)).critical(Range::at_most(limits.critical / 100.0))
}

/// The finding of a key, with what is wrong behind what is said of it.
pub(crate) fn finding(key: String, opening: String, complaints: &Complaints) -> Finding {
    let state = complaints.state();
    Finding::new(key, state, complaints.report(state, opening).summary)
}
