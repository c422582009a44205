//! Silences and maintenance over an alert (rules A1, A6).

use std::sync::Arc;

use crate::labels::Labels;
use crate::model::keys::AlertKey;
use crate::model::setup::CheckSpec;
use crate::model::state::State;
use crate::model::window::{Window, WindowKind, WindowStatus};
use crate::rules::{notice, parents};
use crate::time::Now;

/// The open window of that kind that matches these labels and closes last, and when it closes.
pub(crate) fn open_window(
    state: &State,
    now: Now,
    kind: WindowKind,
    labels: &Labels,
) -> Option<(Arc<Window>, crate::time::Wall)> {
    let now = now.wall;
    let open = state.windows().filter(|window| window.kind == kind).filter_map(|window| {
        match window.standing(now) {
            WindowStatus::Open { until } if window.matches(labels) => Some((Arc::clone(window), until)),
            WindowStatus::Open { .. } | WindowStatus::Closed { .. } => None,
        }
    });
    open.max_by_key(|(_, until)| *until)
}

/// Whether a judgement counts for flapping: not in maintenance, and not while a parent is down.
pub(crate) fn counts_for_flapping(state: &State, now: Now, key: &AlertKey, spec: &CheckSpec) -> bool {
    !in_maintenance(state, now, key, spec) && parents::parents_down(state, spec).is_none()
}

/// Whether what the key names is in maintenance now.
pub(crate) fn in_maintenance(state: &State, now: Now, key: &AlertKey, spec: &CheckSpec) -> bool {
    if state.windows().next().is_none() {
        return false;
    }
    let labels = match state.alerts.get(key) {
        Some(alert) => alert.record.labels.clone(),
        None => notice::labels(key, spec, None, crate::report::Judgement::Ok),
    };
    open_window(state, now, WindowKind::Maintenance, &labels).is_some()
}
