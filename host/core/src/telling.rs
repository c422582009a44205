//! What became of each receiver of an alert so far: told, trying, not reached, held or not yet. Derived from the
//! records here and nowhere else; pages, API, command line and explanations use these words. Pure, and apart from
//! `step`: this reads what was decided and decides nothing.
//!
//! A mere attempt is never called told. `AlertRecord::told` counts attempts, since everybody who may have heard is owed
//! a resolve; `AlertRecord::answers` holds what the services answered.

use std::collections::BTreeSet;

use crate::calendar::Calendar;
use crate::ids::{DeliveryId, EscalationName, ReceiverName, RouteName, WindowId};
use crate::model::alert::{AlertRecord, Answer, Escalating, Phase};
use crate::model::delivery::{DeliveryRecord, DeliveryStatus};
use crate::model::group::GroupRecord;
use crate::model::keys::{AlertKey, Hold};
use crate::model::setup::{Escalation, Grouping, Route, Setup};
use crate::report::Judgement;
use crate::rules::route;
use crate::time::Wall;

mod words;

pub use words::{by_what_became, in_short, ladder};

/// One receiver of one alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Telling {
    pub receiver: ReceiverName,
    /// The route that leads to it; `None` if no route does any more.
    pub route: Option<RouteName>,
    /// The receiver as whose fallback it is told, if the route itself does not lead to it.
    pub in_place_of: Option<ReceiverName>,
    pub became: Became,
    /// When its service last accepted a notice of this alert, and what level that told, whatever became of later ones.
    pub took: Option<(Wall, Judgement)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Became {
    /// Its service accepted the notice.
    Told { at: Wall },
    /// Attempts are under way.
    Trying {
        since: Wall,
        /// `None`: one is under way.
        next: Option<Wall>,
        error: Option<String>,
    },
    /// Given up: the notice is a dead letter.
    NotReached { at: Wall, error: String, hint: String, delivery: DeliveryId },
    /// A notice is held back.
    Held {
        holds: Vec<Hold>,
        /// `None`: until something other than the time ends it.
        until: Option<Wall>,
    },
    NotYet {
        /// When it is told, unless something happens before; `None`: it depends on something other than the time.
        until: Option<Wall>,
        why: Pending,
    },
}

impl Became {
    /// The word for it in the API and in a column of a table.
    pub const fn word(&self) -> &'static str {
        match self {
            Became::Told { .. } => "told",
            Became::Trying { .. } => "trying",
            Became::NotReached { .. } => "not-reached",
            Became::Held { .. } => "held",
            Became::NotYet { .. } => "not-yet",
        }
    }
}

/// What is waited for before a receiver is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pending {
    /// The alert has not fired.
    Unconfirmed,
    /// The route is gathering the alert's group.
    Group(RouteName),
    /// The receiver's step of the escalation, counted from 1, is still to come.
    Step { escalation: EscalationName, step: u32 },
    /// The receiver's step of the escalation, counted from 1, is over; the receiver was added by a later reload.
    StepGone { escalation: EscalationName, step: u32 },
    /// Somebody has the alert, so no further step is told.
    TakenBy(String),
    /// Its notice waits behind others for the same receiver.
    Turn,
    /// What the alert depends on is asked again before the first notice.
    Asking,
    /// An attempt was begun by an earlier version of the host, which did not keep the answer.
    NoAnswerKept,
}

/// One reason for which notices about an alert are held back now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldBy {
    pub hold: Hold,
    /// A part of a sentence: which silence, which parent, whose hours.
    pub why: String,
    /// `None`: it depends on something other than the time.
    pub until: Option<Wall>,
    pub windows: Vec<WindowId>,
    /// The route whose notices alone are held back; `None`: all are.
    pub route: Option<RouteName>,
}

/// The routes that are outside their hours at one moment. Computed once for many alerts.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    routes: BTreeSet<RouteName>,
    at: Wall,
}

impl Closed {
    pub fn of(setup: &Setup, at: Wall) -> Self {
        fn gather(route: &Route, at: Wall, routes: &mut BTreeSet<RouteName>) {
            if route.notify_hours.as_ref().is_some_and(|hours| !hours.is_open(at)) {
                routes.insert(route.name.clone());
            }
            for child in &route.children {
                gather(child, at, routes);
            }
        }
        let mut routes = BTreeSet::new();
        for route in setup.root.iter().chain(setup.owner_routes.values()) {
            gather(route, at, &mut routes);
        }
        Self { routes, at }
    }
    fn has(&self, route: &Route) -> bool {
        self.routes.contains(&route.name)
    }
}

/// The hours that hold an alert back: those of its check, then those of each route that it takes. As they are now, not
/// as they were when the alert was last looked at.
pub fn held_by_hours(alert: &AlertRecord, setup: &Setup, closed: &Closed) -> Vec<HeldBy> {
    if alert.phase == Phase::Pending {
        return Vec::new();
    }
    let held = |hours: &Calendar, route: Option<&Route>| HeldBy {
        hold: Hold::NotifyHours,
        why: match route {
            Some(route) => format!("route `{}` is outside `{}`", route.name, hours.name()),
            None => format!("it is outside `{}`", hours.name()),
        },
        until: hours.next_open(closed.at),
        windows: Vec::new(),
        route: route.map(|route| route.name.clone()),
    };
    let own = own_hours(alert, setup).filter(|hours| !hours.is_open(closed.at));
    let mut all: Vec<HeldBy> = own.map(|hours| held(hours, None)).into_iter().collect();
    if !closed.routes.is_empty() {
        let routes = route::taken(setup, &alert.labels).into_iter().filter(|route| closed.has(route));
        all.extend(routes.filter_map(|route| Some(held(route.notify_hours.as_deref()?, Some(route)))));
    }
    all
}

/// Every reason for which notices about the alert are held back now, including those of single routes.
pub fn holds(alert: &AlertRecord, setup: &Setup, closed: &Closed) -> Vec<Hold> {
    let mut holds: Vec<Hold> = beside_hours(alert).collect();
    if is_outside_own_hours(alert, setup, closed) || closed_routes(alert, setup, closed).0 > 0 {
        holds.push(Hold::NotifyHours);
    }
    holds
}

/// Whether nothing about the alert may be told now, to any receiver.
pub fn is_held(alert: &AlertRecord, setup: &Setup, closed: &Closed) -> bool {
    if beside_hours(alert).next().is_some() || is_outside_own_hours(alert, setup, closed) {
        return true;
    }
    let (shut, all) = closed_routes(alert, setup, closed);
    shut > 0 && shut == all
}

fn beside_hours(alert: &AlertRecord) -> impl Iterator<Item = Hold> {
    alert.holds.iter().copied().filter(|hold| *hold != Hold::NotifyHours)
}

fn own_hours<'a>(alert: &AlertRecord, setup: &'a Setup) -> Option<&'a Calendar> {
    alert.key.check().and_then(|check| setup.checks.get(check))?.notify_hours.as_deref()
}

fn is_outside_own_hours(alert: &AlertRecord, setup: &Setup, closed: &Closed) -> bool {
    alert.phase != Phase::Pending && own_hours(alert, setup).is_some_and(|hours| !hours.is_open(closed.at))
}

/// How many of the routes that the alert takes are outside their hours, and how many it takes in all.
fn closed_routes(alert: &AlertRecord, setup: &Setup, closed: &Closed) -> (usize, usize) {
    if closed.routes.is_empty() || alert.phase == Phase::Pending {
        return (0, 0);
    }
    let routes = route::taken(setup, &alert.labels);
    (routes.iter().filter(|route| closed.has(route)).count(), routes.len())
}

/// What surrounds an alert: needed to say what became of its receivers.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub setup: &'a Setup,
    pub now: Wall,
    /// Everything that holds it back now.
    pub held: &'a [HeldBy],
    /// Groups that it is an open member of.
    pub groups: &'a [&'a GroupRecord],
    /// Deliveries under way that tell of it.
    pub deliveries: &'a [&'a DeliveryRecord],
}

/// How a route leads to a receiver.
enum Way<'a> {
    Direct(&'a Route),
    /// By a step of its escalation, counted from 0.
    Step(&'a Route, &'a Escalation, usize),
}

impl<'a> Way<'a> {
    fn route(&self) -> &'a Route {
        match self {
            Way::Direct(route) | Way::Step(route, ..) => route,
        }
    }
}

type Leads<'a> = Vec<(ReceiverName, Vec<Way<'a>>)>;

fn lead<'a>(ways: &mut Leads<'a>, receiver: &ReceiverName, way: Option<Way<'a>>) {
    match ways.iter_mut().find(|(known, _)| known == receiver) {
        Some((_, known)) => known.extend(way),
        None => ways.push((receiver.clone(), way.into_iter().collect())),
    }
}

/// What became of each receiver, in the order of the routes; then of those that no route leads to: fallbacks, and
/// receivers told before the routes changed.
pub fn tellings(alert: &AlertRecord, around: &Around<'_>) -> Vec<Telling> {
    let mut ways = Leads::new();
    for route in route::taken(around.setup, &alert.labels) {
        match route.escalation.as_ref().and_then(|name| around.setup.escalations.get(name)) {
            Some(escalation) => {
                for (place, step) in escalation.steps.iter().enumerate() {
                    for receiver in &step.receivers {
                        lead(&mut ways, receiver, Some(Way::Step(route, escalation, place)));
                    }
                }
            }
            None => {
                for receiver in &route.receivers {
                    lead(&mut ways, receiver, Some(Way::Direct(route)));
                }
            }
        }
    }
    let answered = alert.answers.iter().map(|answer| &answer.receiver);
    let tried = alert.told.iter().map(|told| &told.receiver);
    let under_way = telling_of(alert, around).map(|row| &row.notification.receiver);
    for receiver in tried.chain(answered).chain(under_way) {
        lead(&mut ways, receiver, None);
    }
    let direct: Vec<ReceiverName> =
        ways.iter().filter(|(_, ways)| !ways.is_empty()).map(|(receiver, _)| receiver.clone()).collect();
    ways.into_iter().map(|(receiver, ways)| telling(alert, receiver, &ways, &direct, around)).collect()
}

fn telling(
    alert: &AlertRecord,
    receiver: ReceiverName,
    ways: &[Way<'_>],
    direct: &[ReceiverName],
    around: &Around<'_>,
) -> Telling {
    let answer = alert.answers.iter().find(|answer| answer.receiver == receiver);
    let told_by = || alert.told.iter().find(|told| told.receiver == receiver).map(|told| &told.route);
    let stands_in = |for_whom: &&ReceiverName| {
        let spec = around.setup.receivers.get(*for_whom);
        spec.is_some_and(|spec| spec.fallback.as_ref() == Some(&receiver))
    };
    Telling {
        route: ways.first().map(|way| &way.route().name).or_else(told_by).cloned(),
        in_place_of: if ways.is_empty() { direct.iter().find(stands_in).cloned() } else { None },
        became: became(alert, &receiver, answer, ways, around),
        took: answer.and_then(|answer| answer.took).map(|took| (took.at, took.level)),
        receiver,
    }
}

/// Rows that tell of this life as firing.
fn telling_of<'a>(alert: &'a AlertRecord, around: &Around<'a>) -> impl Iterator<Item = &'a DeliveryRecord> {
    let rows = around.deliveries.iter().copied();
    rows.filter(|row| row.notification.kind.tells_of_firing()).filter(|row| {
        row.notification.alerts.iter().any(|notice| notice.id == alert.id && notice.until.is_none())
    })
}

fn became(
    alert: &AlertRecord,
    receiver: &ReceiverName,
    answer: Option<&Answer>,
    ways: &[Way<'_>],
    around: &Around<'_>,
) -> Became {
    let rows = || telling_of(alert, around).filter(|row| row.notification.receiver == *receiver);
    let took = answer.and_then(|answer| answer.took);
    if let Some(row) = rows().find(|row| row.attempts > 0) {
        // A reminder on its first attempt does not change that the receiver was told.
        match took {
            Some(took) if row.last_error.is_none() && !tells_worse(row, alert, took.level) => {}
            Some(_) | None => return trying(row),
        }
    }
    if let Some(gave_up) = answer.and_then(|answer| answer.gave_up.clone()) {
        let (error, hint) = words::hinted(&gave_up.error, receiver, gave_up.delivery);
        return Became::NotReached { at: gave_up.at, error, hint, delivery: gave_up.delivery };
    }
    if let Some(took) = took {
        return Became::Told { at: took.at };
    }
    if alert.phase == Phase::Pending {
        return Became::NotYet { until: None, why: Pending::Unconfirmed };
    }
    if let Some(row) = rows().next() {
        let later = match row.status {
            DeliveryStatus::Waiting { not_before } => Some(not_before).filter(|at| *at > around.now),
            DeliveryStatus::Attempting { .. } => None,
        };
        return Became::NotYet { until: later, why: Pending::Turn };
    }
    if alert.told.iter().any(|told| told.receiver == *receiver) {
        return Became::NotYet { until: None, why: Pending::NoAnswerKept };
    }
    held(ways, around).unwrap_or_else(|| not_yet(alert, receiver, ways, around))
}

fn tells_worse(row: &DeliveryRecord, alert: &AlertRecord, than: Judgement) -> bool {
    let notice = row.notification.alerts.iter().find(|notice| notice.id == alert.id);
    notice.and_then(|notice| notice.told_level()).is_some_and(|level| level > than)
}

fn trying(row: &DeliveryRecord) -> Became {
    let (began, next) = match row.status {
        DeliveryStatus::Attempting { began } => (began, None),
        DeliveryStatus::Waiting { not_before } => (row.created_at, Some(not_before)),
    };
    Became::Trying { since: row.failing_since.unwrap_or(began), next, error: row.last_error.clone() }
}

/// `Held` if something holds the whole alert, or every route that leads to the receiver. The hold that ends last
/// counts.
fn held(ways: &[Way<'_>], around: &Around<'_>) -> Option<Became> {
    let shut = |way: &Way<'_>| around.held.iter().find(|held| held.route.as_ref() == Some(&way.route().name));
    let mut held: Vec<&HeldBy> = around.held.iter().filter(|held| held.route.is_none()).collect();
    if !ways.is_empty() && ways.iter().all(|way| shut(way).is_some()) {
        // One open route is enough for the receiver to be told.
        let first = ways.iter().filter_map(shut).min_by_key(|held| held.until.map_or(i64::MAX, Wall::millis));
        held.extend(first);
    }
    if held.is_empty() {
        return None;
    }
    let mut holds: Vec<Hold> = held.iter().map(|held| held.hold).collect();
    holds.dedup();
    let ends = held.iter().map(|held| held.until).collect::<Option<Vec<Wall>>>();
    Some(Became::Held { holds, until: ends.and_then(|ends| ends.into_iter().max()) })
}

fn not_yet(alert: &AlertRecord, receiver: &ReceiverName, ways: &[Way<'_>], around: &Around<'_>) -> Became {
    let of_step = ways.iter().find_map(|way| match way {
        Way::Step(route, escalation, place) => Some(wait_of(alert, route, escalation, *place)),
        Way::Direct(_) => None,
    });
    if let Some(step) = of_step {
        return step;
    }
    let grouped =
        around.setup.receivers.get(receiver).is_some_and(|spec| spec.grouping == Grouping::PerGroup);
    let of_way = |group: &&&GroupRecord| ways.iter().any(|way| way.route().name == group.key.route);
    match around.groups.iter().find(of_way) {
        Some(group) if grouped && group.flush_at.is_some() => {
            Became::NotYet { until: group.flush_at, why: Pending::Group(group.key.route.clone()) }
        }
        Some(_) | None => Became::NotYet { until: None, why: Pending::Asking },
    }
}

/// When a step is told if nobody acknowledges: after the remaining waits of the steps before it, and its own.
fn wait_of(alert: &AlertRecord, route: &Route, escalation: &Escalation, place: usize) -> Became {
    let step = u32::try_from(place + 1).unwrap_or(u32::MAX);
    if let Some(taken) = &alert.acknowledged {
        return Became::NotYet { until: None, why: Pending::TakenBy(taken.by.clone()) };
    }
    let far = alert.escalating.iter().find(|far| far.route == route.name);
    if far.is_some_and(|far| place < far.step as usize) {
        return Became::NotYet {
            until: None,
            why: Pending::StepGone { escalation: escalation.name.clone(), step },
        };
    }
    let until = far.and_then(|far| comes_at(escalation, far, place));
    Became::NotYet { until, why: Pending::Step { escalation: escalation.name.clone(), step } }
}

fn comes_at(escalation: &Escalation, far: &Escalating, place: usize) -> Option<Wall> {
    let next = far.step as usize;
    let first = escalation.steps.get(next)?;
    let mut at = far.since? + first.after.saturating_sub(far.waited);
    if place == next {
        return Some(at);
    }
    at = at + first.after * first.repeat.saturating_sub(far.told);
    for step in escalation.steps.get(next + 1..place)? {
        at = at + step.after * step.repeat.saturating_add(1);
    }
    Some(at + escalation.steps.get(place)?.after)
}

/// The word for an alert's level. An alert about a plugin or a missing judgement has no state of a target.
pub(crate) fn level_word(key: &AlertKey, level: Judgement) -> &'static str {
    crate::rules::notice::state_of(key, level).as_str()
}
