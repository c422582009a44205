//! Why notices about an alert are held back now (rules A1, A5-A8). Holds are kept beside the alert's life, never in it.
//! Each beginning or end of a hold is a decision with a reason. What is owed when the last one ends is up to `tell`.

use crate::ids::RouteName;
use crate::model::clock::earlier;
use crate::model::keys::{AlertKey, Hold};
use crate::model::setup::{Route, Setup};
use crate::model::window::WindowKind;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::{HoldEffect, hold_of};
use crate::rules::{holds, windows};
use crate::stages::tell::dependencies;
use crate::time::Mono;

/// A hold that applies now.
#[derive(Debug)]
struct Holding {
    hold: Hold,
    why: String,
    /// When it ends by itself, if it does.
    until: Option<Mono>,
}

/// Brings the record's holds up to date. Returns how the alert is held, and when to look again.
pub(crate) fn update_holds(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    setup: &Setup,
) -> (HoldEffect, Option<Mono>) {
    let holding = holding(tx, key, setup);
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return (HoldEffect::No, None) };
    let id = alert.record.id.clone();
    let holds: Vec<Hold> = holding.iter().map(|holding| holding.hold).collect();
    let before = std::mem::replace(&mut alert.record.holds, holds.clone());
    if before != holds {
        tx.alert_changed(key);
    }
    let mut again = None;
    for Holding { hold, why, until } in holding {
        again = earlier(again, until);
        if !before.contains(&hold) {
            tx.decide(key, Some(id.clone()), Reason::HeldBack { hold, why });
        }
    }
    for hold in before.into_iter().filter(|hold| !holds.contains(hold)) {
        tx.decide(key, Some(id.clone()), Reason::Released { hold, why: String::new() });
    }
    (holds::held_by(&holds), again)
}

/// Brings up to date which routes are outside their hours. Such a hold concerns that route only; its beginning and end
/// are decisions like those of any hold.
pub(crate) fn update_route_holds(tx: &mut Transaction<'_>, key: &AlertKey, routes: &[&Route]) {
    let now = tx.now.wall;
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let id = alert.record.id.clone();
    let is_closed = |route: &Route| route.notify_hours.as_ref().is_some_and(|hours| !hours.is_open(now));
    let closed: Vec<&Route> = routes.iter().copied().filter(|route| is_closed(route)).collect();
    let names: Vec<RouteName> = closed.iter().map(|route| route.name.clone()).collect();
    if alert.record.closed_routes == names {
        return;
    }
    let before = std::mem::replace(&mut alert.record.closed_routes, names);
    tx.alert_changed(key);
    let hold = Hold::NotifyHours;
    for route in closed.into_iter().filter(|route| !before.contains(&route.name)) {
        let hours = route.notify_hours.as_ref().map_or_else(String::new, |it| it.name().to_string());
        let why = format!("route `{}` is outside `{hours}`", route.name);
        tx.decide(key, Some(id.clone()), Reason::HeldBack { hold, why });
    }
    for name in before {
        let why = match routes.iter().find(|route| route.name == name) {
            Some(route) if is_closed(route) => continue,
            Some(route) => match &route.notify_hours {
                Some(hours) => format!("route `{name}` is within `{}`", hours.name()),
                None => format!("route `{name}` has no hours any more"),
            },
            None => format!("route `{name}` does not take it any more"),
        };
        tx.decide(key, Some(id.clone()), Reason::Released { hold, why });
    }
}

/// The holds that apply now, in the order of `Hold`, each at most once.
fn holding(tx: &mut Transaction<'_>, key: &AlertKey, setup: &Setup) -> Vec<Holding> {
    let now = tx.now;
    let spec = key.check().and_then(|name| setup.checks.get(name));
    let Some(alert) = tx.state.alerts.at_hand(key) else { return Vec::new() };
    let (labels, flaps) = (alert.record.labels.clone(), alert.record.flaps.is_flapping());
    let mut holding = Vec::new();
    for kind in [WindowKind::Silence, WindowKind::Maintenance] {
        if let Some((window, until)) = windows::open_window(tx.state, tx.now, kind, &labels) {
            let until = Some(now.mono_at(until));
            holding.push(Holding { hold: kind.hold(), why: window.to_string(), until });
        }
    }
    if let Some((why, until)) = spec.and_then(|spec| dependencies::held_by_parents(tx, key, spec)) {
        holding.push(Holding { hold: Hold::Dependency, why, until });
    }
    if flaps {
        holding.push(Holding { hold: Hold::Flapping, why: String::new(), until: None });
    }
    let hours = spec.and_then(|spec| spec.notify_hours.as_deref());
    if let Some(until) = hours.and_then(|hours| hold_of(hours, now)) {
        holding.push(Holding { hold: Hold::NotifyHours, why: String::new(), until });
    }
    if tx.state.offline && spec.is_some_and(|spec| spec.beyond_witness) {
        holding.push(Holding { hold: Hold::HostOffline, why: String::new(), until: None });
    }
    holding
}
