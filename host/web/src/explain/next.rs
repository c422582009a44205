//! What comes next if nobody does anything: reminders, and how far an escalation came.

use std::time::Duration;

use watchkeep_core::alert::{AlertRecord, Escalating, Phase};
use watchkeep_core::ids::EscalationName;
use watchkeep_core::route;
use watchkeep_core::setup::Setup;
use watchkeep_core::telling::{Became, HeldBy, Telling};
use watchkeep_core::time::Wall;

use super::{Scene, named};

/// How far an escalation came, in the words of the config in force.
pub(crate) struct Steps {
    pub(crate) escalation: EscalationName,
    /// The step that is told next, from 1; above `of`: all were told.
    pub(crate) step: u32,
    pub(crate) of: u32,
    /// When it is told if nobody acknowledges; `None`: paused, or all were told.
    pub(crate) next_at: Option<Wall>,
    /// Whom it tells.
    pub(crate) receivers: Vec<String>,
}

/// `None` if the config in force has that route or escalation no more.
pub(crate) fn escalation(setup: &Setup, far: &Escalating) -> Option<Steps> {
    let name = route::named(setup, &far.route)?.escalation.as_ref()?;
    let steps = &setup.escalations.get(name)?.steps;
    let step = steps.get(far.step as usize);
    Some(Steps {
        escalation: name.clone(),
        step: far.step.saturating_add(1),
        of: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        next_at: step.zip(far.since).map(|(step, since)| since + step.after.saturating_sub(far.waited)),
        receivers: step
            .map_or_else(Vec::new, |step| step.receivers.iter().map(ToString::to_string).collect()),
    })
}

/// What time alone will bring. Nothing while somebody has it, or while it is held back.
pub(super) fn due(scene: &Scene, alert: &AlertRecord, tellings: &[Telling], held: &[HeldBy]) -> Vec<String> {
    let mut sentences = Vec::new();
    for far in &alert.escalating {
        if let Some(steps) = escalation(scene.setup(), far) {
            sentences.extend(match &alert.acknowledged {
                Some(taken) => {
                    let Steps { escalation, step, of, .. } = &steps;
                    let step = step.min(of);
                    Some(format!(
                        "escalation `{escalation}` stopped at step {step} of {of}: {} has it",
                        taken.by
                    ))
                }
                None => rests(&steps),
            });
        }
    }
    let quiet = alert.acknowledged.is_some() || held.iter().any(|held| held.route.is_none());
    let firing = match alert.phase {
        Phase::Firing { .. } => true,
        Phase::Pending | Phase::Recovering { .. } => false,
    };
    if !quiet && firing {
        sentences.extend(tellings.iter().filter_map(|telling| reminder(scene, alert, telling)));
    }
    sentences
}

/// Of who was told and has heard nothing since. Within its route's hours, if it has some.
fn reminder(scene: &Scene, alert: &AlertRecord, telling: &Telling) -> Option<String> {
    match telling.became {
        Became::Told { .. } => {}
        Became::Trying { .. } | Became::NotReached { .. } | Became::Held { .. } | Became::NotYet { .. } => {
            return None;
        }
    }
    let told = alert.told.iter().find(|told| told.receiver == telling.receiver)?;
    let route = route::named(scene.setup(), &told.route)?;
    if route.repeat_interval == Duration::ZERO {
        return None;
    }
    let at = (told.at + route.repeat_interval).max(scene.now);
    let at = match route.notify_hours.as_ref().filter(|hours| !hours.is_open(at)) {
        Some(hours) => hours.next_open(at)?,
        None => at,
    };
    Some(format!("`{}` is reminded at {at} unless somebody acknowledges it", told.receiver))
}

/// Where no moment is known; each receiver says the moment of its own step.
fn rests(steps: &Steps) -> Option<String> {
    let Steps { escalation, step, of, next_at, receivers } = steps;
    let whom = named(receivers.iter().map(String::as_str));
    match next_at {
        _ if step > of => Some(format!("the last of {of} steps of escalation `{escalation}` has come")),
        Some(_) => None,
        None => {
            Some(format!("escalation `{escalation}` rests before step {step} of {of}, which tells {whom}"))
        }
    }
}
