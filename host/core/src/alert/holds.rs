//! Why notices about an alert are held back now (rules A1, A5-A8): kept beside the alert's life, never in it. Each
//! hold that begins or ends is a decision with its reason; what is owed when the last one ends is `tell`'s business.

use std::sync::Arc;

use crate::alert::tell::{earlier, hold_of};
use crate::alert::{AlertKey, Hold, notice};
use crate::ids::RouteName;
use crate::labels::Labels;
use crate::reason::Reason;
use crate::setup::{CheckSpec, Route, Setup};
use crate::time::Mono;
use crate::turn::Turn;
use crate::window::{Standing, Window, WindowKind};

/// Whether notices about an alert are held back, whatever the route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    No,
    /// Whoever was told that it flaps is told nothing more until that ends.
    ByFlapping,
    Yes,
}

/// A hold that applies now.
#[derive(Debug)]
struct Holding {
    hold: Hold,
    why: String,
    /// When it ends by itself, if it does.
    until: Option<Mono>,
}

impl Turn<'_> {
    /// Keeps the record's holds right. Says how it is held, and when to look again.
    pub(crate) fn update_holds(&mut self, key: &AlertKey, setup: &Setup) -> (Held, Option<Mono>) {
        let holding = self.holding(key, setup);
        let Some(alert) = self.state.alerts.get_mut(key) else { return (Held::No, None) };
        let id = alert.record.id.clone();
        let holds: Vec<Hold> = holding.iter().map(|holding| holding.hold).collect();
        let before = std::mem::replace(&mut alert.record.holds, holds.clone());
        if before != holds {
            self.alert_changed(key);
        }
        let mut again = None;
        for Holding { hold, why, until } in holding {
            again = earlier(again, until);
            if !before.contains(&hold) {
                self.decide(key, Some(id.clone()), Reason::HeldBack { hold, why });
            }
        }
        for hold in before.into_iter().filter(|hold| !holds.contains(hold)) {
            self.decide(key, Some(id.clone()), Reason::Released { hold, why: String::new() });
        }
        (held_by(&holds), again)
    }

    /// Keeps right of which routes' hours the alert is outside. What they hold back is theirs alone; their beginnings and
    /// ends are decisions like those of any hold.
    pub(crate) fn update_route_holds(&mut self, key: &AlertKey, routes: &[&Route]) {
        let now = self.now.wall;
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        let id = alert.record.id.clone();
        let is_closed = |route: &Route| route.notify_hours.as_ref().is_some_and(|hours| !hours.is_open(now));
        let closed: Vec<&Route> = routes.iter().copied().filter(|route| is_closed(route)).collect();
        let names: Vec<RouteName> = closed.iter().map(|route| route.name.clone()).collect();
        if alert.record.closed_routes == names {
            return;
        }
        let before = std::mem::replace(&mut alert.record.closed_routes, names);
        self.alert_changed(key);
        let hold = Hold::NotifyHours;
        for route in closed.into_iter().filter(|route| !before.contains(&route.name)) {
            let hours = route.notify_hours.as_ref().map_or_else(String::new, |it| it.name().to_string());
            let why = format!("route `{}` is outside `{hours}`", route.name);
            self.decide(key, Some(id.clone()), Reason::HeldBack { hold, why });
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
            self.decide(key, Some(id.clone()), Reason::Released { hold, why });
        }
    }

    /// In the order of `Hold`, each at most once.
    fn holding(&mut self, key: &AlertKey, setup: &Setup) -> Vec<Holding> {
        let now = self.now;
        let spec = key.check().and_then(|name| setup.checks.get(name));
        let Some(alert) = self.state.alerts.get(key) else { return Vec::new() };
        let (labels, flaps) = (alert.record.labels.clone(), alert.record.flaps.is_flapping());
        let mut holding = Vec::new();
        for kind in [WindowKind::Silence, WindowKind::Maintenance] {
            if let Some((window, until)) = self.open_window(kind, &labels) {
                let until = Some(now.mono_at(until));
                holding.push(Holding { hold: kind.hold(), why: window.to_string(), until });
            }
        }
        if let Some((why, until)) = spec.and_then(|spec| self.held_by_parents(key, spec)) {
            holding.push(Holding { hold: Hold::Dependency, why, until });
        }
        if flaps {
            holding.push(Holding { hold: Hold::Flapping, why: String::new(), until: None });
        }
        let hours = spec.and_then(|spec| spec.notify_hours.as_deref());
        if let Some(until) = hours.and_then(|hours| hold_of(hours, now)) {
            holding.push(Holding { hold: Hold::NotifyHours, why: String::new(), until });
        }
        if self.state.offline && spec.is_some_and(|spec| spec.beyond_witness) {
            holding.push(Holding { hold: Hold::HostOffline, why: String::new(), until: None });
        }
        holding
    }

    /// The open window of that kind over these labels that closes last, and when it closes.
    pub(crate) fn open_window(
        &self,
        kind: WindowKind,
        labels: &Labels,
    ) -> Option<(Arc<Window>, crate::time::Wall)> {
        let now = self.now.wall;
        let open =
            self.state.windows().filter(|window| window.kind == kind).filter_map(|window| {
                match window.standing(now) {
                    Standing::Open { until } if window.matches(labels) => Some((Arc::clone(window), until)),
                    Standing::Open { .. } | Standing::Closed { .. } => None,
                }
            });
        open.max_by_key(|(_, until)| *until)
    }

    /// Whether a judgement says something of how steady its subject is: not in maintenance, and not while a parent is down.
    pub(crate) fn counts_for_flapping(&self, key: &AlertKey, spec: &CheckSpec) -> bool {
        !self.in_maintenance(key, spec) && self.parents_down(spec).is_none()
    }

    /// Whether what the key names is in maintenance now.
    pub(crate) fn in_maintenance(&self, key: &AlertKey, spec: &CheckSpec) -> bool {
        if self.state.windows().next().is_none() {
            return false;
        }
        let labels = match self.state.alerts.get(key) {
            Some(alert) => alert.record.labels.clone(),
            None => notice::labels(key, spec, None, crate::report::Judgement::Ok),
        };
        self.open_window(WindowKind::Maintenance, &labels).is_some()
    }
}

/// What these holds together mean.
pub(crate) fn held_by(holds: &[Hold]) -> Held {
    match holds {
        [] => Held::No,
        [Hold::Flapping] => Held::ByFlapping,
        [..] => Held::Yes,
    }
}
