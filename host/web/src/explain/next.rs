//! What comes next if nobody does anything: reminders, steps of an escalation, groups and deliveries that wait.

use std::time::Duration;

use watchkeep_core::alert::{AlertRecord, Escalating, Phase};
use watchkeep_core::delivery::DeliveryStatus;
use watchkeep_core::ids::EscalationName;
use watchkeep_core::route;
use watchkeep_core::setup::Setup;
use watchkeep_core::time::Wall;

use super::{Scene, Ways, because, moment, named};

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

/// Groups that gather and deliveries under way, of this alert.
pub(super) fn waiting(scene: &Scene, ways: &Ways, alert: &AlertRecord) -> Vec<String> {
    let mut sentences = Vec::new();
    for group in &ways.groups {
        let member = group.members.iter().any(|member| member.alert == alert.id);
        if let (true, Some(at)) = (member && alert.acknowledged.is_none(), group.flush_at) {
            let at = moment(at, scene.now);
            sentences.push(format!("route `{}` looks after its group next at {at}", group.key.route));
        }
    }
    for delivery in &ways.deliveries {
        let notices = &delivery.notification.alerts;
        if !notices.iter().any(|notice| notice.id == alert.id) {
            continue;
        }
        let receiver = &delivery.notification.receiver;
        let error = because(delivery.last_error.as_deref().unwrap_or_default());
        sentences.push(match delivery.status {
            DeliveryStatus::Waiting { not_before } if delivery.attempts > 0 => format!(
                "`{receiver}` could not be told yet, and is tried again at {}{error}",
                moment(not_before, scene.now)
            ),
            DeliveryStatus::Waiting { .. } => format!("a notice waits for its turn at `{receiver}`"),
            DeliveryStatus::Attempting { began } => {
                format!("`{receiver}` is being told since {}", moment(began, scene.now))
            }
        });
    }
    sentences
}

/// What time alone will bring. Nothing while somebody has it, or while it is held back.
pub(super) fn due(scene: &Scene, alert: &AlertRecord) -> Vec<String> {
    let mut sentences = Vec::new();
    for far in &alert.escalating {
        if let Some(steps) = escalation(&scene.setup, far) {
            sentences.push(match &alert.acknowledged {
                Some(taken) => {
                    let Steps { escalation, step, of, .. } = &steps;
                    let step = step.min(of);
                    format!("escalation `{escalation}` stopped at step {step} of {of}: {} has it", taken.by)
                }
                None => step(scene, &steps),
            });
        }
    }
    let quiet = alert.acknowledged.is_some() || !alert.holds.is_empty();
    let firing = match alert.phase {
        Phase::Firing { .. } => true,
        Phase::Pending | Phase::Recovering { .. } => false,
    };
    if quiet || !firing {
        return sentences;
    }
    for told in &alert.told {
        let every =
            route::named(&scene.setup, &told.route).map_or(Duration::ZERO, |route| route.repeat_interval);
        if !every.is_zero() {
            let at = moment((told.at + every).max(scene.now), scene.now);
            sentences
                .push(format!("`{}` is reminded at {at} unless somebody acknowledges it", told.receiver));
        }
    }
    sentences
}

fn step(scene: &Scene, steps: &Steps) -> String {
    let Steps { escalation, step, of, next_at, receivers } = steps;
    let whom = named(receivers.iter().map(String::as_str));
    match next_at {
        _ if step > of => format!("all {of} steps of escalation `{escalation}` were told"),
        Some(at) => format!(
            "step {step} of {of} of escalation `{escalation}` tells {whom} at {} unless somebody acknowledges it",
            moment(*at, scene.now)
        ),
        None => format!("escalation `{escalation}` rests before step {step} of {of}, which tells {whom}"),
    }
}
