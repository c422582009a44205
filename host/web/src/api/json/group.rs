//! Alerts whose notifications are sent together.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::group::GroupRecord;
use watchkeep_core::ids::ReceiverName;
use watchkeep_core::time::Wall;

use super::{labels, time};
use crate::host::Host;

/// The most members that are listed, as many as one message lists.
const MEMBERS_MAX: usize = 50;

#[derive(Serialize)]
pub(crate) struct GroupItem {
    id: String,
    route: String,
    labels: BTreeMap<String, String>,
    since: String,
    /// When the group is next due; `null` if it is not.
    next_at: Option<String>,
    /// When a service last accepted a notification about one of the members below.
    last_told: Option<String>,
    /// The receivers whose services accepted a notification about one of the members below, and when they last did.
    told: Vec<ToldItem>,
    /// The receivers that a notification was sent to, whatever happened to it, and when it last was.
    attempted: Vec<ToldItem>,
    /// The first 50 members.
    members: Vec<MemberItem>,
    members_total: usize,
    /// How many of all members are not resolved.
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
    pub(crate) fn of(group: &GroupRecord, host: &dyn Host) -> Self {
        let told = took(group, host);
        let members = group.members.iter().take(MEMBERS_MAX);
        Self {
            id: group.key.id(),
            route: group.key.route.to_string(),
            labels: labels(&group.key.labels),
            since: time(group.began),
            next_at: group.flush_at.map(time),
            last_told: told.values().max().copied().map(time),
            told: told.iter().map(|(receiver, at)| item(receiver, *at)).collect(),
            attempted: group.told.iter().map(|told| item(&told.receiver, told.at)).collect(),
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

fn item(receiver: &ReceiverName, at: Wall) -> ToldItem {
    ToldItem { receiver: receiver.to_string(), at: time(at) }
}

/// When each receiver last accepted a notification about the members that are shown, if these are still open.
fn took(group: &GroupRecord, host: &dyn Host) -> BTreeMap<ReceiverName, Wall> {
    let mut last = BTreeMap::new();
    for member in group.members.iter().take(MEMBERS_MAX) {
        let Some(alert) = host.alert(&member.key).filter(|alert| alert.id == member.alert) else { continue };
        for (receiver, took) in
            alert.answers.iter().filter_map(|answer| Some((&answer.receiver, answer.took?)))
        {
            let at = last.entry(receiver.clone()).or_insert(took.at);
            *at = took.at.max(*at);
        }
    }
    last
}
