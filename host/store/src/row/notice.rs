//! What a notification is about: alerts with their pictures, and events.

use serde::{Deserialize, Serialize};
use watchkeep_core::delivery::{AlertNotice, EventNotice, Picture};
use watchkeep_core::ids::{AlertId, CheckName, Digest};
use watchkeep_core::report::State;
use watchkeep_core::time::Wall;

use super::alert::AlertKeyRow;
use super::convert::{LabelsRow, cores, labels, labels_row, owned, rows};
use super::enums::{SeverityRow, StateRow};
use super::report::{EventRow, MetricRow};

/// A notice as the first versions of the rows that hold notices have it; later ones end with its actions.
#[derive(Serialize, Deserialize)]
pub(super) struct AlertNoticeRow<'a> {
    id: &'a str,
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    state: StateRow,
    previous: Option<StateRow>,
    flapping: bool,
    severity: SeverityRow,
    summary: &'a str,
    details: Option<&'a str>,
    #[serde(borrow)]
    metrics: Vec<MetricRow<'a>>,
    since: i64,
    until: Option<i64>,
    last_good: Option<i64>,
    acknowledged_by: Option<&'a str>,
    assigned_to: Option<&'a str>,
    runbook: Option<&'a str>,
    link: &'a str,
    #[serde(borrow)]
    pictures: Vec<PictureRow<'a>>,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
}

#[derive(Serialize, Deserialize)]
struct PictureRow<'a> {
    digest: [u8; 32],
    name: &'a str,
    media_type: &'a str,
    size_bytes: u64,
    url: &'a str,
}

impl<'a> From<&'a Picture> for PictureRow<'a> {
    fn from(picture: &'a Picture) -> Self {
        let Picture { digest, name, media_type, size_bytes, url } = picture;
        PictureRow { digest: digest.0, name, media_type, size_bytes: *size_bytes, url }
    }
}
impl From<PictureRow<'_>> for Picture {
    fn from(row: PictureRow<'_>) -> Self {
        Picture {
            digest: Digest(row.digest),
            name: row.name.to_owned(),
            media_type: row.media_type.to_owned(),
            size_bytes: row.size_bytes,
            url: row.url.to_owned(),
        }
    }
}

impl<'a> From<&'a AlertNotice> for AlertNoticeRow<'a> {
    fn from(notice: &'a AlertNotice) -> Self {
        let AlertNotice {
            id,
            key,
            state,
            previous,
            flapping,
            severity,
            summary,
            details,
            metrics,
            since,
            until,
            last_good,
            acknowledged_by,
            assigned_to,
            actions: _,
            runbook,
            link,
            pictures,
            labels,
        } = notice;
        AlertNoticeRow {
            id: id.as_str(),
            key: key.into(),
            state: (*state).into(),
            previous: previous.map(StateRow::from),
            flapping: *flapping,
            severity: (*severity).into(),
            summary,
            details: details.as_deref(),
            metrics: rows(metrics),
            since: since.millis(),
            until: until.map(Wall::millis),
            last_good: last_good.map(Wall::millis),
            acknowledged_by: acknowledged_by.as_deref(),
            assigned_to: assigned_to.as_deref(),
            runbook: runbook.as_deref(),
            link,
            pictures: rows(pictures),
            labels: labels_row(labels),
        }
    }
}
impl From<AlertNoticeRow<'_>> for AlertNotice {
    fn from(row: AlertNoticeRow<'_>) -> Self {
        AlertNotice {
            id: AlertId::restore(row.id),
            key: row.key.into(),
            state: row.state.into(),
            previous: row.previous.map(State::from),
            flapping: row.flapping,
            severity: row.severity.into(),
            summary: row.summary.to_owned(),
            details: owned(row.details),
            metrics: cores(row.metrics),
            since: Wall::from_millis(row.since),
            until: row.until.map(Wall::from_millis),
            last_good: row.last_good.map(Wall::from_millis),
            acknowledged_by: owned(row.acknowledged_by),
            assigned_to: owned(row.assigned_to),
            actions: Vec::new(),
            runbook: owned(row.runbook),
            link: row.link.to_owned(),
            pictures: cores(row.pictures),
            labels: labels(row.labels),
        }
    }
}

/// What recovery did about the alert of each notice, in the order of the notices.
pub(super) type ActionsRow<'a> = Vec<Vec<&'a str>>;

pub(super) fn actions_row<'a>(notices: impl Iterator<Item = &'a AlertNotice>) -> ActionsRow<'a> {
    notices.map(|notice| notice.actions.iter().map(String::as_str).collect()).collect()
}

pub(super) fn give_actions<'n>(notices: impl Iterator<Item = &'n mut AlertNotice>, row: ActionsRow<'_>) {
    for (notice, actions) in notices.zip(row) {
        notice.actions = actions.into_iter().map(str::to_owned).collect();
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct EventNoticeRow<'a> {
    check: &'a str,
    #[serde(borrow)]
    event: EventRow<'a>,
}

impl<'a> From<&'a EventNotice> for EventNoticeRow<'a> {
    fn from(notice: &'a EventNotice) -> Self {
        let EventNotice { check, event } = notice;
        EventNoticeRow { check: check.as_str(), event: event.into() }
    }
}
impl From<EventNoticeRow<'_>> for EventNotice {
    fn from(row: EventNoticeRow<'_>) -> Self {
        EventNotice { check: CheckName::new(row.check), event: row.event.into() }
    }
}
