//! What a full report of Detectify holds.

use std::collections::BTreeSet;

use watchkeep_plugin_detectify::bytes::{Severity, findings};

/// Each finding once, the worst first, with an address that is one and a score that CVSS knows.
pub fn detectify(bytes: &[u8]) {
    let Ok(report) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let all = findings(&report);
    let listed = report["findings"].as_array().map_or(0, Vec::len);
    assert!(all.len() <= listed, "{} of {listed}", all.len());
    assert!(all.is_sorted_by_key(|found| std::cmp::Reverse(found.severity)), "{all:?}");
    let ids: BTreeSet<_> = all.iter().map(|found| found.uuid.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "{all:?}");
    for found in &all {
        assert!(found.score.is_none_or(|score| (0.0..=10.0).contains(&score)), "{found:?}");
        assert!(found.link.as_ref().is_none_or(|link| link.starts_with("http")), "{found:?}");
        assert!(Severity::ALL.contains(&found.severity) && !found.title.is_empty());
    }
}
