//! The state of an alert now, or of a check without one.

use watchkeep_core::alert::{Acknowledgement, AlertKey, AlertRecord, Assignment, Lasting, Phase};
use watchkeep_core::commit::Decision;
use watchkeep_core::notice::state_of;
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::telling::{HeldBy, Telling, in_short};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView};

use super::next::due;
use super::{Scene, because};

/// The state of an open alert: one sentence, then further ones.
pub(super) fn of_alert(scene: &Scene, alert: &AlertRecord, decisions: &[Decision]) -> (String, Vec<String>) {
    let held = scene.held(alert);
    let tellings = scene.tellings(alert, &held);
    (verdict(alert, &held, &tellings), sentences(scene, alert, &held, &tellings, decisions))
}

fn verdict(alert: &AlertRecord, held: &[HeldBy], tellings: &[Telling]) -> String {
    let standing = match alert.phase {
        Phase::Pending => {
            let state = state_of(&alert.key, alert.level).as_str();
            return format!("{state}, not confirmed yet, so nobody was told");
        }
        Phase::Firing { .. } => "firing",
        Phase::Recovering { .. } => "recovering",
    };
    let taken = alert.acknowledged.as_ref().map(|taken| format!(", acknowledged by {}", taken.by));
    let mut holds: Vec<&str> = held.iter().map(|held| held.hold.as_str()).collect();
    holds.dedup();
    let held = if holds.is_empty() { String::new() } else { format!(", held back by {}", holds.join(", ")) };
    format!("{standing}{}{held}; {}", taken.unwrap_or_default(), receivers(tellings))
}

/// What happened at the receivers, in a few words.
pub(crate) fn receivers(tellings: &[Telling]) -> String {
    if tellings.is_empty() {
        "nobody is told: no route leads to a receiver".to_owned()
    } else {
        in_short(tellings)
    }
}

/// The state of a key that has no open alert. `beside` has the keys of the same check that have one.
pub(super) fn quiet(beside: &[String], decisions: &[Decision]) -> String {
    let last = decisions.iter().rev().find(|decision| is_of_a_life(&decision.reason));
    let open: Vec<String> = beside.iter().take(BESIDE_MAX).map(|key| format!("`{key}`")).collect();
    let more = beside.len().saturating_sub(BESIDE_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match (open.is_empty(), last) {
        (false, _) => format!("no alert of its own; open beside it: {}{more}", open.join(", ")),
        (true, Some(last)) => format!("no open alert; the last was: {}", last.reason),
        (true, None) => "no open alert, and none that the host remembers".to_owned(),
    }
}

const BESIDE_MAX: usize = 5;

/// Whether the decision was about an alert: pings and events are not alerts.
fn is_of_a_life(reason: &Reason) -> bool {
    !matches!(
        reason,
        Reason::Pinged { .. }
            | Reason::EventBaseline { .. }
            | Reason::EventTold { .. }
            | Reason::EventHeld { .. }
            | Reason::EventsDigested { .. }
    )
}

fn sentences(
    scene: &Scene,
    alert: &AlertRecord,
    held: &[HeldBy],
    tellings: &[Telling],
    decisions: &[Decision],
) -> Vec<String> {
    let mut sentences = vec![phase(scene, alert)];
    if let Some(at) = alert.last_good {
        sentences.push(format!("it was last ok at {at}"));
    }
    sentences.extend(alert.acknowledged.as_ref().map(acknowledged));
    sentences.extend(alert.assigned.as_ref().map(|given| assigned(given, scene.now)));
    for held in held {
        let until = held.until.map(|at| format!(", until {at}")).unwrap_or_default();
        sentences.push(format!("held back ({}){}{until}", held.hold.as_str(), because(&held.why)));
    }
    sentences.extend(scene.tried(alert));
    sentences.extend(tellings.iter().map(|telling| telling.sentence(&alert.key)));
    if tellings.is_empty() {
        let why = decisions.last().map(|last| last.reason.to_string());
        sentences.push(format!("no receiver{}", because(why.as_deref().unwrap_or_default())));
    }
    sentences.extend(due(scene, alert, tellings, held));
    sentences
}

fn phase(scene: &Scene, alert: &AlertRecord) -> String {
    let state = state_of(&alert.key, alert.level).as_str();
    let spec = alert.key.check().and_then(|check| scene.setup().checks.get(check).cloned());
    match alert.phase {
        Phase::Pending => {
            let bad = alert.judgements.iter().filter(|judgement| **judgement != Judgement::Ok).count();
            let needed = spec.map(|spec| {
                let (needed, of) = (spec.firing.needed(), spec.firing.of());
                format!(": {bad} of the last {of} judgements are bad, {needed} are needed")
            });
            format!("{state} since {}, not confirmed yet{}", alert.since, needed.unwrap_or_default())
        }
        Phase::Firing { since } => match alert.key {
            AlertKey::NotJudged(_) => {
                format!("firing since {since}: not judged since {}", alert.since)
            }
            AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
                format!("firing since {since}: it is {state}")
            }
        },
        Phase::Recovering { fired, oks } => {
            let needed = spec.map(|spec| format!(" of {} that resolve it", spec.success_threshold));
            format!(
                "recovering: it fires since {fired}, and was judged ok {oks} times{}",
                needed.unwrap_or_default()
            )
        }
    }
}

fn acknowledged(taken: &Acknowledgement) -> String {
    let until = match taken.until {
        Some(until) => format!("until {until}"),
        None => "until it is over".to_owned(),
    };
    let worse = match taken.lasting {
        Lasting::UntilWorse => ", or worse",
        Lasting::Sticky => ", even if it gets worse",
    };
    let at = taken.at;
    format!("acknowledged by {} at {at}, {until}{worse}{}", taken.by, because(&taken.comment))
}

fn assigned(given: &Assignment, now: Wall) -> String {
    let at = given.at;
    let due = match given.due {
        Some(due) if due <= now => format!(", overdue since {due}"),
        Some(due) => format!(", due by {due}"),
        None => String::new(),
    };
    format!("handed over to {} by {} at {at}{due}{}", given.to, given.by, because(&given.comment))
}

/// The state of a check without an open alert: what keeps it from alerting, if anything does. `absence` is why its
/// plugin is not loaded, if it is not.
pub(super) fn of_quiet_check(verdict: String, view: &CheckView, absence: Option<String>) -> Vec<String> {
    let mut sentences = vec![verdict];
    match view.status {
        CheckStatus::Active | CheckStatus::Running { .. } => {}
        CheckStatus::Paused => sentences.push("it is paused, so nothing can alert".to_owned()),
        CheckStatus::Closed => {
            sentences.push("it is outside its run hours, so it does not run".to_owned());
        }
        CheckStatus::NoPlugin => {
            let why = absence.map(|absence| format!(" ({absence})")).unwrap_or_default();
            sentences.push(format!("its plugin is not loaded{why}, so it does not run"));
        }
    }
    match (view.state, view.since) {
        (_, None) => sentences.push("it has not run yet".to_owned()),
        (State::Ok, Some(since)) => sentences.push(format!("ok since {since}")),
        (State::Unknown, Some(since)) => {
            sentences.push(format!("unknown since {since}: what judges nothing does not alert by itself"))
        }
        (state @ (State::Warning | State::Critical), Some(since)) => {
            sentences.push(format!("{} since {since}", state.as_str()));
        }
    }
    sentences.extend(view.last.as_ref().filter(|row| row.flaps.is_flapping()).map(|row| {
        format!(
            "it flaps: the changes of its last 20 judgements weigh {} %, it ends below 25 %",
            row.flaps.percent()
        )
    }));
    sentences
}
