//! Dependencies (rule A7), and the witness, which works in the same way (rule A8).
//!
//! A parent holds its children back while it is confirmed critical: its alert fires, or has not yet resolved, at
//! critical. Nothing less holds them back, and it does not matter whether the parent's own notices are held.
//!
//! Before the first notice of an alert, its parents are asked once more, and the witness if the check lies beyond it.
//! When what held it back is over, the check itself is asked. Both wait for a run that began after the question, for at
//! most the longest timeout plus 5 seconds, or until a parent that fails is decided (`recheck`).

use std::collections::BTreeSet;

use crate::ids::CheckName;
use crate::model::alert::Recheck;
use crate::model::keys::AlertKey;
use crate::model::setup::CheckSpec;
use crate::record::Transaction;
use crate::rules::parents;
use crate::stages::tell::recheck;
use crate::time::Mono;

/// Why parents hold the alert back, and until when if that is known.
pub(crate) fn held_by_parents(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    spec: &CheckSpec,
) -> Option<(String, Option<Mono>)> {
    if spec.depends_on.is_empty() && !spec.beyond_witness {
        return None;
    }
    let down = parents::parents_down(tx.state, spec);
    let alert = tx.state.alerts.get(key)?;
    if let Some(why) = down {
        recheck::set_recheck(tx, key, Recheck::HeldBack);
        return Some((why, None));
    }
    let held_before = alert.record.holds.iter().any(|hold| match hold {
        crate::model::keys::Hold::Dependency | crate::model::keys::Hold::HostOffline => true,
        crate::model::keys::Hold::Silenced
        | crate::model::keys::Hold::Maintenance
        | crate::model::keys::Hold::Flapping
        | crate::model::keys::Hold::NotifyHours => false,
    });
    let told = !alert.record.told.is_empty();
    // While the host is cut off, nothing beyond the witness can be asked.
    if tx.state.offline && spec.beyond_witness {
        recheck::set_recheck(tx, key, Recheck::HeldBack);
        return None;
    }
    match alert.recheck.clone() {
        Recheck::Done => None,
        Recheck::Waits { until, .. } if until > tx.now.mono => {
            Some(("asked again before it is told".to_owned(), Some(until)))
        }
        Recheck::Waits { .. } => {
            recheck::set_recheck(tx, key, Recheck::Done);
            None
        }
        Recheck::NotYet if told && !held_before => None,
        Recheck::NotYet if !held_before => recheck::ask(tx, key, recheck::to_ask(tx, key, spec), spec),
        Recheck::HeldBack | Recheck::NotYet => {
            recheck::ask(tx, key, BTreeSet::from([spec.name.clone()]), spec)
        }
    }
}

/// Does not count as flapping what a check did before it was known that its parents, or the host's own cut-off, were
/// the reason. What was told stays as it was told.
fn blame_parents(tx: &mut Transaction<'_>, name: &CheckName) {
    let Some(spec) = tx.state.setup.checks.get(name).filter(|spec| spec.flapping) else { return };
    let cut_off = tx.state.offline && spec.beyond_witness;
    if !cut_off && parents::parents_down(tx.state, spec).is_none() {
        return;
    }
    let alerts = &tx.state.alerts;
    let untold = |key: &AlertKey| alerts.get(key).is_none_or(|alert| alert.record.told.is_empty());
    let Some(check) = tx.state.checks.named_mut(name) else { return };
    if untold(&AlertKey::Check(name.clone())) {
        check.swings.blame_another();
    }
    for (finding, seen) in &mut check.findings {
        if untold(&AlertKey::Finding(name.clone(), finding.clone())) {
            seen.swings.blame_another();
        }
    }
}

pub(crate) fn mark_dependants(tx: &mut Transaction<'_>) {
    while let Some(check) = tx.look_again.pop_first() {
        blame_parents(tx, &check);
        for key in tx.state.alerts_of(&check) {
            tx.mark_to_act(&key);
            tx.mark_to_tell(&key);
        }
    }
}
