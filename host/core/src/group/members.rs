//! Who belongs to a group, and when the group is told next (rules R1, R3).
//!
//! A change (a new member, one that got worse or better, one that resolved) waits `group_wait` for company. Once
//! a group was told it is told again `group_interval` later at the earliest. What is due sooner stays due: later
//! changes never postpone a flush. Where nothing fires any more there is nothing to wait for: that is told at once.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::tell::route_hold;
use crate::alert::{AlertKey, Told};
use crate::clock::Elapsed;
use crate::delivery::{AlertNotice, DeliverySubject};
use crate::group::{Group, GroupKey, GroupRecord, Member};
use crate::ids::ReceiverName;
use crate::reason::Reason;
use crate::route;
use crate::setup::{Grouping, Route};
use crate::time::Mono;
use crate::timers::Timer;
use crate::turn::Turn;

impl Turn<'_> {
    /// Makes the alert a member of its group on this route, and has the group told if somebody is owed news.
    pub(crate) fn tell_in_group(&mut self, key: &AlertKey, route: &Route) {
        let group = match self.membership(key, route) {
            Some(group) => group,
            None => self.join(key, route),
        };
        let Some(alert) = self.state.alerts.get(key) else { return };
        if !alert.record.holds.is_empty() {
            return;
        }
        let level = Some(alert.record.level);
        let owed = route
            .receivers
            .iter()
            .filter(|name| {
                let spec = self.state.setup.receivers.get(*name);
                spec.is_some_and(|spec| self.grouping_for(alert, spec) == Grouping::PerGroup)
            })
            .any(|name| alert.told_level(name, &route.name) != level);
        if owed {
            let wait = self.group_changes(&group, route.group_wait, route.group_interval);
            if let (Some(wait), Some(alert)) = (wait, self.state.alerts.get(key)) {
                let id = Some(alert.record.id.clone());
                self.decide(key, id, Reason::WaitsForGroup { route: route.name.clone(), wait });
            }
        } else {
            self.remind_after_hold(&group, route);
        }
    }

    /// A reminder that fell due while all was held back is given as soon as something may be told (rule A5).
    fn remind_after_hold(&mut self, key: &GroupKey, route: &Route) {
        let now = self.now.mono;
        let Some(group) = self.state.groups.get(key) else { return };
        let overdue = |since: &Elapsed| since.reaches(route.repeat_interval) <= now;
        if !route.repeat_interval.is_zero()
            && route_hold(route, self.now).is_none()
            && group.flush_due.is_some_and(|due| due > now)
            && group.told_since.values().any(overdue)
        {
            self.arm_group(key, Some(now));
        }
    }

    fn membership(&self, key: &AlertKey, route: &Route) -> Option<GroupKey> {
        let alert = self.state.alerts.get(key)?;
        alert.groups.iter().find(|group| group.route == route.name).cloned()
    }

    fn join(&mut self, key: &AlertKey, route: &Route) -> GroupKey {
        let labels = self.state.alerts.get(key).map(|alert| alert.record.labels.clone()).unwrap_or_default();
        let group_key =
            GroupKey { route: route.name.clone(), labels: route::group_labels(&route.group_by, &labels) };
        let began = self.now.wall;
        let group = self.state.groups.entry(group_key.clone()).or_insert_with(|| {
            Group::new(GroupRecord {
                key: group_key.clone(),
                began,
                flush_at: None,
                last_flush: None,
                members: Vec::new(),
                told: Vec::new(),
            })
        });
        if let Some(alert) = self.state.alerts.get_mut(key) {
            let member =
                Member { key: key.clone(), alert: alert.record.id.clone(), resolved: None, owed: Vec::new() };
            group.record.members.push(member);
            alert.groups.push(group_key.clone());
        }
        self.group_changed(&group_key);
        group_key
    }

    /// Leaves groups to which the alert's labels do not lead any more. Where it was told it stays: the resolve is
    /// owed there, under that group's name (rules A4, A11).
    pub(crate) fn leave_other_groups(&mut self, key: &AlertKey, routes: &[&Route]) {
        let Some(alert) = self.state.alerts.get(key) else { return };
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
            for receiver in self.group_receivers(&group) {
                let subject = DeliverySubject::Group(group.clone());
                self.withdraw(&receiver, &subject, key);
            }
            if let Some(alert) = self.state.alerts.get_mut(key) {
                alert.groups.retain(|other| *other != group);
            }
            self.drop_members(&group, |member| member.key == *key && member.resolved.is_none());
        }
    }

    /// A member's life ended. It stays until those who are owed the resolve were told.
    pub(crate) fn member_resolved(&mut self, key: &GroupKey, resolved: &AlertNotice, owed: Vec<Told>) {
        if owed.is_empty() {
            self.drop_members(key, |member| member.alert == resolved.id);
            return;
        }
        let Some(group) = self.state.groups.get_mut(key) else { return };
        for member in group.record.members.iter_mut().filter(|member| member.alert == resolved.id) {
            member.resolved = Some(Box::new(resolved.clone()));
            member.owed.clone_from(&owed);
        }
        let fires = group.record.members.iter().any(|member| member.resolved.is_none());
        self.group_changed(key);
        match route::named(&self.state.setup, &key.route) {
            Some(route) if fires => {
                self.group_changes(key, route.group_wait, route.group_interval);
            }
            Some(_) | None => self.tell_group_at_once(key),
        }
    }

    /// There is no company to wait for: nothing of the group fires any more, or its route is gone.
    fn tell_group_at_once(&mut self, key: &GroupKey) {
        let now = self.now.mono;
        if self.state.groups.get(key).is_some_and(|group| group.flush_due.is_none_or(|due| due > now)) {
            self.arm_group(key, Some(now));
        }
    }

    pub(crate) fn drop_members(&mut self, key: &GroupKey, leaves: impl Fn(&Member) -> bool) {
        let Some(group) = self.state.groups.get_mut(key) else { return };
        group.record.members.retain(|member| !leaves(member));
        if group.record.members.is_empty() {
            self.state.groups.remove(key);
        }
        self.group_changed(key);
    }

    /// Has the group told of a change. Says how long that waits, if it was not due by then anyway.
    pub(crate) fn group_changes(
        &mut self,
        key: &GroupKey,
        wait: Duration,
        interval: Duration,
    ) -> Option<Duration> {
        let now = self.now.mono;
        let group = self.state.groups.get(key)?;
        let soonest = group.flushed.map_or(Mono::default(), |flushed| flushed.reaches(interval));
        let at = (now + wait).max(soonest);
        if group.flush_due.is_some_and(|due| due <= at) {
            return None;
        }
        self.arm_group(key, Some(at));
        Some(at.since(now))
    }

    /// After a jump of the wall clock: groups whose route has notify hours look again.
    pub(crate) fn retime_held_groups(&mut self) {
        let setup = Arc::clone(&self.state.setup);
        let keys: Vec<GroupKey> = self.state.groups.keys().cloned().collect();
        for key in keys {
            if let Some(route) = route::named(&setup, &key.route).filter(|it| it.notify_hours.is_some()) {
                self.group_changes(&key, route.group_wait, route.group_interval);
            }
        }
    }

    /// Sets when the group is told next.
    pub(crate) fn arm_group(&mut self, key: &GroupKey, at: Option<Mono>) {
        let now = self.now;
        let Some(group) = self.state.groups.get_mut(key) else { return };
        group.flush_due = at;
        group.record.flush_at = at.map(|at| now.wall_at(at));
        if let Some(at) = at {
            self.state.timers.arm(&mut group.timer, at, Timer::Group(Box::new(key.clone())));
        }
        self.group_changed(key);
    }

    /// Everybody who may have something of this group waiting: its route's receivers, those told, and those for whom
    /// a message waits that a route which is no more decided on.
    pub(crate) fn group_receivers(&self, key: &GroupKey) -> Vec<ReceiverName> {
        let routed = route::named(&self.state.setup, &key.route).map(|route| route.receivers.as_slice());
        let mut receivers: Vec<ReceiverName> = routed.unwrap_or_default().to_vec();
        if let Some(group) = self.state.groups.get(key) {
            let told = group.record.told.iter().map(|told| &told.receiver);
            let owed = group.record.members.iter().flat_map(|member| &member.owed).map(|told| &told.receiver);
            receivers.extend(told.chain(owed).cloned());
        }
        let subject = DeliverySubject::Group(key.clone());
        let waiting = self.state.outbox.receivers();
        receivers
            .extend(waiting.filter(|name| self.state.outbox.lane(name, &subject).next().is_some()).cloned());
        receivers.sort();
        receivers.dedup();
        receivers
    }
}
