//! Transitions and decisions.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::{Decision, Transition};
use watchkeep_core::ids::{AlertId, ReceiverName, RouteName};
use watchkeep_core::reason::Reason;
use watchkeep_core::time::Wall;

use super::Row;
use super::alert::AlertKeyRow;
use super::enums::{HoldRow, JudgementRow, StateRow, TransitionKindRow};

#[derive(Serialize, Deserialize)]
pub(crate) struct TransitionRow<'a> {
    at: i64,
    sequence: u64,
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    alert: &'a str,
    kind: TransitionKindRow,
    state: StateRow,
    summary: &'a str,
}

impl Row for TransitionRow<'_> {
    const TABLE: &'static str = "transitions";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Transition> for TransitionRow<'a> {
    fn from(transition: &'a Transition) -> Self {
        let Transition { at, sequence, key, alert, kind, state, summary } = transition;
        TransitionRow {
            at: at.millis(),
            sequence: *sequence,
            key: key.into(),
            alert: alert.as_str(),
            kind: (*kind).into(),
            state: (*state).into(),
            summary,
        }
    }
}
impl From<TransitionRow<'_>> for Transition {
    fn from(row: TransitionRow<'_>) -> Self {
        Transition {
            at: Wall::from_millis(row.at),
            sequence: row.sequence,
            key: row.key.into(),
            alert: AlertId::restore(row.alert),
            kind: row.kind.into(),
            state: row.state.into(),
            summary: row.summary.to_owned(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DecisionRow<'a> {
    pub(crate) at: i64,
    sequence: u64,
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    alert: Option<&'a str>,
    #[serde(borrow)]
    reason: ReasonRow<'a>,
}

impl Row for DecisionRow<'_> {
    const TABLE: &'static str = "decisions";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Decision> for DecisionRow<'a> {
    fn from(decision: &'a Decision) -> Self {
        let Decision { at, sequence, key, alert, reason } = decision;
        DecisionRow {
            at: at.millis(),
            sequence: *sequence,
            key: key.into(),
            alert: alert.as_ref().map(AlertId::as_str),
            reason: reason.into(),
        }
    }
}
impl From<DecisionRow<'_>> for Decision {
    fn from(row: DecisionRow<'_>) -> Self {
        Decision {
            at: Wall::from_millis(row.at),
            sequence: row.sequence,
            key: row.key.into(),
            alert: row.alert.map(AlertId::restore),
            reason: row.reason.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum ReasonRow<'a> {
    BelowThreshold { seen: u32, needed: u32, of: u32 },
    Fired { level: JudgementRow },
    Worsened { from: JudgementRow, to: JudgementRow },
    Eased { from: JudgementRow, to: JudgementRow },
    HeldBack { hold: HoldRow },
    Released { hold: HoldRow },
    WaitsForGroup { route: &'a str, wait: Duration },
    Told { receiver: &'a str, route: &'a str, notification: &'a str },
    Reminded { receiver: &'a str, route: &'a str },
    Recovered { oks: u32 },
    NeverTold,
    ResolveOwed { receiver: &'a str },
    NoRoute,
    NoReceiver { route: &'a str },
    NotJudged { why: &'a str },
    CheckRemoved,
    Combined { receiver: &'a str },
    Undeliverable { receiver: &'a str, error: &'a str },
}

impl<'a> From<&'a Reason> for ReasonRow<'a> {
    fn from(reason: &'a Reason) -> Self {
        match reason {
            Reason::BelowThreshold { seen, needed, of } => {
                ReasonRow::BelowThreshold { seen: *seen, needed: *needed, of: *of }
            }
            Reason::Fired { level } => ReasonRow::Fired { level: (*level).into() },
            Reason::Worsened { from, to } => ReasonRow::Worsened { from: (*from).into(), to: (*to).into() },
            Reason::Eased { from, to } => ReasonRow::Eased { from: (*from).into(), to: (*to).into() },
            Reason::HeldBack { hold } => ReasonRow::HeldBack { hold: (*hold).into() },
            Reason::Released { hold } => ReasonRow::Released { hold: (*hold).into() },
            Reason::WaitsForGroup { route, wait } => {
                ReasonRow::WaitsForGroup { route: route.as_str(), wait: *wait }
            }
            Reason::Told { receiver, route, notification } => {
                ReasonRow::Told { receiver: receiver.as_str(), route: route.as_str(), notification }
            }
            Reason::Reminded { receiver, route } => {
                ReasonRow::Reminded { receiver: receiver.as_str(), route: route.as_str() }
            }
            Reason::Recovered { oks } => ReasonRow::Recovered { oks: *oks },
            Reason::NeverTold => ReasonRow::NeverTold,
            Reason::ResolveOwed { receiver } => ReasonRow::ResolveOwed { receiver: receiver.as_str() },
            Reason::NoRoute => ReasonRow::NoRoute,
            Reason::NoReceiver { route } => ReasonRow::NoReceiver { route: route.as_str() },
            Reason::NotJudged { why } => ReasonRow::NotJudged { why },
            Reason::CheckRemoved => ReasonRow::CheckRemoved,
            Reason::Combined { receiver } => ReasonRow::Combined { receiver: receiver.as_str() },
            Reason::Undeliverable { receiver, error } => {
                ReasonRow::Undeliverable { receiver: receiver.as_str(), error }
            }
        }
    }
}
impl From<ReasonRow<'_>> for Reason {
    fn from(row: ReasonRow<'_>) -> Self {
        match row {
            ReasonRow::BelowThreshold { seen, needed, of } => Reason::BelowThreshold { seen, needed, of },
            ReasonRow::Fired { level } => Reason::Fired { level: level.into() },
            ReasonRow::Worsened { from, to } => Reason::Worsened { from: from.into(), to: to.into() },
            ReasonRow::Eased { from, to } => Reason::Eased { from: from.into(), to: to.into() },
            ReasonRow::HeldBack { hold } => Reason::HeldBack { hold: hold.into() },
            ReasonRow::Released { hold } => Reason::Released { hold: hold.into() },
            ReasonRow::WaitsForGroup { route, wait } => {
                Reason::WaitsForGroup { route: RouteName::new(route), wait }
            }
            ReasonRow::Told { receiver, route, notification } => Reason::Told {
                receiver: ReceiverName::new(receiver),
                route: RouteName::new(route),
                notification: notification.to_owned(),
            },
            ReasonRow::Reminded { receiver, route } => {
                Reason::Reminded { receiver: ReceiverName::new(receiver), route: RouteName::new(route) }
            }
            ReasonRow::Recovered { oks } => Reason::Recovered { oks },
            ReasonRow::NeverTold => Reason::NeverTold,
            ReasonRow::ResolveOwed { receiver } => {
                Reason::ResolveOwed { receiver: ReceiverName::new(receiver) }
            }
            ReasonRow::NoRoute => Reason::NoRoute,
            ReasonRow::NoReceiver { route } => Reason::NoReceiver { route: RouteName::new(route) },
            ReasonRow::NotJudged { why } => Reason::NotJudged { why: why.to_owned() },
            ReasonRow::CheckRemoved => Reason::CheckRemoved,
            ReasonRow::Combined { receiver } => Reason::Combined { receiver: ReceiverName::new(receiver) },
            ReasonRow::Undeliverable { receiver, error } => {
                Reason::Undeliverable { receiver: ReceiverName::new(receiver), error: error.to_owned() }
            }
        }
    }
}
