//! Alerts, what happened to them, and why people were told or not.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::alert::{Acknowledgement, AlertKey, AlertRecord, Assignment, Hold, Lasting, Phase};
use watchkeep_core::commit::{Decision, Transition, TransitionKind};
use watchkeep_core::notice::state_of;
use watchkeep_core::telling::{Became, HeldBy, Telling};
use watchkeep_core::time::Wall;

use super::{labels, time};
use crate::explain::{Scene, Steps, escalation};

/// What an alert, a transition or a decision is about.
#[derive(Serialize)]
pub(crate) struct Subject {
    key: String,
    kind: &'static str,
    check: Option<String>,
    finding: Option<String>,
    plugin: Option<String>,
    /// The problem, if the subject is the host itself.
    host: Option<&'static str>,
}

impl Subject {
    pub(crate) fn of(key: &AlertKey) -> Self {
        let (finding, plugin, host) = match key {
            AlertKey::Check(_) | AlertKey::NotJudged(_) => (None, None, None),
            AlertKey::Finding(_, finding) => (Some(finding.to_string()), None, None),
            AlertKey::Plugin(plugin) => (None, Some(plugin.to_string()), None),
            AlertKey::Host(problem) => (None, None, Some(problem.as_str())),
        };
        Self {
            key: key.to_string(),
            kind: key.kind(),
            check: key.check().map(ToString::to_string),
            finding,
            plugin,
            host,
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
    /// When its subject was last ok.
    last_good: Option<String>,
    summary: String,
    labels: BTreeMap<String, String>,
    /// The receivers whose services have accepted a notification.
    told: Vec<ToldItem>,
    /// What happened at each receiver.
    receivers: Vec<ReceiverItem>,
    held_back_by: Vec<&'static str>,
    holds: Vec<HoldItem>,
    flapping: bool,
    acknowledged: Option<AcknowledgedItem>,
    assigned: Option<AssignedItem>,
    escalation: Vec<EscalationItem>,
    /// What automatic recovery did, oldest first, as sentences.
    actions: Vec<String>,
}

#[derive(Serialize)]
struct ToldItem {
    receiver: String,
    route: String,
    state: &'static str,
    at: String,
}

/// One receiver of an alert. Which fields it has depends on `became`.
#[derive(Serialize)]
struct ReceiverItem {
    receiver: String,
    /// The route; `null` if no route leads to the receiver any more.
    route: Option<String>,
    /// The receiver that this one is the fallback of.
    in_place_of: Option<String>,
    became: &'static str,
    /// When its service last accepted a notification; `told_state` is the state in that notification.
    told_at: Option<String>,
    told_state: Option<&'static str>,
    /// If it is being tried: since when.
    since: Option<String>,
    /// If it is being tried: when the next attempt is; `null` while one is under way.
    next_at: Option<String>,
    /// If it is held or still to come: when that ends, if it depends on time alone.
    until: Option<String>,
    /// If it is being tried or was not reached: the error.
    error: Option<String>,
    hint: Option<String>,
    /// The dead letter.
    delivery: Option<String>,
    held_by: Vec<&'static str>,
    /// If it is still to come: what it waits for.
    why: Option<String>,
    sentence: String,
}

impl ReceiverItem {
    fn of(telling: &Telling, key: &AlertKey) -> Self {
        let item = Self {
            receiver: telling.receiver.to_string(),
            route: telling.route.as_ref().map(ToString::to_string),
            in_place_of: telling.in_place_of.as_ref().map(ToString::to_string),
            became: telling.became.word(),
            told_at: telling.took.map(|(at, _)| time(at)),
            told_state: telling.took.map(|(_, level)| state_of(key, level).as_str()),
            since: None,
            next_at: None,
            until: None,
            error: None,
            hint: None,
            delivery: None,
            held_by: Vec::new(),
            why: None,
            sentence: telling.sentence(key),
        };
        match &telling.became {
            Became::Told { .. } => item,
            Became::Trying { since, next, error } => {
                Self { since: Some(time(*since)), next_at: next.map(time), error: error.clone(), ..item }
            }
            Became::NotReached { at, error, hint, delivery } => Self {
                since: Some(time(*at)),
                error: Some(error.clone()),
                hint: Some(hint.clone()),
                delivery: Some(delivery.to_string()),
                ..item
            },
            Became::Held { holds, until } => Self {
                until: until.map(time),
                held_by: holds.iter().map(|hold| hold.as_str()).collect(),
                ..item
            },
            Became::NotYet { until, why } => {
                Self { until: until.map(time), why: Some(why.to_string()), ..item }
            }
        }
    }
}

#[derive(Serialize)]
struct HoldItem {
    reason: &'static str,
    why: String,
    /// When the hold ends; `null` if that depends on something other than the time.
    until: Option<String>,
    windows: Vec<String>,
    /// The route whose notifications are held back; `null` if all are.
    route: Option<String>,
}

#[derive(Serialize)]
struct AcknowledgedItem {
    by: String,
    at: String,
    comment: String,
    /// When the acknowledgement ends; `null` if only with the alert.
    until: Option<String>,
    sticky: bool,
}

#[derive(Serialize)]
struct AssignedItem {
    to: String,
    by: String,
    at: String,
    comment: String,
    /// By when the work is to be done.
    due: Option<String>,
    overdue: bool,
}

#[derive(Serialize)]
struct EscalationItem {
    route: String,
    escalation: Option<String>,
    /// The step that is taken next, from 1; greater than `steps` if all were taken.
    step: u32,
    steps: Option<u32>,
    receivers: Vec<String>,
    /// When that step is taken; `null` if the escalation is paused, or all were taken.
    next_at: Option<String>,
}

pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Firing { .. } => "firing",
        Phase::Recovering { .. } => "recovering",
    }
}

/// The severity as routes and silences see it, or from the alert's state if none was derived yet.
pub(crate) fn severity(alert: &AlertRecord) -> &'static str {
    match alert.labels.get("severity") {
        "info" => "info",
        "warning" => "warning",
        "error" => "error",
        _ => state_of(&alert.key, alert.level).severity().as_str(),
    }
}

impl AlertItem {
    pub(crate) fn of(alert: &AlertRecord, scene: &Scene) -> Self {
        let held = scene.held(alert);
        let tellings = scene.tellings(alert, &held);
        let mut held_back_by: Vec<&str> = held.iter().map(|held| held.hold.as_str()).collect();
        held_back_by.dedup();
        Self {
            id: alert.id.to_string(),
            subject: Subject::of(&alert.key),
            phase: phase(alert.phase),
            state: state_of(&alert.key, alert.level).as_str(),
            severity: severity(alert),
            since: time(alert.since),
            firing_since: match alert.phase {
                Phase::Pending => None,
                Phase::Firing { since } => Some(time(since)),
                Phase::Recovering { fired, .. } => Some(time(fired)),
            },
            last_good: alert.last_good.map(time),
            summary: alert.summary.clone(),
            labels: labels(&alert.labels),
            told: tellings.iter().filter_map(|telling| told(telling, &alert.key)).collect(),
            receivers: tellings.iter().map(|telling| ReceiverItem::of(telling, &alert.key)).collect(),
            held_back_by,
            holds: held.into_iter().map(hold).collect(),
            flapping: alert.holds.contains(&Hold::Flapping),
            acknowledged: alert.acknowledged.as_ref().map(acknowledged),
            assigned: alert.assigned.as_ref().map(|given| assigned(given, scene.now)),
            escalation: alert
                .escalating
                .iter()
                .map(|far| step(far.route.to_string(), far.step, escalation(scene.setup(), far)))
                .collect(),
            actions: scene.tried(alert),
        }
    }
}

fn told(telling: &Telling, key: &AlertKey) -> Option<ToldItem> {
    let (at, level) = telling.took?;
    Some(ToldItem {
        receiver: telling.receiver.to_string(),
        route: telling.route.as_ref().map(ToString::to_string).unwrap_or_default(),
        state: state_of(key, level).as_str(),
        at: time(at),
    })
}

fn hold(held: HeldBy) -> HoldItem {
    HoldItem {
        reason: held.hold.as_str(),
        why: held.why,
        until: held.until.map(time),
        windows: held.windows.iter().map(ToString::to_string).collect(),
        route: held.route.map(|route| route.to_string()),
    }
}

fn acknowledged(taken: &Acknowledgement) -> AcknowledgedItem {
    AcknowledgedItem {
        by: taken.by.clone(),
        at: time(taken.at),
        comment: taken.comment.clone(),
        until: taken.until.map(time),
        sticky: match taken.lasting {
            Lasting::UntilWorse => false,
            Lasting::Sticky => true,
        },
    }
}

fn assigned(given: &Assignment, now: Wall) -> AssignedItem {
    AssignedItem {
        to: given.to.clone(),
        by: given.by.clone(),
        at: time(given.at),
        comment: given.comment.clone(),
        due: given.due.map(time),
        overdue: given.due.is_some_and(|due| due <= now),
    }
}

/// An escalation. What the config in force says about it is missing if it no longer has that escalation.
fn step(route: String, reached: u32, steps: Option<Steps>) -> EscalationItem {
    match steps {
        Some(Steps { escalation, step, of, next_at, receivers }) => EscalationItem {
            route,
            escalation: Some(escalation.to_string()),
            step,
            steps: Some(of),
            receivers,
            next_at: next_at.map(time),
        },
        None => EscalationItem {
            route,
            escalation: None,
            step: reached.saturating_add(1),
            steps: None,
            receivers: Vec::new(),
            next_at: None,
        },
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
        TransitionKind::Flapping => "flapping",
        TransitionKind::Steady => "steady",
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
