//! Transitions and decisions.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::{Decision, Transition};
use watchkeep_core::ids::AlertId;
use watchkeep_core::time::Wall;

use super::Row;
use super::alert::AlertKeyRow;
use super::enums::{StateRow, TransitionKindRow};
use super::reason::ReasonRow;

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
