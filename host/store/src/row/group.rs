//! Groups and their timers.

use serde::{Deserialize, Serialize};
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::ids::{AlertId, ReceiverName, RouteName};
use watchkeep_core::time::Wall;

use super::alert::{AlertKeyRow, ToldRow};
use super::convert::{LabelsRow, cores, labels, labels_row, owned, rows};
use super::notice::{ActionsRow, AlertNoticeRow, actions_row, give_actions};
use super::{Row, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct GroupKeyRow<'a> {
    route: &'a str,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
}

impl<'a> From<&'a GroupKey> for GroupKeyRow<'a> {
    fn from(key: &'a GroupKey) -> Self {
        let GroupKey { route, labels } = key;
        GroupKeyRow { route: route.as_str(), labels: labels_row(labels) }
    }
}
impl From<GroupKeyRow<'_>> for GroupKey {
    fn from(row: GroupKeyRow<'_>) -> Self {
        GroupKey { route: RouteName::new(row.route), labels: labels(row.labels) }
    }
}

/// A group key as the key of a table: postcard, without a version byte (docs/format.md).
pub(crate) fn group_key(key: &GroupKey) -> Vec<u8> {
    postcard::to_allocvec(&GroupKeyRow::from(key)).expect("strings are written into memory")
}

#[derive(Serialize, Deserialize)]
struct MemberRow<'a> {
    #[serde(borrow)]
    key: AlertKeyRow<'a>,
    alert: &'a str,
    #[serde(borrow)]
    resolved: Option<AlertNoticeRow<'a>>,
    #[serde(borrow)]
    owed: Vec<ToldRow<'a>>,
}

impl<'a> From<&'a Member> for MemberRow<'a> {
    fn from(member: &'a Member) -> Self {
        let Member { key, alert, resolved, owed } = member;
        MemberRow {
            key: key.into(),
            alert: alert.as_str(),
            resolved: resolved.as_deref().map(AlertNoticeRow::from),
            owed: rows(owed),
        }
    }
}
impl From<MemberRow<'_>> for Member {
    fn from(row: MemberRow<'_>) -> Self {
        Member {
            key: row.key.into(),
            alert: AlertId::restore(row.alert),
            resolved: row.resolved.map(|notice| Box::new(notice.into())),
            owed: cores(row.owed),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct GroupToldRow<'a> {
    receiver: &'a str,
    at: i64,
    service_id: Option<&'a str>,
}

impl<'a> From<&'a GroupTold> for GroupToldRow<'a> {
    fn from(told: &'a GroupTold) -> Self {
        let GroupTold { receiver, at, service_id } = told;
        GroupToldRow { receiver: receiver.as_str(), at: at.millis(), service_id: service_id.as_deref() }
    }
}
impl From<GroupToldRow<'_>> for GroupTold {
    fn from(row: GroupToldRow<'_>) -> Self {
        GroupTold {
            receiver: ReceiverName::new(row.receiver),
            at: Wall::from_millis(row.at),
            service_id: owned(row.service_id),
        }
    }
}

/// The fields of version 1, and those that version 2 added: the actions of the notices of members that resolved.
#[derive(Serialize, Deserialize)]
pub(crate) struct GroupRow<'a> {
    #[serde(borrow)]
    first: GroupRowV1<'a>,
    #[serde(borrow)]
    actions: ActionsRow<'a>,
}

impl Row for GroupRow<'_> {
    const TABLE: &'static str = "groups";
    const VERSION: u8 = 2;
}

impl GroupRow<'_> {
    /// Reads a row of this version, or of the one before, whose notices had no actions.
    pub(crate) fn read(bytes: &[u8]) -> Result<GroupRecord, ReadError> {
        match bytes.first() {
            Some(&GroupRowV1::VERSION) => Ok(decode::<GroupRowV1<'_>>(bytes)?.into()),
            Some(_) | None => Ok(decode::<GroupRow<'_>>(bytes)?.into()),
        }
    }
}

impl<'a> From<&'a GroupRecord> for GroupRow<'a> {
    fn from(record: &'a GroupRecord) -> Self {
        let notices = record.members.iter().filter_map(|member| member.resolved.as_deref());
        GroupRow { first: record.into(), actions: actions_row(notices) }
    }
}
impl From<GroupRow<'_>> for GroupRecord {
    fn from(row: GroupRow<'_>) -> Self {
        let mut record = GroupRecord::from(row.first);
        let notices = record.members.iter_mut().filter_map(|member| member.resolved.as_deref_mut());
        give_actions(notices, row.actions);
        record
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct GroupRowV1<'a> {
    #[serde(borrow)]
    key: GroupKeyRow<'a>,
    began: i64,
    flush_at: Option<i64>,
    last_flush: Option<i64>,
    #[serde(borrow)]
    members: Vec<MemberRow<'a>>,
    #[serde(borrow)]
    told: Vec<GroupToldRow<'a>>,
}

impl Row for GroupRowV1<'_> {
    const TABLE: &'static str = GroupRow::TABLE;
    const VERSION: u8 = 1;
}

impl<'a> From<&'a GroupRecord> for GroupRowV1<'a> {
    fn from(record: &'a GroupRecord) -> Self {
        let GroupRecord { key, began, flush_at, last_flush, members, told } = record;
        GroupRowV1 {
            key: key.into(),
            began: began.millis(),
            flush_at: flush_at.map(Wall::millis),
            last_flush: last_flush.map(Wall::millis),
            members: rows(members),
            told: rows(told),
        }
    }
}
impl From<GroupRowV1<'_>> for GroupRecord {
    fn from(row: GroupRowV1<'_>) -> Self {
        GroupRecord {
            key: row.key.into(),
            began: Wall::from_millis(row.began),
            flush_at: row.flush_at.map(Wall::from_millis),
            last_flush: row.last_flush.map(Wall::from_millis),
            members: cores(row.members),
            told: cores(row.told),
        }
    }
}
