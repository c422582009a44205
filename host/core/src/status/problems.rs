//! When a component was not well: from what became of the alerts of its checks.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::maintenance::until as announced_until;
use super::{PublicState, level_of, worse};
use crate::alert::{AlertKey, AlertRecord};
use crate::commit::{Transition, TransitionKind};
use crate::ids::AlertId;
use crate::report::State;
use crate::service::health_of;
use crate::time::Wall;
use crate::view::CheckView;
use crate::window::Window;

/// A span in which one check had one problem, confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// `None` if it began before what was looked at.
    pub from: Option<Wall>,
    /// `None` if it goes on.
    pub until: Option<Wall>,
    /// Warning or critical.
    pub state: State,
}

/// A span in which a component was not well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Problem {
    /// `None` if it began before what was looked at.
    pub began: Option<Wall>,
    /// `None` if it goes on.
    pub ended: Option<Wall>,
    /// The worst that it was: degraded or down.
    pub worst: PublicState,
}

/// The problems of one check, from its transitions, oldest first, and the alerts that are open about it. What began while
/// maintenance was announced for it counts from the end of that only.
pub fn spans(
    view: &CheckView,
    transitions: &[Transition],
    alerts: &[Arc<AlertRecord>],
    windows: &[Arc<Window>],
) -> Vec<Span> {
    let mut open: BTreeMap<&AlertId, Span> = BTreeMap::new();
    let mut found = Vec::new();
    for transition in transitions {
        let state = match transition.key {
            AlertKey::Check(_) | AlertKey::Finding(..) => level_of_state(&transition.key, transition.state),
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => continue,
        };
        let at = transition.at;
        match transition.kind {
            TransitionKind::Firing => {
                open.insert(&transition.alert, Span { from: Some(at), until: None, state });
            }
            TransitionKind::LevelChanged => {
                let before = open.insert(&transition.alert, Span { from: Some(at), until: None, state });
                found.extend(before.map(|before| Span { until: Some(at), ..before }));
            }
            TransitionKind::Resolved | TransitionKind::Removed => {
                let unseen = Span { from: None, until: None, state: State::Warning };
                let before = open.remove(&transition.alert).unwrap_or(unseen);
                found.push(Span { until: Some(at), ..before });
            }
            TransitionKind::Pending
            | TransitionKind::Recovering
            | TransitionKind::Calmed
            | TransitionKind::Flapping
            | TransitionKind::Steady => {}
        }
    }
    for alert in alerts {
        let Some(fired) = alert.phase.fired() else { continue };
        match alert.key {
            AlertKey::Check(_) | AlertKey::Finding(..) => {
                let state = level_of(&alert.key, alert.level);
                let span = Span { from: Some(fired), until: None, state };
                found.push(open.remove(&alert.id).unwrap_or(span));
            }
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {}
        }
    }
    // What is left has no open alert: what ended it was not kept, and nothing is said of it.
    found.into_iter().filter_map(|span| unannounced(span, view, windows)).collect()
}

fn level_of_state(key: &AlertKey, state: State) -> State {
    let state = if state == State::Critical { State::Critical } else { State::Warning };
    super::level(key, state)
}

/// The part of a span that was not announced as maintenance.
fn unannounced(span: Span, view: &CheckView, windows: &[Arc<Window>]) -> Option<Span> {
    let Some(until) = span.from.and_then(|from| announced_until(windows, view, from)) else {
        return Some(span);
    };
    match span.until {
        Some(ended) if ended <= until => None,
        Some(_) | None => Some(Span { from: Some(until), ..span }),
    }
}

/// The problems of a component, oldest first, from the spans of each of its checks. Those that touch are one.
/// Those that would begin after `now`, as after maintenance that is still open, are none yet.
pub fn problems(down_at: Option<NonZeroU32>, checks: &[Vec<Span>], now: Wall) -> Vec<Problem> {
    let moments = checks.iter().flatten().flat_map(|span| [span.from, span.until]);
    let mut moments: Vec<Option<Wall>> = moments.flatten().filter(|at| *at <= now).map(Some).collect();
    // `None` is before all others: what began before what was looked at.
    moments.push(None);
    moments.sort_unstable();
    moments.dedup();
    let mut found: Vec<Problem> = Vec::new();
    let mut is_open = false;
    for at in moments {
        let states: Vec<State> = checks.iter().map(|spans| state_at(spans, at)).collect();
        let state = PublicState::from(health_of(down_at, &states));
        let is_bad = matches!(state, PublicState::Down | PublicState::Degraded);
        match (found.last_mut().filter(|_| is_open), is_bad) {
            (Some(last), true) => last.worst = last.worst.min(state),
            (Some(last), false) => last.ended = at,
            (None, true) => found.push(Problem { began: at, ended: None, worst: state }),
            (None, false) => {}
        }
        is_open = is_bad;
    }
    found
}

fn state_at(spans: &[Span], at: Option<Wall>) -> State {
    let open = spans.iter().filter(|span| span.from <= at && span.until.is_none_or(|until| Some(until) > at));
    open.map(|span| span.state).reduce(worse).unwrap_or(State::Ok)
}
