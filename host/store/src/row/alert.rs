//! Open alerts and their keys.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use watchkeep_core::alert::{
    Acknowledgement, AlertKey, AlertRecord, Answer, Assignment, GaveUp, Hold, Phase, Told, Took,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{AlertId, CheckName, DeliveryId, FindingKey, PluginName, ReceiverName, RouteName};
use watchkeep_core::report::{Judgement, Report};
use watchkeep_core::time::Wall;

use super::convert::{LabelsRow, cores, labels, labels_row, owned, rows};
use super::delivery::ReceiverRow;
use super::enums::{HoldRow, HostProblemRow, JudgementRow};
use super::handling::{AcknowledgementRow, AssignmentRow, EscalatingRow};
use super::report::ReportRow;
use super::{Row, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(super) enum AlertKeyRow<'a> {
    Check(&'a str),
    Finding(&'a str, &'a str),
    NotJudged(&'a str),
    Plugin(&'a str),
    Host(HostProblemRow),
}

impl<'a> From<&'a AlertKey> for AlertKeyRow<'a> {
    fn from(key: &'a AlertKey) -> Self {
        match key {
            AlertKey::Check(check) => AlertKeyRow::Check(check.as_str()),
            AlertKey::Finding(check, finding) => AlertKeyRow::Finding(check.as_str(), finding.as_str()),
            AlertKey::NotJudged(check) => AlertKeyRow::NotJudged(check.as_str()),
            AlertKey::Plugin(plugin) => AlertKeyRow::Plugin(plugin.as_str()),
            AlertKey::Host(problem) => AlertKeyRow::Host((*problem).into()),
        }
    }
}
impl From<AlertKeyRow<'_>> for AlertKey {
    fn from(row: AlertKeyRow<'_>) -> Self {
        match row {
            AlertKeyRow::Check(check) => AlertKey::Check(CheckName::new(check)),
            AlertKeyRow::Finding(check, finding) => {
                AlertKey::Finding(CheckName::new(check), FindingKey::new(finding))
            }
            AlertKeyRow::NotJudged(check) => AlertKey::NotJudged(CheckName::new(check)),
            AlertKeyRow::Plugin(plugin) => AlertKey::Plugin(PluginName::new(plugin)),
            AlertKeyRow::Host(problem) => AlertKey::Host(problem.into()),
        }
    }
}

/// An alert key as the key of a table: postcard, without a version byte (docs/format.md).
pub(crate) fn alert_key(key: &AlertKey) -> Vec<u8> {
    postcard::to_allocvec(&AlertKeyRow::from(key)).expect("two strings are written into memory")
}

#[derive(Serialize, Deserialize)]
enum PhaseRow {
    Pending,
    Firing { since: i64 },
    Recovering { fired: i64, oks: u32 },
}

impl From<Phase> for PhaseRow {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Pending => PhaseRow::Pending,
            Phase::Firing { since } => PhaseRow::Firing { since: since.millis() },
            Phase::Recovering { fired, oks } => PhaseRow::Recovering { fired: fired.millis(), oks },
        }
    }
}
impl From<PhaseRow> for Phase {
    fn from(row: PhaseRow) -> Self {
        match row {
            PhaseRow::Pending => Phase::Pending,
            PhaseRow::Firing { since } => Phase::Firing { since: Wall::from_millis(since) },
            PhaseRow::Recovering { fired, oks } => Phase::Recovering { fired: Wall::from_millis(fired), oks },
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToldRow<'a> {
    receiver: &'a str,
    route: &'a str,
    level: JudgementRow,
    flapping: bool,
    at: i64,
    service_id: Option<&'a str>,
    #[serde(borrow)]
    as_told: Option<ReceiverRow<'a>>,
}

impl<'a> From<&'a Told> for ToldRow<'a> {
    fn from(told: &'a Told) -> Self {
        let Told { receiver, route, level, flapping, at, service_id, as_told } = told;
        ToldRow {
            receiver: receiver.as_str(),
            route: route.as_str(),
            level: (*level).into(),
            flapping: *flapping,
            at: at.millis(),
            service_id: service_id.as_deref(),
            as_told: as_told.as_deref().map(ReceiverRow::from),
        }
    }
}
impl From<ToldRow<'_>> for Told {
    fn from(row: ToldRow<'_>) -> Self {
        Told {
            receiver: ReceiverName::new(row.receiver),
            route: RouteName::new(row.route),
            level: row.level.into(),
            flapping: row.flapping,
            at: Wall::from_millis(row.at),
            service_id: owned(row.service_id),
            as_told: row.as_told.map(|spec| Arc::new(spec.into())),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct AnswerRow<'a> {
    receiver: &'a str,
    /// When a notification was taken, and the level that it had.
    took: Option<(i64, JudgementRow)>,
    /// When it gave up, the error, and the number of the delivery.
    #[serde(borrow)]
    gave_up: Option<(i64, &'a str, u64)>,
}

impl<'a> From<&'a Answer> for AnswerRow<'a> {
    fn from(answer: &'a Answer) -> Self {
        let Answer { receiver, took, gave_up } = answer;
        AnswerRow {
            receiver: receiver.as_str(),
            took: took.map(|Took { at, level }| (at.millis(), level.into())),
            gave_up: gave_up
                .as_ref()
                .map(|GaveUp { at, error, delivery }| (at.millis(), error.as_str(), delivery.0)),
        }
    }
}
impl From<AnswerRow<'_>> for Answer {
    fn from(row: AnswerRow<'_>) -> Self {
        Answer {
            receiver: ReceiverName::new(row.receiver),
            took: row.took.map(|(at, level)| Took { at: Wall::from_millis(at), level: level.into() }),
            gave_up: row.gave_up.map(|(at, error, delivery)| GaveUp {
                at: Wall::from_millis(at),
                error: error.to_owned(),
                delivery: DeliveryId(delivery),
            }),
        }
    }
}

/// The fields of version 4, and the one that version 5 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct AlertRow<'a> {
    #[serde(borrow)]
    fourth: AlertRowV4<'a>,
    /// How often it was acknowledged.
    taken: u32,
}

impl Row for AlertRow<'_> {
    const TABLE: &'static str = "alerts";
    const VERSION: u8 = 5;
}

impl AlertRow<'_> {
    /// Reads a row of this version or an earlier one: version 1 has no answers, version 2 no closed routes, version 3
    /// no date by which work is to be done, version 4 does not say how often it was acknowledged.
    pub(crate) fn read(bytes: &[u8]) -> Result<AlertRecord, ReadError> {
        match bytes.first() {
            Some(&AlertRowV1::VERSION) => Ok(decode::<AlertRowV1<'_>>(bytes)?.into()),
            Some(&AlertRowV2::VERSION) => Ok(decode::<AlertRowV2<'_>>(bytes)?.into()),
            Some(&AlertRowV3::VERSION) => Ok(decode::<AlertRowV3<'_>>(bytes)?.into()),
            Some(&AlertRowV4::VERSION) => Ok(decode::<AlertRowV4<'_>>(bytes)?.into()),
            Some(_) | None => Ok(decode::<AlertRow<'_>>(bytes)?.into()),
        }
    }
}

impl<'a> From<&'a AlertRecord> for AlertRow<'a> {
    fn from(record: &'a AlertRecord) -> Self {
        AlertRow { fourth: record.into(), taken: record.taken }
    }
}
impl From<AlertRow<'_>> for AlertRecord {
    fn from(row: AlertRow<'_>) -> Self {
        AlertRecord { taken: row.taken, ..row.fourth.into() }
    }
}

/// The fields of version 3, and those that version 4 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct AlertRowV4<'a> {
    #[serde(borrow)]
    third: AlertRowV3<'a>,
    /// Of the assignment: when it is due, and whether it was told that it is overdue.
    due: Option<i64>,
    overdue: bool,
}

impl Row for AlertRowV4<'_> {
    const TABLE: &'static str = AlertRow::TABLE;
    const VERSION: u8 = 4;
}

impl<'a> From<&'a AlertRecord> for AlertRowV4<'a> {
    fn from(record: &'a AlertRecord) -> Self {
        let given = record.assigned.as_ref();
        AlertRowV4 {
            third: record.into(),
            due: given.and_then(|given| given.due).map(Wall::millis),
            overdue: given.is_some_and(|given| given.overdue),
        }
    }
}
impl From<AlertRowV4<'_>> for AlertRecord {
    fn from(row: AlertRowV4<'_>) -> Self {
        let mut record = AlertRecord::from(row.third);
        if let Some(given) = &mut record.assigned {
            (given.due, given.overdue) = (row.due.map(Wall::from_millis), row.overdue);
        }
        record
    }
}

/// The fields of version 2, and those that version 3 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct AlertRowV3<'a> {
    #[serde(borrow)]
    second: AlertRowV2<'a>,
    #[serde(borrow)]
    closed_routes: Vec<&'a str>,
}

impl Row for AlertRowV3<'_> {
    const TABLE: &'static str = AlertRow::TABLE;
    const VERSION: u8 = 3;
}

impl<'a> From<&'a AlertRecord> for AlertRowV3<'a> {
    fn from(record: &'a AlertRecord) -> Self {
        let closed_routes = record.closed_routes.iter().map(RouteName::as_str).collect();
        AlertRowV3 { second: record.into(), closed_routes }
    }
}
impl From<AlertRowV3<'_>> for AlertRecord {
    fn from(row: AlertRowV3<'_>) -> Self {
        let closed_routes = row.closed_routes.into_iter().map(RouteName::new).collect();
        AlertRecord { closed_routes, ..row.second.into() }
    }
}

/// The fields of version 1, and those that version 2 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct AlertRowV2<'a> {
    #[serde(borrow)]
    first: AlertRowV1<'a>,
    #[serde(borrow)]
    answers: Vec<AnswerRow<'a>>,
}

impl Row for AlertRowV2<'_> {
    const TABLE: &'static str = AlertRow::TABLE;
    const VERSION: u8 = 2;
}

impl<'a> From<&'a AlertRecord> for AlertRowV2<'a> {
    fn from(record: &'a AlertRecord) -> Self {
        AlertRowV2 { first: record.into(), answers: rows(&record.answers) }
    }
}
impl From<AlertRowV2<'_>> for AlertRecord {
    fn from(row: AlertRowV2<'_>) -> Self {
        AlertRecord { answers: cores(row.answers), ..row.first.into() }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AlertRowV1<'a> {
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    id: &'a str,
    phase: PhaseRow,
    level: JudgementRow,
    previous: Option<JudgementRow>,
    since: i64,
    judgements: Vec<JudgementRow>,
    summary: &'a str,
    #[serde(borrow)]
    report: Option<ReportRow<'a>>,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
    #[serde(borrow)]
    told: Vec<ToldRow<'a>>,
    holds: Vec<HoldRow>,
    last_good: Option<i64>,
    #[serde(borrow)]
    acknowledged: Option<AcknowledgementRow<'a>>,
    #[serde(borrow)]
    assigned: Option<AssignmentRow<'a>>,
    #[serde(borrow)]
    escalating: Vec<EscalatingRow<'a>>,
    flaps: u32,
}

impl Row for AlertRowV1<'_> {
    const TABLE: &'static str = "alerts";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a AlertRecord> for AlertRowV1<'a> {
    fn from(record: &'a AlertRecord) -> Self {
        let AlertRecord {
            key,
            id,
            phase,
            level,
            previous,
            since,
            judgements,
            summary,
            report,
            labels,
            told,
            answers: _,
            holds,
            closed_routes: _,
            last_good,
            acknowledged,
            taken: _,
            assigned,
            escalating,
            flaps,
        } = record;
        AlertRowV1 {
            key: key.into(),
            id: id.as_str(),
            phase: (*phase).into(),
            level: (*level).into(),
            previous: previous.map(JudgementRow::from),
            since: since.millis(),
            judgements: judgements.iter().copied().map(JudgementRow::from).collect(),
            summary,
            report: report.as_deref().map(ReportRow::from),
            labels: labels_row(labels),
            told: rows(told),
            holds: holds.iter().copied().map(HoldRow::from).collect(),
            last_good: last_good.map(Wall::millis),
            acknowledged: acknowledged.as_ref().map(AcknowledgementRow::from),
            assigned: assigned.as_ref().map(AssignmentRow::from),
            escalating: rows(escalating),
            flaps: flaps.bits(),
        }
    }
}
impl From<AlertRowV1<'_>> for AlertRecord {
    fn from(row: AlertRowV1<'_>) -> Self {
        AlertRecord {
            key: row.key.into(),
            id: AlertId::restore(row.id),
            phase: row.phase.into(),
            level: row.level.into(),
            previous: row.previous.map(Judgement::from),
            since: Wall::from_millis(row.since),
            judgements: row.judgements.into_iter().map(Judgement::from).collect(),
            summary: row.summary.to_owned(),
            report: row.report.map(|report| Arc::new(Report::from(report))),
            labels: labels(row.labels),
            told: cores(row.told),
            answers: Vec::new(),
            holds: row.holds.into_iter().map(Hold::from).collect(),
            closed_routes: Vec::new(),
            last_good: row.last_good.map(Wall::from_millis),
            acknowledged: row.acknowledged.map(Acknowledgement::from),
            taken: 0,
            assigned: row.assigned.map(Assignment::from),
            escalating: cores(row.escalating),
            flaps: Flaps::from_bits(row.flaps),
        }
    }
}
