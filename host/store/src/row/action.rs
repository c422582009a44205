//! Decisions to act, and what came of them.

use serde::{Deserialize, Serialize};
use watchkeep_core::action::{Effect, Step};
use watchkeep_core::ids::{ActionName, AlertId, OccasionId};
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus};
use watchkeep_core::time::Wall;

use super::Row;
use super::alert::AlertKeyRow;
use super::convert::{cores, owned, rows};
use super::enums::{HelpedRow, ModeRow, OriginRow};

#[derive(Serialize, Deserialize)]
struct StepRow<'a> {
    title: &'a str,
    target: &'a str,
}

impl<'a> From<&'a Step> for StepRow<'a> {
    fn from(step: &'a Step) -> Self {
        let Step { title, target } = step;
        StepRow { title, target }
    }
}
impl From<StepRow<'_>> for Step {
    fn from(row: StepRow<'_>) -> Self {
        Step { title: row.title.to_owned(), target: row.target.to_owned() }
    }
}

#[derive(Serialize, Deserialize)]
enum ResultRow<'a> {
    Done { summary: &'a str, changed: bool, details: Option<&'a str> },
    Planned(#[serde(borrow)] Vec<StepRow<'a>>),
    Failed(&'a str),
    Unknown(&'a str),
    FailedBy { why: &'a str, said_by: &'a str },
}

impl<'a> From<&'a ActionResult> for ResultRow<'a> {
    fn from(result: &'a ActionResult) -> Self {
        match result {
            ActionResult::Done(Effect { summary, changed, details }) => {
                ResultRow::Done { summary, changed: *changed, details: details.as_deref() }
            }
            ActionResult::Planned(steps) => ResultRow::Planned(rows(steps)),
            ActionResult::Failed { why, said_by: None } => ResultRow::Failed(why),
            ActionResult::Failed { why, said_by: Some(said_by) } => ResultRow::FailedBy { why, said_by },
            ActionResult::Unknown(why) => ResultRow::Unknown(why),
        }
    }
}
impl From<ResultRow<'_>> for ActionResult {
    fn from(row: ResultRow<'_>) -> Self {
        match row {
            ResultRow::Done { summary, changed, details } => {
                ActionResult::Done(Effect { summary: summary.to_owned(), changed, details: owned(details) })
            }
            ResultRow::Planned(steps) => ActionResult::Planned(cores(steps)),
            ResultRow::Failed(why) => ActionResult::failed(why),
            ResultRow::FailedBy { why, said_by } => {
                ActionResult::Failed { why: why.to_owned(), said_by: Some(said_by.to_owned()) }
            }
            ResultRow::Unknown(why) => ActionResult::Unknown(why.to_owned()),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum StatusRow<'a> {
    AwaitsApproval,
    Begun {
        at: i64,
    },
    Ended {
        began: i64,
        at: i64,
        #[serde(borrow)]
        result: ResultRow<'a>,
        helped: HelpedRow,
    },
    Declined {
        at: i64,
        by: &'a str,
    },
    Withdrawn {
        at: i64,
    },
}

impl<'a> From<&'a ActionStatus> for StatusRow<'a> {
    fn from(status: &'a ActionStatus) -> Self {
        match status {
            ActionStatus::AwaitsApproval => StatusRow::AwaitsApproval,
            ActionStatus::Begun { at } => StatusRow::Begun { at: at.millis() },
            ActionStatus::Ended { began, at, result, helped } => StatusRow::Ended {
                began: began.millis(),
                at: at.millis(),
                result: result.into(),
                helped: (*helped).into(),
            },
            ActionStatus::Declined { at, by } => StatusRow::Declined { at: at.millis(), by },
            ActionStatus::Withdrawn { at } => StatusRow::Withdrawn { at: at.millis() },
        }
    }
}
impl From<StatusRow<'_>> for ActionStatus {
    fn from(row: StatusRow<'_>) -> Self {
        match row {
            StatusRow::AwaitsApproval => ActionStatus::AwaitsApproval,
            StatusRow::Begun { at } => ActionStatus::Begun { at: Wall::from_millis(at) },
            StatusRow::Ended { began, at, result, helped } => ActionStatus::Ended {
                began: Wall::from_millis(began),
                at: Wall::from_millis(at),
                result: result.into(),
                helped: helped.into(),
            },
            StatusRow::Declined { at, by } => {
                ActionStatus::Declined { at: Wall::from_millis(at), by: by.to_owned() }
            }
            StatusRow::Withdrawn { at } => ActionStatus::Withdrawn { at: Wall::from_millis(at) },
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ActionRow<'a> {
    id: &'a str,
    action: &'a str,
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    alert: &'a str,
    number: u32,
    mode: ModeRow,
    decided_at: i64,
    since: i64,
    origin: OriginRow,
    by: Option<&'a str>,
    #[serde(borrow)]
    status: StatusRow<'a>,
}

impl Row for ActionRow<'_> {
    const TABLE: &'static str = "actions";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a ActionRecord> for ActionRow<'a> {
    fn from(record: &'a ActionRecord) -> Self {
        let ActionRecord { id, action, key, alert, number, mode, decided_at, since, origin, by, status } =
            record;
        ActionRow {
            id: id.as_str(),
            action: action.as_str(),
            key: key.into(),
            alert: alert.as_str(),
            number: *number,
            mode: (*mode).into(),
            decided_at: decided_at.millis(),
            since: since.millis(),
            origin: (*origin).into(),
            by: by.as_deref(),
            status: status.into(),
        }
    }
}
impl From<ActionRow<'_>> for ActionRecord {
    fn from(row: ActionRow<'_>) -> Self {
        ActionRecord {
            id: OccasionId::restore(row.id),
            action: ActionName::new(row.action),
            key: row.key.into(),
            alert: AlertId::restore(row.alert),
            number: row.number,
            mode: row.mode.into(),
            decided_at: Wall::from_millis(row.decided_at),
            since: Wall::from_millis(row.since),
            origin: row.origin.into(),
            by: owned(row.by),
            status: row.status.into(),
        }
    }
}
