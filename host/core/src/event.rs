//! Events (rule A10): one-shot notices without a life. What a check reported once is not told again, its first report
//! only says what was there before, and a flood becomes a digest.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::alert::tell::hold_of;
use crate::alert::{AlertKey, Hold, notice};
use crate::check::Slot;
use crate::clock::Steadiness;
use crate::commit::{Change, Forgotten};
use crate::delivery::queue::{Earlier, Message};
use crate::delivery::{DeliverySubject, EventNotice, NotificationKind};
use crate::ids::{CheckName, ReceiverName, short_hash};
use crate::labels::Labels;
use crate::reason::Reason;
use crate::report::{Event, Report};
use crate::route;
use crate::setup::{CheckSpec, ReceiverSpec, Route};
use crate::time::{Mono, Wall};
use crate::turn::Turn;
use crate::window::WindowKind;

/// Ids remembered for one check; the oldest go first.
const KNOWN_MAX: usize = 10_000;
/// So many events of one check are told one by one in each `FLOOD_SPAN`; what comes beyond them is a digest.
const SINGLE_MAX: u32 = 20;
const FLOOD_SPAN: Duration = Duration::from_secs(600);
/// Lines of a digest.
const DIGEST_LINES_MAX: usize = 50;
/// No plugin can report it: it says that the check reported before.
const BASELINE: &str = "";

/// What is remembered of a check's events.
#[derive(Debug, Default)]
pub(crate) struct KnownEvents {
    ids: BTreeMap<String, Wall>,
    told_since: Option<Mono>,
    told: u32,
}

impl KnownEvents {
    pub(crate) fn restore(&mut self, id: String, at: Wall) {
        self.ids.insert(id, at);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
    /// All that is remembered, to be kept under another name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Wall)> {
        self.ids.iter()
    }
    /// Whether `wanted` may be told one by one now.
    fn room(&mut self, wanted: usize, now: Mono) -> bool {
        if self.told_since.is_none_or(|since| since + FLOOD_SPAN <= now) {
            self.told_since = Some(now);
            self.told = 0;
        }
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        if self.told.saturating_add(wanted) > SINGLE_MAX {
            return false;
        }
        self.told += wanted;
        true
    }
}

/// What a service called the last message of a thread of events: the next one follows it. Bounded, and lost by a
/// restart, after which a thread begins anew.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    ids: BTreeMap<String, (u64, String)>,
    next: u64,
}

impl Threads {
    const MAX: usize = 2_000;

    pub(crate) fn remember(&mut self, dedup_key: &str, service_id: &str) {
        self.next += 1;
        self.ids.insert(dedup_key.to_owned(), (self.next, service_id.to_owned()));
        if self.ids.len() > Self::MAX
            && let Some(oldest) = self.ids.iter().min_by_key(|(_, (age, _))| *age).map(|(key, _)| key.clone())
        {
            self.ids.remove(&oldest);
        }
    }
    fn earlier(&self, dedup_key: &str) -> Earlier {
        match self.ids.get(dedup_key) {
            Some((_, service_id)) => Earlier::Told { service_id: Some(service_id.clone()) },
            None => Earlier::Nothing,
        }
    }
}

/// The same for all events of one thread to one receiver.
pub(crate) fn dedup_key(check: &CheckName, thread: &str, receiver: &ReceiverName) -> String {
    let parts = [check.as_str().as_bytes(), thread.as_bytes(), receiver.as_str().as_bytes(), b"event"];
    format!("wk-{}", short_hash(&parts))
}

impl Turn<'_> {
    pub(crate) fn take_events(&mut self, slot: Slot, report: &Arc<Report>) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let first = !check.events.ids.contains_key(BASELINE);
        if report.events.is_empty() && !first {
            return;
        }
        let spec = Arc::clone(&check.spec);
        let known = &mut check.events.ids;
        let refresh = spec.event_memory / 2;
        let mut ids = Vec::new();
        let mut new: Vec<&Event> = Vec::new();
        for event in &report.events {
            match known.get(&event.id) {
                // Still reported: it is remembered from now on again, long before it would be forgotten.
                Some(at) if now.wall.since(*at) < refresh => continue,
                Some(_) => {}
                None => new.push(event),
            }
            ids.push(event.id.clone());
        }
        if first {
            ids.push(BASELINE.to_owned());
        }
        known.extend(ids.iter().map(|id| (id.clone(), now.wall)));
        let new: Vec<Event> = new.into_iter().cloned().collect();
        if !ids.is_empty() {
            let memory = match self.state.clocks.steadiness(now.mono) {
                Steadiness::Steady => spec.event_memory,
                // A clock that is ahead would forget what is told again once it is put right.
                Steadiness::Fresh => Duration::MAX,
            };
            let forgotten = forget(known, memory, now.wall);
            self.note(Change::KnowEvents { check: spec.name.clone(), ids, at: now.wall });
            if !forgotten.is_empty() {
                let ids = Forgotten::These(forgotten);
                self.note(Change::ForgetEvents { check: spec.name.clone(), ids });
            }
        }
        if first && !new.is_empty() {
            let events = u32::try_from(new.len()).unwrap_or(u32::MAX);
            self.decide(&AlertKey::Check(spec.name.clone()), None, Reason::EventBaseline { events });
        } else if !new.is_empty() {
            self.tell_events(slot, &spec, report, new);
        }
    }

    fn tell_events(&mut self, slot: Slot, spec: &Arc<CheckSpec>, report: &Report, events: Vec<Event>) {
        let now = self.now.mono;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let single = check.events.room(events.len(), now);
        let key = AlertKey::Check(spec.name.clone());
        let mut open = Vec::new();
        for event in events {
            let labels = notice::event_labels(spec, &report.labels, &event);
            match self.holds_event(spec, &labels) {
                Some((hold, why)) => {
                    self.decide(&key, None, Reason::EventHeld { title: event.title, hold, why });
                }
                None => open.push((event, labels)),
            }
        }
        let opens = spec.notify_hours.as_deref().and_then(|hours| hold_of(hours, self.now)).flatten();
        if single {
            for (event, labels) in open {
                self.tell_event(spec, &event, &labels, opens);
            }
        } else if !open.is_empty() {
            self.tell_digest(spec, open, opens);
        }
    }

    /// Hours only delay an event; everything else says that nobody wants it.
    fn holds_event(&self, spec: &CheckSpec, labels: &Labels) -> Option<(Hold, String)> {
        for kind in [WindowKind::Silence, WindowKind::Maintenance] {
            if let Some((window, _)) = self.open_window(kind, labels) {
                return Some((kind.hold(), window.to_string()));
            }
        }
        if let Some(why) = self.parents_down(spec) {
            return Some((Hold::Dependency, why));
        }
        (self.state.offline && spec.beyond_witness).then(|| (Hold::HostOffline, String::new()))
    }

    fn tell_event(&mut self, spec: &CheckSpec, event: &Event, labels: &Labels, opens: Option<Mono>) {
        let setup = Arc::clone(&self.state.setup);
        let thread = if event.thread.is_empty() { &event.id } else { &event.thread };
        for route in route::taken(&setup, labels) {
            let opens = later(opens, route_opens(route, self));
            for receiver in self.event_receivers(route) {
                let message =
                    self.event_message(spec, thread, event.clone(), labels, route, &receiver, opens);
                let name = receiver.name.clone();
                self.enqueue(receiver, message);
                let (title, route) = (event.title.clone(), route.name.clone());
                let reason = Reason::EventTold { title, receiver: name, route };
                self.decide(&AlertKey::Check(spec.name.clone()), None, reason);
            }
        }
    }

    /// What is too much to be told one by one: one message for each receiver, with a line for each event.
    fn tell_digest(&mut self, spec: &CheckSpec, events: Vec<(Event, Labels)>, opens: Option<Mono>) {
        let setup = Arc::clone(&self.state.setup);
        let mut by_receiver: BTreeMap<ReceiverName, Digested<'_>> = BTreeMap::new();
        for told in &events {
            for route in route::taken(&setup, &told.1) {
                for receiver in self.event_receivers(route) {
                    let entry = by_receiver.entry(receiver.name.clone());
                    entry.or_insert_with(|| (receiver, route, Vec::new())).2.push(told);
                }
            }
        }
        for (name, (receiver, route, told)) in by_receiver {
            let Some(digest) = digest(&told, self.now.wall) else { continue };
            let labels = notice::event_labels(spec, &Labels::default(), &digest);
            let opens = later(opens, route_opens(route, self));
            let thread = digest.id.clone();
            let message = self.event_message(spec, &thread, digest, &labels, route, &receiver, opens);
            self.enqueue(receiver, message);
            let events = u32::try_from(told.len()).unwrap_or(u32::MAX);
            let reason = Reason::EventsDigested { events, receiver: name };
            self.decide(&AlertKey::Check(spec.name.clone()), None, reason);
        }
    }

    /// Of an escalation an event goes to the first step.
    fn event_receivers(&self, route: &Route) -> Vec<Arc<ReceiverSpec>> {
        let setup = &self.state.setup;
        let escalation = route.escalation.as_ref().and_then(|name| setup.escalations.get(name));
        let first = escalation.and_then(|escalation| escalation.steps.first());
        let names = first.map_or(route.receivers.as_slice(), |step| step.receivers.as_slice());
        names.iter().filter_map(|name| setup.receivers.get(name).cloned()).collect()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a message, each of which comes from elsewhere"
    )]
    fn event_message(
        &self,
        spec: &CheckSpec,
        thread: &str,
        event: Event,
        labels: &Labels,
        route: &Route,
        receiver: &ReceiverSpec,
        not_before: Option<Mono>,
    ) -> Message {
        let dedup_key = dedup_key(&spec.name, thread, &receiver.name);
        let earlier = self.state.threads.earlier(&dedup_key);
        Message {
            kind: NotificationKind::Event,
            subject: DeliverySubject::Event(spec.name.clone(), thread.to_owned()),
            dedup_key,
            route: Some(route.name.clone()),
            reason: format!("event of check `{}`", spec.name),
            group_labels: labels.clone(),
            alerts: Vec::new(),
            omitted: 0,
            link: notice::link(&AlertKey::Check(spec.name.clone()), &self.state.setup),
            event: Some(EventNotice {
                check: spec.name.clone(),
                event: Event { labels: labels.clone(), ..event },
            }),
            not_before,
            earlier,
        }
    }
}

/// A receiver, the first route that leads there, and what it is told.
type Digested<'a> = (Arc<ReceiverSpec>, &'a Route, Vec<&'a (Event, Labels)>);

fn route_opens(route: &Route, turn: &Turn<'_>) -> Option<Mono> {
    route.notify_hours.as_deref().and_then(|hours| hold_of(hours, turn.now)).flatten()
}

fn later(one: Option<Mono>, other: Option<Mono>) -> Option<Mono> {
    one.max(other)
}

/// Drops what was remembered long enough, and the oldest beyond the bound.
fn forget(known: &mut BTreeMap<String, Wall>, memory: Duration, now: Wall) -> Vec<String> {
    let is_old = |id: &str, at: Wall| id != BASELINE && now.since(at) > memory;
    let mut forgotten: Vec<String> =
        known.iter().filter(|(id, at)| is_old(id, **at)).map(|(id, _)| id.clone()).collect();
    let left = known.len() - forgotten.len();
    if left > KNOWN_MAX {
        let mut ages: Vec<(Wall, &String)> = known
            .iter()
            .filter(|(id, at)| id.as_str() != BASELINE && !is_old(id, **at))
            .map(|(id, at)| (*at, id))
            .collect();
        ages.sort_unstable();
        forgotten.extend(ages.into_iter().take(left - KNOWN_MAX).map(|(_, id)| id.clone()));
    }
    for id in &forgotten {
        known.remove(id);
    }
    forgotten
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
