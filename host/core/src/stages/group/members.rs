//! Who belongs to a group, and when the group is told next (rules R1, R3).
//!
//! A change (a new member, one that got worse or better, one that resolved) waits `group_wait` for others. After a
//! group was told, it is told again no earlier than `group_interval` later. A flush is never postponed by a later
//! change. If nothing fires any more, there is nothing to wait for, and that is told at once.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::ReceiverName;
use crate::model::alert::Told;
use crate::model::clock::Elapsed;
use crate::model::delivery::AlertNotice;
use crate::model::group::{Group, GroupRecord, Member};
use crate::model::keys::{AlertKey, DeliverySubject, GroupKey};
use crate::model::setup::{Grouping, Route};
use crate::model::timers::Timer;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::route_hold;
use crate::rules::{lanes, route};
use crate::stages::deliver::queue;
use crate::stages::group::content;
use crate::time::Mono;

/// Makes the alert a member of its group on this route, and has the group told if somebody is owed news.
pub(crate) fn tell_in_group(tx: &mut Transaction<'_>, key: &AlertKey, route: &Route) {
    let group = match membership(tx, key, route) {
        Some(group) => group,
        None => join(tx, key, route),
    };
    let (Some(alert), Some(known)) = (tx.state.alerts.at_hand(key), tx.state.groups.at_hand(&group)) else {
        return;
    };
    let in_groups = |name: &&ReceiverName| {
        let spec = tx.state.setup.receivers.get(*name);
        spec.is_some_and(|spec| lanes::grouping_for(tx.state, alert, spec) == Grouping::PerGroup)
    };
    let owes = |name: &ReceiverName| content::is_owed_news(tx.state, alert, known, name, route, tx.now);
    let owed = route.receivers.iter().filter(in_groups).any(owes);
    if owed {
        let wait = group_changes(tx, &group, route.group_wait, route.group_interval);
        if let (Some(wait), Some(alert)) = (wait, tx.state.alerts.at_hand(key)) {
            let id = Some(alert.record.id.clone());
            tx.decide(key, id, Reason::WaitsForGroup { route: route.name.clone(), wait });
        }
    } else if alert.record.holds.is_empty() {
        remind_after_hold(tx, &group, route);
    }
}

/// Gives a reminder that fell due while everything was held back, as soon as something may be told (rule A5).
fn remind_after_hold(tx: &mut Transaction<'_>, key: &GroupKey, route: &Route) {
    let now = tx.now.mono;
    let Some(group) = tx.state.groups.at_hand(key) else { return };
    let overdue = |since: &Elapsed| since.reaches(route.repeat_interval) <= now;
    if !route.repeat_interval.is_zero()
        && route_hold(route, tx.now).is_none()
        && group.flush_due.is_some_and(|due| due > now)
        && group.told_since.values().any(overdue)
    {
        arm_group(tx, key, Some(now));
    }
}

fn membership(tx: &Transaction<'_>, key: &AlertKey, route: &Route) -> Option<GroupKey> {
    let alert = tx.state.alerts.get(key)?;
    alert.groups.iter().find(|group| group.route == route.name).cloned()
}

fn join(tx: &mut Transaction<'_>, key: &AlertKey, route: &Route) -> GroupKey {
    let labels = tx.state.alerts.get(key).map(|alert| alert.record.labels.clone()).unwrap_or_default();
    let group_key =
        GroupKey { route: route.name.clone(), labels: route::group_labels(&route.group_by, &labels) };
    let began = tx.now.wall;
    let group = tx.state.groups.entry(group_key.clone()).or_insert_with(|| {
        Group::new(GroupRecord {
            key: group_key.clone(),
            began,
            flush_at: None,
            last_flush: None,
            members: Vec::new(),
            told: Vec::new(),
        })
    });
    if let Some(alert) = tx.state.alerts.get_mut(key) {
        let member =
            Member { key: key.clone(), alert: alert.record.id.clone(), resolved: None, owed: Vec::new() };
        group.record.members.push(member);
        alert.groups.push(group_key.clone());
    }
    tx.group_changed(&group_key);
    group_key
}

/// Leaves the groups to which the alert's labels no longer lead. It stays in those that were told of it, where the
/// resolve is owed under that group's name (rules A4, A11).
pub(crate) fn leave_other_groups(tx: &mut Transaction<'_>, key: &AlertKey, routes: &[&Route]) {
    let Some(alert) = tx.state.alerts.at_hand(key) else { return };
    let id = alert.record.id.clone();
    let stale: Vec<GroupKey> = alert
        .groups
        .iter()
        .filter(|group| !alert.record.told.iter().any(|told| told.route == group.route))
        .filter(|group| {
            let route = routes.iter().find(|route| route.name == group.route);
            route.is_none_or(|route| {
                route::group_labels(&route.group_by, &alert.record.labels) != group.labels
            })
        })
        .cloned()
        .collect();
    for group in stale {
        for receiver in group_receivers(tx, &group) {
            let subject = DeliverySubject::Group(group.clone());
            queue::withdraw(tx, &receiver, &subject, &id);
        }
        if let Some(alert) = tx.state.alerts.at_hand_mut(key) {
            alert.groups.retain(|other| *other != group);
        }
        drop_members(tx, &group, |member| member.key == *key && member.resolved.is_none());
    }
}

/// A member's life ended. It stays in the group until all who are owed the resolve were told.
pub(crate) fn member_resolved(
    tx: &mut Transaction<'_>,
    key: &GroupKey,
    resolved: &AlertNotice,
    owed: Vec<Told>,
) {
    if owed.is_empty() {
        drop_members(tx, key, |member| member.alert == resolved.id);
        return;
    }
    let Some(group) = tx.state.groups.get_mut(key) else { return };
    for member in group.record.members.iter_mut().filter(|member| member.alert == resolved.id) {
        member.resolved = Some(Box::new(resolved.clone()));
        member.owed.clone_from(&owed);
    }
    let fires = group.record.members.iter().any(|member| member.resolved.is_none());
    tx.group_changed(key);
    match route::named(&tx.state.setup, &key.route) {
        Some(route) if fires => {
            group_changes(tx, key, route.group_wait, route.group_interval);
        }
        Some(_) | None => tell_group_at_once(tx, key),
    }
}

/// Tells the group at once, because there are no others to wait for: nothing in it fires any more, or its route is
/// gone.
fn tell_group_at_once(tx: &mut Transaction<'_>, key: &GroupKey) {
    let now = tx.now.mono;
    if tx.state.groups.get(key).is_some_and(|group| group.flush_due.is_none_or(|due| due > now)) {
        arm_group(tx, key, Some(now));
    }
}

pub(crate) fn drop_members(tx: &mut Transaction<'_>, key: &GroupKey, leaves: impl Fn(&Member) -> bool) {
    let Some(group) = tx.state.groups.get_mut(key) else { return };
    group.record.members.retain(|member| !leaves(member));
    if group.record.members.is_empty() {
        tx.state.groups.remove(key);
    }
    tx.group_changed(key);
}

/// Schedules that the group is told of a change. Returns how long that waits, unless it was due by then anyway.
pub(crate) fn group_changes(
    tx: &mut Transaction<'_>,
    key: &GroupKey,
    wait: Duration,
    interval: Duration,
) -> Option<Duration> {
    let now = tx.now.mono;
    let group = tx.state.groups.get(key)?;
    let soonest = group.flushed.map_or(Mono::default(), |flushed| flushed.reaches(interval));
    let at = (now + wait).max(soonest);
    if group.flush_due.is_some_and(|due| due <= at) {
        return None;
    }
    arm_group(tx, key, Some(at));
    Some(at.since(now))
}

/// Looks again, after a jump of the wall clock, at groups whose route has notify hours.
pub(crate) fn retime_held_groups(tx: &mut Transaction<'_>) {
    let setup = Arc::clone(&tx.state.setup);
    let keys: Vec<GroupKey> = tx.state.groups.keys().cloned().collect();
    for key in keys {
        if let Some(route) = route::named(&setup, &key.route).filter(|it| it.notify_hours.is_some()) {
            group_changes(tx, &key, route.group_wait, route.group_interval);
        }
    }
}

/// Sets when the group is told next.
pub(crate) fn arm_group(tx: &mut Transaction<'_>, key: &GroupKey, at: Option<Mono>) {
    let now = tx.now;
    let Some(group) = tx.state.groups.at_hand_mut(key) else { return };
    group.flush_due = at;
    group.record.flush_at = at.map(|at| now.wall_at(at));
    if let Some(at) = at {
        tx.state.timers.arm(&mut group.timer, at, Timer::Group(Box::new(key.clone())));
    }
    tx.group_changed(key);
}

/// Every receiver that something about this group may wait for: its route's receivers, those told, and those with a
/// waiting message from a route that no longer exists.
pub(crate) fn group_receivers(tx: &Transaction<'_>, key: &GroupKey) -> Vec<ReceiverName> {
    let routed = route::named(&tx.state.setup, &key.route).map(|route| route.receivers.as_slice());
    let mut receivers: Vec<ReceiverName> = routed.unwrap_or_default().to_vec();
    if let Some(group) = tx.state.groups.get(key) {
        let told = group.record.told.iter().map(|told| &told.receiver);
        let owed = group.record.members.iter().flat_map(|member| &member.owed).map(|told| &told.receiver);
        receivers.extend(told.chain(owed).cloned());
    }
    let subject = DeliverySubject::Group(key.clone());
    let waiting = tx.state.outbox.receivers();
    receivers.extend(waiting.filter(|name| tx.state.outbox.lane(name, &subject).next().is_some()).cloned());
    receivers.sort();
    receivers.dedup();
    receivers
}
