//! Whether what a check depends on is down (rule A7). A parent holds its children back while it is confirmed critical,
//! that is, while its alert fires, or has not yet resolved, at critical. Nothing less holds them back, and it does not
//! matter whether the parent's own notices are held.

use crate::model::alert::Phase;
use crate::model::keys::AlertKey;
use crate::model::setup::{CheckSpec, Parent};
use crate::model::state::State;
use crate::report::Judgement;

/// Why parents hold the check's events back, if they do.
pub(crate) fn parents_down(state: &State, spec: &CheckSpec) -> Option<String> {
    let down = spec.depends_on.iter().find(|group| group.iter().all(|parent| is_down(state, parent)));
    down.map(|group| why(group))
}

pub(crate) fn is_down(state: &State, parent: &Parent) -> bool {
    state.alerts.get(&key_of(parent)).is_some_and(|alert| {
        let confirmed = match alert.record.phase {
            Phase::Pending => false,
            Phase::Firing { .. } | Phase::Recovering { .. } => true,
        };
        confirmed && alert.record.level == Judgement::Critical
    })
}

pub(crate) fn key_of(parent: &Parent) -> AlertKey {
    match parent {
        Parent::Check(check) => AlertKey::Check(check.clone()),
        Parent::Finding(check, finding) => AlertKey::Finding(check.clone(), finding.clone()),
    }
}

fn why(group: &[Parent]) -> String {
    let names: Vec<String> = group
        .iter()
        .map(|parent| match parent {
            Parent::Check(check) => format!("`{check}`"),
            Parent::Finding(check, finding) => format!("`{check}/{finding}`"),
        })
        .collect();
    match names.as_slice() {
        [only] => format!("it depends on {only}, which is critical"),
        all => format!("it depends on one of {}, which are all critical", all.join(", ")),
    }
}
