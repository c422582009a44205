//! What comes next if nobody does anything: reminders, and the steps of escalations.

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
    /// The step that is taken next, from 1; greater than `of` if all were taken.
    pub(crate) step: u32,
    pub(crate) of: u32,
    /// When it is taken if nobody acknowledges; `None` if the escalation is paused, or all steps were taken.
    pub(crate) next_at: Option<Wall>,
    /// The receivers of the step.
    pub(crate) receivers: Vec<String>,
}

/// How far an escalation has come; `None` if the config in force no longer has that route or escalation.
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

/// What will happen with time alone. There are no reminders while somebody has the alert, or while it is held back.
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

/// The next reminder of a receiver that was told and has got nothing since. It comes within the hours of the route, if
/// that has any.
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

/// A sentence about an escalation if the time of its next step is not known. Otherwise each receiver's sentence says
/// when its step comes.
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
