//! Who is owed what about a firing alert, now (rules A3, A5, R1, R2). One path for everything: a first notice, one
//! that is worse, a hold that ends, a reminder, a changed route tree and a restart all come here, and what was
//! told or waits already is not told again.
//!
//! A receiver of single alerts (a pager, a ticket) does not wait for `group_wait`. That wait gathers company for
//! one common message, and there is none to gather: it would only wake people later. What dampens blips is
//! `failure_threshold`. `repeat_interval` holds for both kinds of receiver.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::holds::Held;
use crate::alert::{Alert, AlertKey, AlertRecord, Told, notice};
use crate::calendar::Calendar;
use crate::delivery::queue::{Earlier, Message, alert_dedup_key};
use crate::delivery::{AlertNotice, DeliverySubject, NotificationKind};
use crate::ids::{ReceiverName, RouteName};
use crate::reason::Reason;
use crate::report::Judgement;
use crate::route;
use crate::setup::{Grouping, ReceiverSpec, Route, Setup};
use crate::time::{Mono, Now};
use crate::timers::Timer;
use crate::turn::Turn;

/// What a receiver of single alerts is to be told now.
enum Owed {
    Nothing { again: Option<Mono> },
    News,
    Reminder,
}

impl Turn<'_> {
    /// Tells of a firing alert whatever is owed.
    pub(crate) fn tell(&mut self, key: &AlertKey) {
        let Some(alert) = self.state.alerts.get(key) else { return };
        if !alert.record.is_told() {
            return;
        }
        let labels = alert.record.labels.clone();
        let setup = Arc::clone(&self.state.setup);
        self.expire_acknowledgement(key);
        let (held, mut again) = self.update_holds(key, &setup);
        again = earlier(again, self.acknowledged_until(key));
        let routes = route::taken(&setup, &labels);
        self.update_route_holds(key, &routes);
        if routes.is_empty() {
            self.decide_once(key, Reason::NoRoute);
            return;
        }
        self.leave_other_groups(key, &routes);
        for route in routes {
            again = earlier(again, self.tell_route(key, route, &setup, held));
        }
        if let Some(at) = again {
            self.arm_alert(key, at);
        }
    }

    /// Tells the receivers of one route. Says when there is something to tell again.
    fn tell_route(&mut self, key: &AlertKey, route: &Route, setup: &Setup, alert_held: Held) -> Option<Mono> {
        let escalation = route.escalation.as_ref().and_then(|name| setup.escalations.get(name));
        if route.receivers.is_empty() && escalation.is_none() {
            self.decide_once(key, Reason::NoReceiver { route: route.name.clone() });
        }
        let route_held_until = route_hold(route, self.now);
        let held = if route_held_until.is_some() { Held::Yes } else { alert_held };
        let mut again = route_held_until.flatten();
        if let Some(escalation) = escalation {
            return earlier(again, self.tell_escalation(key, route, escalation, setup, held));
        }
        let mut grouped = false;
        for spec in route.receivers.iter().filter_map(|name| setup.receivers.get(name)) {
            let Some(alert) = self.state.alerts.get(key) else { break };
            match self.grouping_for(alert, spec) {
                Grouping::PerGroup => {
                    // Decided when the receiver was one of single alerts, and never attempted.
                    self.withdraw(&spec.name, &DeliverySubject::Alert(key.clone()), key);
                    grouped = true;
                }
                Grouping::PerAlert => {
                    self.withdraw_from_groups(&spec.name, key);
                    again = earlier(again, self.tell_alone(key, route, spec, setup, held));
                }
            }
        }
        if grouped {
            self.tell_in_group(key, route);
        }
        again
    }

    /// Takes back what was decided when the receiver was one of groups, and was never attempted.
    pub(super) fn withdraw_from_groups(&mut self, receiver: &ReceiverName, key: &AlertKey) {
        let groups = self.state.alerts.get(key).map(|alert| alert.groups.clone()).unwrap_or_default();
        for group in groups {
            self.withdraw(receiver, &DeliverySubject::Group(group), key);
        }
    }

    /// Tells one receiver of this alert alone. Says when there is something to tell again.
    pub(super) fn tell_alone(
        &mut self,
        key: &AlertKey,
        route: &Route,
        spec: &Arc<ReceiverSpec>,
        setup: &Setup,
        held: Held,
    ) -> Option<Mono> {
        match self.owed_alone(key, route, &spec.name, held)? {
            Owed::Nothing { again } => again,
            Owed::News => {
                self.send_alone(key, route, spec, setup, NotificationKind::Firing, None);
                None
            }
            Owed::Reminder => {
                self.send_alone(key, route, spec, setup, NotificationKind::Reminder, None);
                None
            }
        }
    }

    fn owed_alone(&self, key: &AlertKey, route: &Route, receiver: &ReceiverName, held: Held) -> Option<Owed> {
        let alert = self.state.alerts.get(key)?;
        let known = alert.record.told.iter().find(|told| told.receiver == *receiver);
        if alert.is_quiet_for(known, held) {
            return Some(Owed::Nothing { again: None });
        }
        let told = known.map(|told| told.level);
        let subject = DeliverySubject::Alert(key.clone());
        let waiting: Vec<&AlertNotice> = self
            .state
            .outbox
            .lane(receiver, &subject)
            .filter(|row| row.tells_of_firing())
            .flat_map(|row| &row.record.notification.alerts)
            .filter(|notice| notice.id == alert.record.id)
            .collect();
        let flapping = alert.record.flaps.is_flapping();
        let says_so = waiting.last().map(|notice| notice.flapping);
        let swung = says_so.or(known.map(|told| told.flapping)).is_some_and(|said| said != flapping);
        match told.max(waiting.iter().filter_map(|notice| notice.told_level()).max()) {
            Some(known) if known >= alert.record.level && !swung => {}
            Some(_) | None => return Some(Owed::News),
        }
        if alert.record.acknowledged.is_some() {
            return Some(Owed::Nothing { again: None });
        }
        let busy = self.state.outbox.lane(receiver, &subject).next().is_some();
        let due = alert.reminder_due(receiver, route.repeat_interval);
        Some(match due {
            Some(at) if at <= self.now.mono && !busy => Owed::Reminder,
            // What is still under way will set the time of the next reminder when it is attempted.
            Some(at) if at <= self.now.mono => {
                Owed::Nothing { again: Some(self.now.mono + route.repeat_interval) }
            }
            again => Owed::Nothing { again },
        })
    }

    /// `why` is given where more is known than the alert itself tells.
    pub(super) fn send_alone(
        &mut self,
        key: &AlertKey,
        route: &Route,
        spec: &Arc<ReceiverSpec>,
        setup: &Setup,
        kind: NotificationKind,
        why: Option<Reason>,
    ) {
        let subject = DeliverySubject::Alert(key.clone());
        self.withdraw(&spec.name, &subject, key);
        let Some(alert) = self.state.alerts.get(key) else { return };
        let record = &alert.record;
        let told = record.told.iter().find(|told| told.receiver == spec.name);
        let escalated = why.clone();
        let why = match (why, kind, told) {
            (Some(why), ..) => why,
            (None, NotificationKind::Reminder, _) => {
                Reason::Reminded { receiver: spec.name.clone(), route: route.name.clone() }
            }
            (None, _, Some(told)) if told.flapping != record.flaps.is_flapping() => why_swung(record),
            (None, _, Some(told)) => Reason::Worsened { from: told.level, to: record.level },
            (None, _, None) => why_firing(record),
        };
        let told_notice = notice::notice(record, setup, None);
        let message = Message {
            kind,
            subject,
            dedup_key: alert_dedup_key(&record.id, &spec.name),
            route: Some(route.name.clone()),
            reason: why.to_string(),
            group_labels: record.labels.clone(),
            link: told_notice.link.clone(),
            alerts: vec![told_notice],
            omitted: 0,
            event: None,
            not_before: None,
            earlier: match told {
                Some(told) => Earlier::Told { service_id: told.service_id.clone() },
                None => Earlier::Nothing,
            },
        };
        let id = record.id.clone();
        let notification = self.enqueue(Arc::clone(spec), message);
        if let Some(why) = escalated {
            self.decide(key, Some(id.clone()), why);
        }
        let reason = match kind {
            NotificationKind::Reminder => why,
            _ => Reason::Told { receiver: spec.name.clone(), route: route.name.clone(), notification },
        };
        self.decide(key, Some(id), reason);
    }

    fn acknowledged_until(&self, key: &AlertKey) -> Option<Mono> {
        let taken = self.state.alerts.get(key)?.record.acknowledged.as_ref()?;
        taken.until.map(|until| self.now.mono_at(until))
    }

    /// A decision that is repeated only when it changes anything: said when the alert fires, not at every look.
    fn decide_once(&mut self, key: &AlertKey, reason: Reason) {
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        if alert.nobody_told.as_ref() == Some(&reason) {
            return;
        }
        alert.nobody_told = Some(reason.clone());
        let id = alert.record.id.clone();
        self.decide(key, Some(id), reason);
    }

    /// Looks at the alert again at `at`, or earlier if that was asked for before.
    pub(crate) fn arm_alert(&mut self, key: &AlertKey, at: Mono) {
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        if alert.timer.is_none_or(|armed| at < armed.at) {
            self.state.timers.arm(&mut alert.timer, at, Timer::Alert(Box::new(key.clone())));
        }
    }

    /// After a receiver of single alerts was told: when it is reminded.
    pub(crate) fn arm_reminder(&mut self, key: &AlertKey, receiver: &ReceiverName, route: &RouteName) {
        let spec = self.state.setup.receivers.get(receiver);
        let told = spec.zip(self.state.alerts.get(key));
        let alone = told.map(|(spec, alert)| self.grouping_for(alert, spec)) == Some(Grouping::PerAlert);
        let repeat = self.repeat_interval(route);
        if let (true, Some(repeat), Some(alert)) = (alone, repeat, self.state.alerts.get(key))
            && let Some(at) = alert.reminder_due(receiver, repeat)
        {
            self.arm_alert(key, at);
        }
    }

    fn repeat_interval(&self, name: &RouteName) -> Option<Duration> {
        route::named(&self.state.setup, name).map(|route| route.repeat_interval)
    }
}

/// What is told of flapping that began or ended.
pub(crate) fn why_swung(record: &AlertRecord) -> Reason {
    let percent = record.flaps.percent();
    if record.flaps.is_flapping() {
        Reason::Flaps { percent, changes: record.flaps.changes() }
    } else {
        Reason::Steady { percent }
    }
}

/// Why a firing alert is told for the first time.
pub(crate) fn why_firing(record: &AlertRecord) -> Reason {
    if record.flaps.is_flapping() {
        return why_swung(record);
    }
    match &record.key {
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) => Reason::NotJudged { why: record.summary.clone() },
        AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Host(_) => {
            Reason::Fired { level: record.level }
        }
    }
}

impl Alert {
    /// Whether a receiver, as it was told, is told nothing under these holds.
    pub(crate) fn is_quiet_for(&self, told: Option<&Told>, held: Held) -> bool {
        match held {
            Held::No => false,
            Held::ByFlapping => told.is_some_and(|told| told.flapping),
            Held::Yes => true,
        }
    }
    /// When a told receiver is reminded; never of "not judged", which is told once (rule A2).
    fn reminder_due(&self, receiver: &ReceiverName, repeat: Duration) -> Option<Mono> {
        match self.record.key {
            AlertKey::NotJudged(_) => None,
            AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_)
                if repeat.is_zero() =>
            {
                None
            }
            AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
                self.told_since.get(receiver).map(|since| since.reaches(repeat))
            }
        }
    }
    pub(crate) fn told_level(&self, receiver: &ReceiverName, route: &RouteName) -> Option<Judgement> {
        let told = self.record.told.iter().find(|told| told.receiver == *receiver && told.route == *route);
        told.map(|told| told.level)
    }
}

/// `None`: the route's notices may go out now. Otherwise when they may, if ever.
pub(crate) fn route_hold(route: &Route, now: Now) -> Option<Option<Mono>> {
    route.notify_hours.as_deref().and_then(|hours| hold_of(hours, now))
}

pub(crate) fn hold_of(hours: &Calendar, now: Now) -> Option<Option<Mono>> {
    if hours.is_open(now.wall) {
        return None;
    }
    Some(hours.next_open(now.wall).map(|open| now.mono_at(open)))
}

pub(crate) fn earlier(one: Option<Mono>, other: Option<Mono>) -> Option<Mono> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
