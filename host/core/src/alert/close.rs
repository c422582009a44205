//! The end of a life (rules A4, A11, D4): who was tried is owed the resolve, whatever holds back, routes or reloads
//! in between; who was not is told nothing, unless the check asks for short lives to be told.

use std::sync::Arc;

use crate::alert::notice::{Over, state_of};
use crate::alert::{Alert, AlertKey, AlertRecord, Phase, Told, notice};
use crate::check::Activity;
use crate::commit::TransitionKind;
use crate::delivery::queue::{Earlier, Message, alert_dedup_key};
use crate::delivery::{AlertNotice, DeliverySubject, NotificationKind};
use crate::group::GroupKey;
use crate::ids::{ReceiverName, RouteName};
use crate::reason::Reason;
use crate::report::{Judgement, State as CheckState};
use crate::route;
use crate::setup::{Grouping, ReceiverSpec};
use crate::turn::Turn;

/// Why a life ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Closing {
    Recovered {
        oks: u32,
    },
    /// What it was about is well: the plugin reports again, the host is not late any more.
    Well,
    /// A finding is gone from the report, and its check says that this resolves it.
    FindingGone,
    /// "Not judged" ends by a judgement, whatever that says.
    Judged {
        judgement: Judgement,
        summary: String,
    },
    /// Nothing is expected of its check any more: an operator paused it.
    Paused,
    /// Its check was removed or disabled.
    Removed,
}

/// Whether receivers that were never tried are told of a life that is over already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ShortLife {
    Silent,
    Combined,
}

/// How the subject stands at the end, and what the last notice says of it in one line: every notifier tells both. What has
/// not recovered is never said to have.
fn ends_as(record: &mut AlertRecord, closing: Closing) -> CheckState {
    match closing {
        Closing::Recovered { .. } | Closing::Well => CheckState::Ok,
        Closing::FindingGone => {
            record.summary = "gone from the report".to_owned();
            CheckState::Ok
        }
        Closing::Judged { judgement: Judgement::Ok, summary } => {
            record.summary = summary;
            CheckState::Ok
        }
        Closing::Judged { judgement, summary } => {
            record.summary = judged_again(judgement, &summary);
            judgement.state()
        }
        Closing::Paused => {
            record.summary = format!("paused by an operator; it was {}", record.summary);
            CheckState::Unknown
        }
        Closing::Removed => removed(record),
    }
}

/// From here on nobody looks at it, so that it is unknown how it is, unless it was about to recover.
fn removed(record: &mut AlertRecord) -> CheckState {
    let last = state_of(&record.key, record.level);
    let (state, summary) = match (&record.key, record.phase) {
        (AlertKey::Check(_) | AlertKey::Finding(..), Phase::Recovering { .. }) => {
            (CheckState::Ok, format!("removed, last ok; it was {}: {}", last.as_str(), record.summary))
        }
        (AlertKey::Check(_) | AlertKey::Finding(..), Phase::Pending | Phase::Firing { .. }) => {
            (CheckState::Unknown, removed_at(last, &record.summary))
        }
        (AlertKey::NotJudged(_), _) => (CheckState::Unknown, format!("removed; it was {}", record.summary)),
        (AlertKey::Plugin(_) | AlertKey::Host(_), _) => (
            CheckState::Unknown,
            format!("removed with the check that it failed in; it was: {}", record.summary),
        ),
    };
    record.summary = summary;
    state
}

fn judged_again(judgement: Judgement, summary: &str) -> String {
    format!("judged again, and it is {}: {summary}", judgement.state().as_str())
}

fn removed_at(last: CheckState, summary: &str) -> String {
    format!("removed, last {}: {summary}", last.as_str())
}

impl Turn<'_> {
    /// Ends a life that fired. Pending ones merely calm.
    pub(crate) fn close(&mut self, key: &AlertKey, closing: Closing) {
        let Some(mut alert) = self.state.alerts.remove(key) else { return };
        self.alert_changed(key);
        self.family_changed(key);
        let (kind, reason) = match &closing {
            Closing::Recovered { oks } => (TransitionKind::Resolved, Some(Reason::Recovered { oks: *oks })),
            Closing::Judged { judgement, .. } => {
                (TransitionKind::Resolved, Some(Reason::JudgedAgain { judgement: *judgement }))
            }
            Closing::Well | Closing::FindingGone | Closing::Paused => (TransitionKind::Resolved, None),
            Closing::Removed => (TransitionKind::Removed, Some(Reason::CheckRemoved)),
        };
        let state = ends_as(&mut alert.record, closing);
        self.transition(&alert.record, kind, state);
        if let Some(reason) = reason {
            self.decide(key, Some(alert.record.id.clone()), reason);
        }
        if alert.record.phase == Phase::Pending {
            return;
        }
        let setup = Arc::clone(&self.state.setup);
        let told = notice::notice(&alert.record, &setup, Some(Over { at: self.now.wall, state }));
        let short = match key.check().and_then(|name| setup.checks.get(name)) {
            Some(spec) if spec.send_short => ShortLife::Combined,
            Some(_) | None => ShortLife::Silent,
        };
        let alone = self.resolve_alone(&alert, &told, short);
        let grouped = self.resolve_in_groups(&alert, &told, short);
        if alone + grouped == 0 {
            self.decide(key, Some(alert.record.id.clone()), Reason::NeverTold);
        }
    }

    /// Brings a notice up to date whose alert ended while it waited as a dead letter.
    pub(crate) fn ended_meanwhile(&self, told: &mut AlertNotice) {
        let check = told.key.check().and_then(|name| self.state.checks.named(name));
        let last = check.and_then(|check| check.last.as_ref()).map(|row| &row.outcome);
        let judged = last.and_then(|outcome| Some((outcome.judgement()?, outcome.summary().to_owned())));
        let there = check.is_some_and(|check| check.activity != Activity::Disabled);
        let was = told.state;
        (told.state, told.summary) = match (&told.key, judged) {
            (AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::NotJudged(_), _) if !there => {
                (CheckState::Unknown, removed_at(was, &told.summary))
            }
            (AlertKey::NotJudged(_), Some((Judgement::Ok, summary)))
            | (AlertKey::Check(_), Some((Judgement::Ok, summary))) => (CheckState::Ok, summary),
            (AlertKey::NotJudged(_), Some((judgement, summary))) => {
                (judgement.state(), judged_again(judgement, &summary))
            }
            (AlertKey::NotJudged(_), None) => (CheckState::Unknown, format!("over; it was {}", told.summary)),
            (AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_), _) => {
                (CheckState::Ok, format!("it is over; it was: {}", told.summary))
            }
        };
        told.previous = Some(was);
        told.severity = told.state.severity();
        told.until = Some(self.now.wall);
    }

    /// Receivers of single alerts. Says how many are told.
    fn resolve_alone(&mut self, alert: &Alert, resolved: &AlertNotice, short: ShortLife) -> usize {
        let key = &alert.record.key;
        let subject = DeliverySubject::Alert(key.clone());
        let mut count = 0;
        for told in &alert.record.told {
            if self.is_told_in_group(alert, told) {
                continue;
            }
            let withdrawn = self.withdraw(&told.receiver, &subject, key);
            let Some(spec) = self.receiver_of(told) else {
                let error = "the config has no such receiver any more".to_owned();
                let reason = Reason::Undeliverable { receiver: told.receiver.clone(), error };
                self.decide(key, Some(alert.record.id.clone()), reason);
                continue;
            };
            let earlier = Earlier::Told { service_id: told.service_id.clone() };
            let reason = if withdrawn > 0 {
                Reason::Combined { receiver: told.receiver.clone() }
            } else {
                Reason::ResolveOwed { receiver: told.receiver.clone() }
            };
            self.send_resolve(spec, resolved, &told.route, earlier, reason);
            count += 1;
        }
        for (spec, route) in self.untold_alone(alert) {
            self.withdraw(&spec.name, &subject, key);
            if short == ShortLife::Combined {
                let reason = Reason::Combined { receiver: spec.name.clone() };
                self.send_resolve(spec, resolved, &route, Earlier::Nothing, reason);
                count += 1;
            }
        }
        count
    }

    fn send_resolve(
        &mut self,
        spec: Arc<ReceiverSpec>,
        resolved: &AlertNotice,
        route: &RouteName,
        earlier: Earlier,
        reason: Reason,
    ) {
        let message = Message {
            kind: NotificationKind::Resolved,
            subject: DeliverySubject::Alert(resolved.key.clone()),
            dedup_key: alert_dedup_key(&resolved.id, &spec.name),
            route: Some(route.clone()),
            reason: reason.to_string(),
            group_labels: resolved.labels.clone(),
            alerts: vec![resolved.clone()],
            omitted: 0,
            link: resolved.link.clone(),
            event: None,
            not_before: None,
            earlier,
        };
        self.enqueue(spec, message);
        self.decide(&resolved.key, Some(resolved.id.clone()), reason);
    }

    /// Receivers for which a first notice of this alert waits, never attempted.
    fn untold_alone(&self, alert: &Alert) -> Vec<(Arc<ReceiverSpec>, RouteName)> {
        let subject = DeliverySubject::Alert(alert.record.key.clone());
        let told = |receiver: &ReceiverName| alert.record.told.iter().any(|told| told.receiver == *receiver);
        let mut waiting = Vec::new();
        for receiver in self.state.outbox.receivers().filter(|receiver| !told(receiver)) {
            let row = self.state.outbox.lane(receiver, &subject).find(|row| row.is_untried());
            if let Some((row, route)) =
                row.and_then(|row| Some((row, row.record.notification.route.clone()?)))
            {
                waiting.push((Arc::clone(&row.record.receiver), route));
            }
        }
        waiting
    }

    /// Marks its memberships as resolved; the groups tell it at their next flush. Says how many receivers will be
    /// told.
    fn resolve_in_groups(&mut self, alert: &Alert, resolved: &AlertNotice, short: ShortLife) -> usize {
        let key = &alert.record.key;
        let mut count = 0;
        for group in &alert.groups {
            for receiver in self.group_receivers(group) {
                self.withdraw(&receiver, &DeliverySubject::Group(group.clone()), key);
            }
            let mut owed: Vec<Told> =
                alert.record.told.iter().filter(|told| self.is_told_by(group, told)).cloned().collect();
            if owed.is_empty() && short == ShortLife::Combined {
                owed = self.owed_though_untold(alert, group);
            }
            count += owed.len();
            self.member_resolved(group, resolved, owed);
        }
        count
    }

    fn owed_though_untold(&self, alert: &Alert, group: &GroupKey) -> Vec<Told> {
        let route = route::named(&self.state.setup, &group.route);
        let receivers = route.into_iter().flat_map(|route| &route.receivers);
        receivers
            .filter(|name| {
                self.state.setup.receivers.get(*name).is_some_and(|spec| spec.grouping == Grouping::PerGroup)
            })
            .map(|name| Told {
                receiver: name.clone(),
                route: group.route.clone(),
                level: alert.record.level,
                flapping: false,
                at: self.now.wall,
                service_id: None,
                retired: None,
            })
            .collect()
    }

    fn is_told_in_group(&self, alert: &Alert, told: &Told) -> bool {
        alert.groups.iter().any(|group| self.is_told_by(group, told))
    }

    /// How a receiver is told of this alert: as it was told before in this life, whatever the config says by now, so
    /// that all notices of one life stand in one lane (rule D4).
    pub(crate) fn grouping_for(&self, alert: &Alert, spec: &ReceiverSpec) -> Grouping {
        let mut told = alert.record.told.iter().filter(|told| told.receiver == spec.name);
        if told.clone().next().is_none() {
            spec.grouping
        } else if told.any(|told| self.is_told_in_group(alert, told)) {
            Grouping::PerGroup
        } else {
            Grouping::PerAlert
        }
    }

    /// Whether it was told as a member of this group. What counts is how it was told and not how the receiver is
    /// told today: the resolve follows the firing, in the same lane.
    pub(crate) fn is_told_by(&self, key: &GroupKey, told: &Told) -> bool {
        let grouped = told.retired.as_ref().is_some_and(|spec| spec.grouping == Grouping::PerGroup);
        grouped && key.route == told.route && self.state.groups.contains_key(key)
    }

    /// The receiver as the config has it, or as it last had it.
    pub(crate) fn receiver_of(&self, told: &Told) -> Option<Arc<ReceiverSpec>> {
        self.state.setup.receivers.get(&told.receiver).or(told.retired.as_ref()).cloned()
    }
}
