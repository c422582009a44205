//! What people and escalations did about an alert: who took it, to whom it was handed over, which step is next.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::alert::{Acknowledgement, Assignment, Escalating};
use watchkeep_core::ids::{ReceiverName, RouteName};
use watchkeep_core::time::Wall;

use super::enums::LastingRow;

#[derive(Serialize, Deserialize)]
pub(super) struct AcknowledgementRow<'a> {
    by: &'a str,
    at: i64,
    comment: &'a str,
    until: Option<i64>,
    lasting: LastingRow,
}

impl<'a> From<&'a Acknowledgement> for AcknowledgementRow<'a> {
    fn from(acknowledgement: &'a Acknowledgement) -> Self {
        let Acknowledgement { by, at, comment, until, lasting } = acknowledgement;
        AcknowledgementRow {
            by,
            at: at.millis(),
            comment,
            until: until.map(Wall::millis),
            lasting: (*lasting).into(),
        }
    }
}
impl From<AcknowledgementRow<'_>> for Acknowledgement {
    fn from(row: AcknowledgementRow<'_>) -> Self {
        Acknowledgement {
            by: row.by.to_owned(),
            at: Wall::from_millis(row.at),
            comment: row.comment.to_owned(),
            until: row.until.map(Wall::from_millis),
            lasting: row.lasting.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct AssignmentRow<'a> {
    to: &'a str,
    by: &'a str,
    at: i64,
    comment: &'a str,
}

impl<'a> From<&'a Assignment> for AssignmentRow<'a> {
    fn from(assignment: &'a Assignment) -> Self {
        // The date by which it is due is a field of its own, since the fourth version of the row.
        let Assignment { to, by, at, comment, due: _, overdue: _ } = assignment;
        AssignmentRow { to, by, at: at.millis(), comment }
    }
}
impl From<AssignmentRow<'_>> for Assignment {
    fn from(row: AssignmentRow<'_>) -> Self {
        Assignment {
            to: row.to.to_owned(),
            by: row.by.to_owned(),
            at: Wall::from_millis(row.at),
            comment: row.comment.to_owned(),
            due: None,
            overdue: false,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct EscalatingRow<'a> {
    route: &'a str,
    step: u32,
    told: u32,
    waited: Duration,
    since: Option<i64>,
    #[serde(borrow)]
    awaits: Vec<&'a str>,
}

impl<'a> From<&'a Escalating> for EscalatingRow<'a> {
    fn from(escalating: &'a Escalating) -> Self {
        let Escalating { route, step, told, waited, since, awaits } = escalating;
        EscalatingRow {
            route: route.as_str(),
            step: *step,
            told: *told,
            waited: *waited,
            since: since.map(Wall::millis),
            awaits: awaits.iter().map(ReceiverName::as_str).collect(),
        }
    }
}
impl From<EscalatingRow<'_>> for Escalating {
    fn from(row: EscalatingRow<'_>) -> Self {
        Escalating {
            route: RouteName::new(row.route),
            step: row.step,
            told: row.told,
            waited: row.waited,
            since: row.since.map(Wall::from_millis),
            awaits: row.awaits.into_iter().map(ReceiverName::new).collect(),
        }
    }
}
