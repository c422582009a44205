//! Events (rule A10): notices that are told once and have no life. An event that a check has reported is not told
//! again, a check's first report only says what was there before, and a flood becomes a digest.
//!
//! An event outside notify hours is told later, one that is silenced is not: hours say when to tell, a silence whether.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::{ReceiverName, short_hash};
use crate::labels::Labels;
use crate::model::clock::Steadiness;
use crate::model::commit::{Change, Forgotten};
use crate::model::delivery::{EventNotice, NotificationKind};
use crate::model::events;
use crate::model::events::BASELINE;
use crate::model::keys::{AlertKey, DeliverySubject, Hold, Slot};
use crate::model::message::Message;
use crate::model::setup::{CheckSpec, ReceiverSpec, Route};
use crate::model::window::WindowKind;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Event, Report};
use crate::rules::holds::hold_of;
use crate::rules::{notice, parents, route, windows};
use crate::stages::deliver::queue;
use crate::time::{Mono, Wall};

/// Lines of a digest.
const DIGEST_LINES_MAX: usize = 50;

pub(crate) fn take_events(tx: &mut Transaction<'_>, slot: Slot, report: &Arc<Report>) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let first = !check.events.has_baseline();
    if report.events.is_empty() && !first {
        return;
    }
    let spec = Arc::clone(&check.spec);
    let known = &mut check.events;
    let refresh = spec.event_memory / 2;
    let mut ids = Vec::new();
    let mut new: Vec<&Event> = Vec::new();
    for event in &report.events {
        match known.get(&event.id) {
            // It is still reported, so its memory is renewed long before it would be forgotten.
            Some(at) if now.wall.since(at) < refresh => continue,
            Some(_) => {}
            None => new.push(event),
        }
        ids.push(event.id.clone());
    }
    if first {
        ids.push(BASELINE.to_owned());
    }
    for id in &ids {
        known.remember(id.clone(), now.wall);
    }
    let new: Vec<Event> = new.into_iter().cloned().collect();
    if !ids.is_empty() {
        let memory = match tx.state.clocks.steadiness(now.mono) {
            Steadiness::Steady => spec.event_memory,
            // With a clock that is ahead, ids would be forgotten, and their events told again once the clock is right.
            Steadiness::Fresh => Duration::MAX,
        };
        let forgotten = known.forget(memory, now.wall);
        tx.note(Change::KnowEvents { check: spec.name.clone(), ids, at: now.wall });
        if !forgotten.is_empty() {
            let ids = Forgotten::These(forgotten);
            tx.note(Change::ForgetEvents { check: spec.name.clone(), ids });
        }
    }
    if first && !new.is_empty() {
        let events = u32::try_from(new.len()).unwrap_or(u32::MAX);
        tx.decide(&AlertKey::Check(spec.name.clone()), None, Reason::EventBaseline { events });
    } else if !new.is_empty() {
        tell_events(tx, slot, &spec, report, new);
    }
}

fn tell_events(
    tx: &mut Transaction<'_>,
    slot: Slot,
    spec: &Arc<CheckSpec>,
    report: &Report,
    events: Vec<Event>,
) {
    let now = tx.now.mono;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let single = check.events.room(events.len(), now);
    let key = AlertKey::Check(spec.name.clone());
    let mut open = Vec::new();
    for event in events {
        let labels = notice::event_labels(spec, &report.labels, &event);
        match holds_event(tx, spec, &labels) {
            Some((hold, why)) => {
                tx.decide(&key, None, Reason::EventHeld { title: event.title, hold, why });
            }
            None => open.push((event, labels)),
        }
    }
    let opens = spec.notify_hours.as_deref().and_then(|hours| hold_of(hours, tx.now)).flatten();
    if single {
        for (event, labels) in open {
            tell_event(tx, spec, &event, &labels, opens);
        }
    } else if !open.is_empty() {
        tell_digest(tx, spec, open, opens);
    }
}

/// Tells an event that the host itself makes of a check, unless it is held back.
pub(crate) fn tell_own_event(tx: &mut Transaction<'_>, spec: &CheckSpec, reported: &Labels, event: Event) {
    let labels = notice::event_labels(spec, reported, &event);
    if let Some((hold, why)) = holds_event(tx, spec, &labels) {
        let reason = Reason::EventHeld { title: event.title, hold, why };
        tx.decide(&AlertKey::Check(spec.name.clone()), None, reason);
        return;
    }
    let opens = spec.notify_hours.as_deref().and_then(|hours| hold_of(hours, tx.now)).flatten();
    if tell_event(tx, spec, &event, &labels, opens) == 0 {
        tx.decide(&AlertKey::Check(spec.name.clone()), None, Reason::NoRoute);
    }
}

/// What holds an event back, if anything. Hours only delay it; any other hold means that nobody wants it.
fn holds_event(tx: &Transaction<'_>, spec: &CheckSpec, labels: &Labels) -> Option<(Hold, String)> {
    for kind in [WindowKind::Silence, WindowKind::Maintenance] {
        if let Some((window, _)) = windows::open_window(tx.state, tx.now, kind, labels) {
            return Some((kind.hold(), window.to_string()));
        }
    }
    if let Some(why) = parents::parents_down(tx.state, spec) {
        return Some((Hold::Dependency, why));
    }
    (tx.state.offline && spec.beyond_witness).then(|| (Hold::HostOffline, String::new()))
}

/// Returns how many receivers are told.
fn tell_event(
    tx: &mut Transaction<'_>,
    spec: &CheckSpec,
    event: &Event,
    labels: &Labels,
    opens: Option<Mono>,
) -> usize {
    let mut count = 0;
    let setup = Arc::clone(&tx.state.setup);
    let thread = if event.thread.is_empty() { &event.id } else { &event.thread };
    for route in route::taken(&setup, labels) {
        let opens = later(opens, route_opens(route, tx));
        for receiver in event_receivers(tx, route) {
            let message = event_message(tx, spec, thread, event.clone(), labels, route, &receiver, opens);
            let name = receiver.name.clone();
            queue::enqueue(tx, receiver, message);
            let (title, route) = (event.title.clone(), route.name.clone());
            let reason = Reason::EventTold { title, receiver: name, route };
            tx.decide(&AlertKey::Check(spec.name.clone()), None, reason);
            count += 1;
        }
    }
    count
}

/// Tells events that are too many to be told one by one: one message per receiver, with a line for each event.
fn tell_digest(
    tx: &mut Transaction<'_>,
    spec: &CheckSpec,
    events: Vec<(Event, Labels)>,
    opens: Option<Mono>,
) {
    let setup = Arc::clone(&tx.state.setup);
    let mut by_receiver: BTreeMap<ReceiverName, Digested<'_>> = BTreeMap::new();
    for told in &events {
        for route in route::taken(&setup, &told.1) {
            for receiver in event_receivers(tx, route) {
                let entry = by_receiver.entry(receiver.name.clone());
                entry.or_insert_with(|| (receiver, route, Vec::new())).2.push(told);
            }
        }
    }
    for (name, (receiver, route, told)) in by_receiver {
        let Some(digest) = digest(&told, tx.now.wall) else { continue };
        let labels = notice::event_labels(spec, &Labels::default(), &digest);
        let opens = later(opens, route_opens(route, tx));
        let thread = digest.id.clone();
        let message = event_message(tx, spec, &thread, digest, &labels, route, &receiver, opens);
        queue::enqueue(tx, receiver, message);
        let events = u32::try_from(told.len()).unwrap_or(u32::MAX);
        let reason = Reason::EventsDigested { events, receiver: name };
        tx.decide(&AlertKey::Check(spec.name.clone()), None, reason);
    }
}

/// Who is told of an event by this route. With an escalation, that is the first step.
fn event_receivers(tx: &Transaction<'_>, route: &Route) -> Vec<Arc<ReceiverSpec>> {
    let setup = &tx.state.setup;
    let escalation = route.escalation.as_ref().and_then(|name| setup.escalations.get(name));
    let first = escalation.and_then(|escalation| escalation.steps.first());
    let names = first.map_or(route.receivers.as_slice(), |step| step.receivers.as_slice());
    names.iter().filter_map(|name| setup.receivers.get(name).cloned()).collect()
}

#[expect(clippy::too_many_arguments, reason = "the parts of a message, each of which comes from elsewhere")]
fn event_message(
    tx: &Transaction<'_>,
    spec: &CheckSpec,
    thread: &str,
    event: Event,
    labels: &Labels,
    route: &Route,
    receiver: &ReceiverSpec,
    not_before: Option<Mono>,
) -> Message {
    let dedup_key = events::dedup_key(&spec.name, thread, &receiver.name);
    let earlier = tx.state.threads.earlier(&dedup_key);
    let subject = DeliverySubject::Event(spec.name.clone(), thread.to_owned());
    let why = format!("event of check `{}`", spec.name);
    let link = notice::link(&AlertKey::Check(spec.name.clone()), &tx.state.setup);
    let told = Event { labels: labels.clone(), ..event };
    Message {
        route: Some(route.name.clone()),
        group_labels: labels.clone(),
        event: Some(EventNotice { check: spec.name.clone(), event: told }),
        not_before,
        earlier,
        ..Message::new(NotificationKind::Event, subject, dedup_key, why, link)
    }
}

/// A receiver, the first route that leads there, and what it is told.
type Digested<'a> = (Arc<ReceiverSpec>, &'a Route, Vec<&'a (Event, Labels)>);

fn route_opens(route: &Route, turn: &Transaction<'_>) -> Option<Mono> {
    route.notify_hours.as_deref().and_then(|hours| hold_of(hours, turn.now)).flatten()
}

fn later(one: Option<Mono>, other: Option<Mono>) -> Option<Mono> {
    one.max(other)
}

fn digest(told: &[&(Event, Labels)], now: Wall) -> Option<Event> {
    let worst = told.iter().map(|(event, _)| event.severity).max()?;
    let mut body = String::new();
    for (event, _) in told.iter().take(DIGEST_LINES_MAX) {
        let _ = writeln!(body, "{}: {}", event.severity.as_str(), event.title);
    }
    let more = told.len().saturating_sub(DIGEST_LINES_MAX);
    if more > 0 {
        let _ = writeln!(body, "and {more} more");
    }
    let ids: Vec<&[u8]> = told.iter().map(|(event, _)| event.id.as_bytes()).collect();
    Some(Event {
        id: format!("digest-{}", short_hash(&ids)),
        thread: String::new(),
        severity: worst,
        title: format!("{} events at once", told.len()),
        body,
        link: None,
        at: now,
        labels: Labels::default(),
    })
}
