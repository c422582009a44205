//! How a receiver is told of one life: in the way in which it was told first, in a group or alone, so that all its
//! notices are in one lane (rule D4).

use std::sync::Arc;

use crate::model::alert::{Alert, Told};
use crate::model::keys::GroupKey;
use crate::model::setup::{Grouping, ReceiverSpec};
use crate::model::state::State;

pub(crate) fn is_told_in_group(state: &State, alert: &Alert, told: &Told) -> bool {
    alert.groups.iter().any(|group| is_told_by(state, group, told))
}

/// How a receiver is told of this alert: as it was told before in this life, whatever the config says by now.
pub(crate) fn grouping_for(state: &State, alert: &Alert, spec: &ReceiverSpec) -> Grouping {
    let mut told = alert.record.told.iter().filter(|told| told.receiver == spec.name);
    if told.clone().next().is_none() {
        spec.grouping
    } else if told.any(|told| is_told_in_group(state, alert, told)) {
        Grouping::PerGroup
    } else {
        Grouping::PerAlert
    }
}

/// Whether the receiver was told of the alert as a member of this group. What counts is how it was told then, not how
/// it is told today: the resolve follows the firing in the same lane.
pub(crate) fn is_told_by(state: &State, key: &GroupKey, told: &Told) -> bool {
    let grouped = told.as_told.as_ref().is_some_and(|spec| spec.grouping == Grouping::PerGroup);
    grouped && key.route == told.route && state.groups.contains_key(key)
}

/// The receiver as the config has it, or as it last had it.
pub(crate) fn receiver_of(state: &State, told: &Told) -> Option<Arc<ReceiverSpec>> {
    state.setup.receivers.get(&told.receiver).or(told.as_told.as_ref()).cloned()
}
