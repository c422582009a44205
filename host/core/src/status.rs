//! What people outside are told on status pages: of which components a page is made, in which state each is, since when,
//! and which maintenance is announced. Pure, and in words for the public: no name of a check, no summary and no label
//! comes out of here, only titles that somebody chose.
//!
//! A problem counts once its alert fires, as for receivers: a single bad run is nothing that clients are told of. One that
//! nobody may be told of (silenced, say) counts all the same, because a silence is for pagers.

mod maintenance;
mod problems;

use std::num::NonZeroU32;

pub use maintenance::{Announcement, Occurs, announcements, concerns, is_announced};
pub use problems::{Problem, Span, problems, spans};

use crate::alert::{AlertKey, AlertRecord};
use crate::ids::CheckName;
use crate::report::{Judgement, State};
use crate::service::{self, Health, health_of};
use crate::setup::Setup;
use crate::status_page::{Shows, StatusPageSpec};
use crate::time::Wall;
use crate::view::CheckView;

/// The most components of one page.
pub const COMPONENTS_MAX: usize = 200;

/// What is shown as one line of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Component {
    pub title: String,
    /// Names it in addresses. Made of the title alone, and different for each component of a page.
    pub slug: String,
    pub down_at: Option<NonZeroU32>,
    /// Never shown.
    pub checks: Vec<CheckName>,
}

/// The state of a component or of a whole page. Worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PublicState {
    Down,
    Degraded,
    Maintenance,
    /// Nothing has been judged.
    Unknown,
    Operational,
}

impl PublicState {
    pub const fn as_str(self) -> &'static str {
        match self {
            PublicState::Down => "Down",
            PublicState::Degraded => "Degraded",
            PublicState::Maintenance => "Maintenance",
            PublicState::Unknown => "Not known",
            PublicState::Operational => "Operational",
        }
    }
}

impl From<Health> for PublicState {
    fn from(health: Health) -> Self {
        match health {
            Health::Down => PublicState::Down,
            Health::Degraded => PublicState::Degraded,
            Health::Unknown => PublicState::Unknown,
            Health::Healthy => PublicState::Operational,
        }
    }
}

/// The components of a page, in the order in which they are shown: services as the page lists them, checks by title.
pub fn components(page: &StatusPageSpec, setup: &Setup) -> Vec<Component> {
    let mut found: Vec<Component> = match &page.shows {
        Shows::Services(names) => {
            let services = names.iter().filter_map(|name| setup.services.iter().find(|it| it.name == *name));
            services
                .map(|service| Component {
                    title: service.display.clone().unwrap_or_else(|| service.name.to_string()),
                    slug: String::new(),
                    down_at: service.down_at,
                    checks: enabled(setup, |labels| service.has(labels)).map(|(name, _)| name).collect(),
                })
                .collect()
        }
        Shows::Checks(matchers) => {
            let shown = enabled(setup, |labels| matchers.iter().all(|matcher| matcher.matches(labels)));
            let mut shown: Vec<_> =
                shown.filter_map(|(name, display)| Some((display?.to_owned(), name))).collect();
            shown.sort();
            let component =
                |(title, check)| Component { title, slug: String::new(), down_at: None, checks: vec![check] };
            shown.into_iter().map(component).collect()
        }
    };
    found.truncate(COMPONENTS_MAX);
    name(&mut found);
    found
}

/// Checks that run at all and whose labels fit, with their `display`.
fn enabled(
    setup: &Setup,
    fits: impl Fn(&crate::labels::Labels) -> bool,
) -> impl Iterator<Item = (CheckName, Option<&str>)> {
    let checks = setup.checks.iter().filter(move |(_, spec)| spec.enabled && fits(&service::labels(spec)));
    checks.map(|(name, spec)| (name.clone(), spec.display.as_deref()))
}

/// Gives each component its part of an address: letters and digits of its title, and a number where two are the same.
fn name(components: &mut [Component]) {
    let mut given: Vec<String> = Vec::new();
    for component in components {
        let lower = component.title.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-");
        if slug.is_empty() {
            slug.push_str("component");
        }
        let numbered = (2..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|slug| !given.contains(slug));
        let slug = free.unwrap_or(slug);
        given.push(slug.clone());
        component.slug = slug;
    }
}

/// One check of a component, as it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// `None` if it says nothing: it does not run, or has not yet.
    pub state: Option<State>,
    /// Since when it has its problem.
    pub since: Option<Wall>,
    /// Whether maintenance is announced for it now: then it is not expected to work.
    pub announced: bool,
}

/// How a check stands, from the alerts that are open about it. A problem of one thing inside its target degrades it; what
/// is not confirmed yet does not count.
pub fn standing<'a>(
    view: &CheckView,
    alerts: impl IntoIterator<Item = &'a AlertRecord>,
    announced: bool,
) -> Standing {
    let mut worst: Option<State> = None;
    let mut since: Option<Wall> = None;
    let mut judged = true;
    for alert in alerts {
        let Some(fired) = alert.phase.fired() else { continue };
        match alert.key {
            AlertKey::Check(_) | AlertKey::Finding(..) => {
                let level = level(&alert.key, alert.level.state());
                worst = Some(worst.map_or(level, |worst| worse(worst, level)));
                since = Some(since.map_or(fired, |since| since.min(fired)));
            }
            AlertKey::NotJudged(_) => judged = false,
            AlertKey::Plugin(_) | AlertKey::Host(_) => {}
        }
    }
    let known = if judged && view.state != State::Unknown { State::Ok } else { State::Unknown };
    Standing { state: service::counts(view).then_some(worst.unwrap_or(known)), since, announced }
}

/// What a problem of this key means for the whole check.
fn level(key: &AlertKey, state: State) -> State {
    match (key, state) {
        (AlertKey::Finding(..), State::Critical) => State::Warning,
        (_, state) => state,
    }
}

fn worse(one: State, other: State) -> State {
    let critical = one == State::Critical || other == State::Critical;
    if critical { State::Critical } else { State::Warning }
}

/// The state of a component. What is in announced maintenance is left out; the rest says what it says, and where the rest is
/// well, or nothing is left, it is maintenance that people see.
pub fn public_state(down_at: Option<NonZeroU32>, checks: &[Standing]) -> PublicState {
    let states: Vec<State> =
        checks.iter().filter(|check| !check.announced).filter_map(|check| check.state).collect();
    let announced = checks.iter().any(|check| check.announced);
    let state = PublicState::from(health_of(down_at, &states));
    match state {
        PublicState::Down | PublicState::Degraded => state,
        PublicState::Maintenance | PublicState::Unknown | PublicState::Operational => {
            if announced {
                PublicState::Maintenance
            } else {
                state
            }
        }
    }
}

/// Since when a component that is not well has its problem; `None` if it is well, or that is not known.
pub fn since(state: PublicState, checks: &[Standing]) -> Option<Wall> {
    match state {
        PublicState::Down | PublicState::Degraded => {
            checks.iter().filter(|check| !check.announced).filter_map(|check| check.since).min()
        }
        PublicState::Maintenance | PublicState::Unknown | PublicState::Operational => None,
    }
}

/// The state of a whole page: the worst of its components. Where one is not known the page does not say that all is well.
pub fn page_state(components: impl IntoIterator<Item = PublicState>) -> PublicState {
    components.into_iter().min().unwrap_or(PublicState::Unknown)
}

/// The level at which a judgement counts against a check with this key.
fn level_of(key: &AlertKey, judgement: Judgement) -> State {
    level(key, judgement.state())
}

#[cfg(test)]
mod tests;
