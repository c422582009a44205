//! What one receiver is to be told about a group: what is new, what resolved, and the rest as context.

use std::collections::BTreeMap;

use crate::ids::{AlertId, DeliveryId, ReceiverName};
use crate::model::alert::{Alert, Told};
use crate::model::delivery::{AlertNotice, NotificationKind};
use crate::model::group::Group;
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::outbox::Row;
use crate::model::setup::{Grouping, Route};
use crate::model::state::State;
use crate::reason::Reason;
use crate::rules::holds::{HoldEffect, held_by, route_hold};
use crate::rules::owed::{Hears, Known, Owed, Reminder, Said, owed, reminder_at, why};
use crate::rules::{lanes, route};
use crate::time::Now;

#[derive(Debug, Default)]
pub(super) struct Content {
    /// Firing alerts that the receiver does not know as they are now.
    pub(super) news: Vec<News>,
    pub(super) resolved: Vec<AlertNotice>,
    /// How many of `resolved`, at its front, come from the message that is replaced. Nothing else records that they are
    /// owed.
    pub(super) carried: usize,
    /// Firing alerts that the receiver knows as they are now.
    pub(super) known: Vec<AlertKey>,
    pub(super) reminder: bool,
    /// A waiting message that was never attempted, which this one replaces.
    pub(super) replaces: Option<DeliveryId>,
}

#[derive(Debug)]
pub(super) struct News {
    pub(super) key: AlertKey,
    pub(super) why: Reason,
    age: Age,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Age {
    Fresh,
    /// The message that waits tells of the alert as it is now.
    Waits,
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        self.news.is_empty() && self.resolved.is_empty() && !self.reminder
    }
    pub(super) fn is_news(&self, key: &AlertKey) -> bool {
        self.news.iter().any(|news| news.key == *key)
    }
    /// Why the receiver is told, for a message that lists this many alerts.
    pub(super) fn why(&self, alerts: usize) -> String {
        if let ([news], true, 1) = (self.news.as_slice(), self.resolved.is_empty(), alerts) {
            return news.why.to_string();
        }
        if self.reminder && self.news.is_empty() && self.resolved.is_empty() {
            return format!("reminder: {} still firing", self.known.len());
        }
        let counts = [
            (self.news.len(), "new or changed"),
            (self.resolved.len(), "resolved"),
            (self.known.len(), "still firing"),
        ];
        let some = counts.iter().filter(|(count, _)| *count > 0);
        let counted: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
        format!("of this group: {}", counted.join(", "))
    }
}

/// `route` is `None` if the config no longer has the route.
pub(super) fn content(
    state: &State,
    group: &Group,
    receiver: &ReceiverName,
    route: Option<&Route>,
    now: Now,
) -> Content {
    let (mut content, waiting, busy) = waiting(state, group, receiver);
    let open = route.filter(|route| route.receivers.contains(receiver) && route_hold(route, now).is_none());
    for member in &group.record.members {
        match &member.resolved {
            Some(notice) if member.owed.iter().any(|told| told.receiver == *receiver) => {
                content.resolved.push(AlertNotice::clone(notice));
            }
            Some(_) => {}
            None => {
                let waits = waiting.get(&member.alert).copied();
                sort(state, group, &member.key, receiver, (open, waits, busy), now, &mut content);
            }
        }
    }
    let fresh = content.news.iter().any(|news| news.age == Age::Fresh);
    if !fresh && content.resolved.len() == content.carried {
        // The message that waits says all of it.
        content.news.clear();
        content.resolved.clear();
        content.carried = 0;
    }
    content
}

/// The waiting message for the receiver that may be replaced, and whether anything is on its way to it.
fn waiting(
    state: &State,
    group: &Group,
    receiver: &ReceiverName,
) -> (Content, BTreeMap<AlertId, Said>, Busy) {
    let subject = DeliverySubject::Group(group.record.key.clone());
    let dedup_key = group.record.dedup_key(receiver);
    let (mut content, mut waiting, mut busy) = (Content::default(), BTreeMap::new(), Busy::No);
    for row in state.outbox.lane(receiver, &subject) {
        busy = Busy::Yes;
        if !is_replaceable(row, &dedup_key) {
            continue;
        }
        content.replaces = Some(row.record.id);
        for notice in &row.record.notification.alerts {
            match Said::by(std::iter::once(notice)) {
                Some(said) => {
                    waiting.insert(notice.id.clone(), said);
                }
                None => content.resolved.push(notice.clone()),
            }
        }
    }
    content.carried = content.resolved.len();
    (content, waiting, busy)
}

/// Whether the row may be replaced. One from an earlier life of the group goes out under that life's key.
fn is_replaceable(row: &Row, dedup_key: &str) -> bool {
    let notification = &row.record.notification;
    let tells = notification.kind.tells_of_firing() || notification.kind == NotificationKind::Resolved;
    row.is_untried() && notification.dedup_key == dedup_key && tells
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Busy {
    No,
    Yes,
}

/// Whether an alert is news, known, or neither: held back, or unknown and not to be told now.
fn sort(
    state: &State,
    group: &Group,
    key: &AlertKey,
    receiver: &ReceiverName,
    (open, waits, busy): (Option<&Route>, Option<Said>, Busy),
    now: Now,
    content: &mut Content,
) {
    let Some(alert) = state.alerts.at_hand(key) else { return };
    let record = &alert.record;
    let spec = state.setup.receivers.get(receiver);
    if spec.is_some_and(|spec| lanes::grouping_for(state, alert, spec) == Grouping::PerAlert) {
        return;
    }
    let told = open.and_then(|route| told_in_group(state, alert, receiver, route));
    let since = group.told_since.get(receiver).copied();
    let known = Known {
        told,
        waits,
        hears: Hears::Changes,
        held: if open.is_some() { held_by(&record.holds) } else { HoldEffect::Yes },
        reminder: match open.and_then(|route| reminder_at(key, since, route.repeat_interval)) {
            Some(at) if busy == Busy::No => Reminder::At(at),
            Some(_) | None => Reminder::Never,
        },
    };
    let owed = if record.is_told() { owed(record, &known, now.mono) } else { Owed::Nothing { until: None } };
    let knows = record.told.iter().any(|told| told.receiver == *receiver);
    match owed {
        Owed::News(why) => content.news.push(News { key: key.clone(), why, age: Age::Fresh }),
        Owed::Reminder => {
            content.reminder = true;
            content.known.push(key.clone());
        }
        Owed::Nothing { .. }
            if waits.is_some() && (!knows || told.is_some_and(|told| told != Said::of(record))) =>
        {
            content.news.push(News { key: key.clone(), why: why(record, told), age: Age::Waits });
        }
        Owed::Nothing { .. } if knows => content.known.push(key.clone()),
        Owed::Nothing { .. } => {}
    }
}

/// Whether the receiver, which is told in this group, is owed news of the alert as it is now.
pub(super) fn is_owed_news(
    state: &State,
    alert: &Alert,
    group: &Group,
    receiver: &ReceiverName,
    route: &Route,
    now: Now,
) -> bool {
    let subject = DeliverySubject::Group(group.record.key.clone());
    let dedup_key = group.record.dedup_key(receiver);
    let rows = state.outbox.lane(receiver, &subject).filter(|row| is_replaceable(row, &dedup_key));
    let notices = rows.flat_map(|row| &row.record.notification.alerts);
    let known = Known {
        told: told_in_group(state, alert, receiver, route),
        waits: Said::by(notices.filter(|notice| notice.id == alert.record.id)),
        hears: Hears::Changes,
        held: held_by(&alert.record.holds),
        reminder: Reminder::Never,
    };
    matches!(owed(&alert.record, &known, now.mono), Owed::News(_))
}

/// What the receiver was told of the alert by this route, or by one that no longer leads to it: after a change of
/// routes, whoever was told stays told (rule A11).
fn told_in_group(state: &State, alert: &Alert, receiver: &ReceiverName, route: &Route) -> Option<Said> {
    let told = || alert.record.told.iter().filter(|told| told.receiver == *receiver);
    if let Some(by_route) = told().find(|told| told.route == route.name) {
        return Some(Said::told(by_route));
    }
    let live = told().next().map(|_| route::taken(&state.setup, &alert.record.labels))?;
    let gone = |told: &&Told| !live.iter().any(|route| route.name == told.route);
    told().filter(gone).max_by_key(|told| told.level).map(Said::told)
}
