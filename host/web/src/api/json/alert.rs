//! Alerts, what became of them, and why people were told or not.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::{Decision, Transition, TransitionKind};

use super::{labels, time};

/// What an alert, a transition or a decision is about.
#[derive(Serialize)]
pub(crate) struct Subject {
    key: String,
    kind: &'static str,
    check: Option<String>,
    finding: Option<String>,
    plugin: Option<String>,
}

impl Subject {
    pub(crate) fn of(key: &AlertKey) -> Self {
        let (finding, plugin) = match key {
            AlertKey::Check(_) | AlertKey::NotJudged(_) => (None, None),
            AlertKey::Finding(_, finding) => (Some(finding.to_string()), None),
            AlertKey::Plugin(plugin) => (None, Some(plugin.to_string())),
        };
        Self {
            key: key.to_string(),
            kind: key.kind(),
            check: key.check().map(ToString::to_string),
            finding,
            plugin,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct AlertItem {
    id: String,
    #[serde(flatten)]
    subject: Subject,
    phase: &'static str,
    state: &'static str,
    severity: &'static str,
    since: String,
    firing_since: Option<String>,
    summary: String,
    labels: BTreeMap<String, String>,
    told: Vec<ToldItem>,
    held_back_by: Vec<&'static str>,
}

#[derive(Serialize)]
struct ToldItem {
    receiver: String,
    route: String,
    state: &'static str,
    at: String,
}

pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Firing { .. } => "firing",
        Phase::Recovering { .. } => "recovering",
    }
}

impl AlertItem {
    pub(crate) fn of(alert: &AlertRecord) -> Self {
        Self {
            id: alert.id.to_string(),
            subject: Subject::of(&alert.key),
            phase: phase(alert.phase),
            state: alert.level.state().as_str(),
            severity: alert.level.state().severity().as_str(),
            since: time(alert.since),
            firing_since: match alert.phase {
                Phase::Pending => None,
                Phase::Firing { since } => Some(time(since)),
                Phase::Recovering { fired, .. } => Some(time(fired)),
            },
            summary: alert.summary.clone(),
            labels: labels(&alert.labels),
            told: alert
                .told
                .iter()
                .map(|told| ToldItem {
                    receiver: told.receiver.to_string(),
                    route: told.route.to_string(),
                    state: told.level.state().as_str(),
                    at: time(told.at),
                })
                .collect(),
            held_back_by: alert.holds.iter().map(|hold| hold.as_str()).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct TransitionItem {
    at: String,
    #[serde(flatten)]
    subject: Subject,
    alert: String,
    transition: &'static str,
    state: &'static str,
    summary: String,
}

pub(crate) const fn transition(kind: TransitionKind) -> &'static str {
    match kind {
        TransitionKind::Pending => "pending",
        TransitionKind::Firing => "firing",
        TransitionKind::LevelChanged => "level-changed",
        TransitionKind::Recovering => "recovering",
        TransitionKind::Resolved => "resolved",
        TransitionKind::Calmed => "calmed",
        TransitionKind::Removed => "removed",
    }
}

impl TransitionItem {
    pub(crate) fn of(row: &Transition) -> Self {
        Self {
            at: time(row.at),
            subject: Subject::of(&row.key),
            alert: row.alert.to_string(),
            transition: transition(row.kind),
            state: row.state.as_str(),
            summary: row.summary.clone(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct DecisionItem {
    at: String,
    alert: Option<String>,
    reason: String,
}

impl DecisionItem {
    pub(crate) fn of(decision: &Decision) -> Self {
        Self {
            at: time(decision.at),
            alert: decision.alert.as_ref().map(ToString::to_string),
            reason: decision.reason.to_string(),
        }
    }
}
