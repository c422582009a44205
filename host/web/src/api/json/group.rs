//! Alerts that are told together.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::group::GroupRecord;

use super::{labels, time};

/// As many as one message lists.
const MEMBERS_MAX: usize = 50;

#[derive(Serialize)]
pub(crate) struct GroupItem {
    id: String,
    route: String,
    labels: BTreeMap<String, String>,
    since: String,
    /// When the host looks after it next; `null`: nothing is due.
    next_at: Option<String>,
    last_told: Option<String>,
    told: Vec<ToldItem>,
    /// The first 50.
    members: Vec<MemberItem>,
    members_total: usize,
    /// Of the members: those that are not resolved.
    open_total: usize,
}

#[derive(Serialize)]
struct ToldItem {
    receiver: String,
    at: String,
}

#[derive(Serialize)]
struct MemberItem {
    alert: String,
    key: String,
    resolved: bool,
}

impl GroupItem {
    pub(crate) fn of(group: &GroupRecord) -> Self {
        let told = group.told.iter();
        let members = group.members.iter().take(MEMBERS_MAX);
        Self {
            id: group.key.id(),
            route: group.key.route.to_string(),
            labels: labels(&group.key.labels),
            since: time(group.began),
            next_at: group.flush_at.map(time),
            last_told: group.last_flush.map(time),
            told: told
                .map(|told| ToldItem { receiver: told.receiver.to_string(), at: time(told.at) })
                .collect(),
            members: members
                .map(|member| MemberItem {
                    alert: member.alert.to_string(),
                    key: member.key.to_string(),
                    resolved: member.resolved.is_some(),
                })
                .collect(),
            members_total: group.members.len(),
            open_total: group.members.iter().filter(|member| member.resolved.is_none()).count(),
        }
    }
}
