//! How an alert, or a check without one, stands now.

use watchkeep_core::alert::notice::state_of;
use watchkeep_core::alert::{Acknowledgement, AlertRecord, Assignment, Lasting, Phase};
use watchkeep_core::commit::Decision;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::view::{CheckStatus, CheckView};

use super::next::due;
use super::{Scene, because, moment};

/// In one sentence. `None`: nothing is open. `ways` are those on which its notices are.
pub(super) fn verdict(alert: Option<&AlertRecord>, ways: &[String], decisions: &[Decision]) -> String {
    let Some(alert) = alert else {
        return match decisions.last() {
            Some(last) => format!("no open alert; the last was: {}", last.reason),
            None => "no open alert, and none that the host remembers".to_owned(),
        };
    };
    let standing = match alert.phase {
        Phase::Pending => {
            return format!("{}, not confirmed yet, so nobody was told", alert.level.state().as_str());
        }
        Phase::Firing { .. } => "firing",
        Phase::Recovering { .. } => "recovering",
    };
    let taken = alert.acknowledged.as_ref().map(|taken| format!(", acknowledged by {}", taken.by));
    let standing = format!("{standing}{}", taken.unwrap_or_default());
    let holds: Vec<_> = alert.holds.iter().map(|hold| hold.as_str()).collect();
    let mut told: Vec<String> = Vec::new();
    for receiver in alert.told.iter().map(|told| format!("`{}`", told.receiver)) {
        if !told.contains(&receiver) {
            told.push(receiver);
        }
    }
    match (told.is_empty(), holds.is_empty()) {
        (false, true) => format!("{standing}; told {}", told.join(", ")),
        (false, false) => {
            format!("{standing}; told {}, now held back by {}", told.join(", "), holds.join(", "))
        }
        (true, false) => format!("{standing}; nobody was told: held back by {}", holds.join(", ")),
        (true, true) => {
            let last = || decisions.last().map(|last| last.reason.to_string());
            let why = ways.first().cloned().or_else(last).unwrap_or_default();
            format!("{standing}; nobody was told yet{}", because(&why))
        }
    }
}

pub(super) fn of_alert(
    scene: &Scene,
    ways: Vec<String>,
    alert: &AlertRecord,
    decisions: &[Decision],
) -> Vec<String> {
    let mut sentences = vec![phase(scene, alert)];
    if let Some(at) = alert.last_good {
        sentences.push(format!("it was last ok at {}", moment(at, scene.now)));
    }
    sentences.extend(alert.acknowledged.as_ref().map(|taken| acknowledged(scene, taken)));
    sentences.extend(alert.assigned.as_ref().map(|given| assigned(scene, given)));
    for held in scene.held(alert) {
        let until = held.until.map(|at| format!(", until {}", moment(at, scene.now))).unwrap_or_default();
        sentences.push(format!("held back ({}){}{until}", held.hold.as_str(), because(&held.why)));
    }
    for told in &alert.told {
        sentences.push(format!(
            "`{}` was told by route `{}` at {} that it is {}",
            told.receiver,
            told.route,
            moment(told.at, scene.now),
            told.level.state().as_str()
        ));
    }
    if alert.told.is_empty() && alert.phase != Phase::Pending && ways.is_empty() {
        let why = decisions.last().map(|last| last.reason.to_string());
        sentences.push(format!("nobody was told yet{}", because(why.as_deref().unwrap_or_default())));
    }
    sentences.extend(ways);
    sentences.extend(due(scene, alert));
    sentences
}

fn phase(scene: &Scene, alert: &AlertRecord) -> String {
    let state = state_of(&alert.key, alert.level).as_str();
    let spec = alert.key.check().and_then(|check| scene.setup.checks.get(check).cloned());
    match alert.phase {
        Phase::Pending => {
            let bad = alert.judgements.iter().filter(|judgement| **judgement != Judgement::Ok).count();
            let needed = spec.map(|spec| {
                let (needed, of) = (spec.firing.needed(), spec.firing.of());
                format!(": {bad} of the last {of} judgements are bad, {needed} are needed")
            });
            let since = moment(alert.since, scene.now);
            format!("{state} since {since}, not confirmed yet{}", needed.unwrap_or_default())
        }
        Phase::Firing { since } => {
            format!("firing since {}: it is {state}", moment(since, scene.now))
        }
        Phase::Recovering { fired, oks } => {
            let needed = spec.map(|spec| format!(" of {} that resolve it", spec.success_threshold));
            format!(
                "recovering: it fires since {}, and was judged ok {oks} times{}",
                moment(fired, scene.now),
                needed.unwrap_or_default()
            )
        }
    }
}

fn acknowledged(scene: &Scene, taken: &Acknowledgement) -> String {
    let until = match taken.until {
        Some(until) => format!("until {}", moment(until, scene.now)),
        None => "until it is over".to_owned(),
    };
    let worse = match taken.lasting {
        Lasting::UntilWorse => ", or worse",
        Lasting::Sticky => ", even if it gets worse",
    };
    let at = moment(taken.at, scene.now);
    format!("acknowledged by {} at {at}, {until}{worse}{}", taken.by, because(&taken.comment))
}

fn assigned(scene: &Scene, given: &Assignment) -> String {
    let at = moment(given.at, scene.now);
    format!("handed over to {} by {} at {at}{}", given.to, given.by, because(&given.comment))
}

/// A check of which nothing is open: what keeps it from alerting, if anything does.
pub(super) fn of_quiet_check(scene: &Scene, view: &CheckView, decisions: &[Decision]) -> Vec<String> {
    let mut sentences = vec![verdict(None, &[], decisions)];
    match view.status {
        CheckStatus::Active | CheckStatus::Running { .. } => {}
        CheckStatus::Paused => sentences.push("it is paused, so nothing can alert".to_owned()),
        CheckStatus::Closed => {
            sentences.push("it is outside its run hours, so it does not run".to_owned());
        }
        CheckStatus::NoPlugin => sentences.push("its plugin is not loaded, so it does not run".to_owned()),
    }
    match (view.state, view.since) {
        (_, None) => sentences.push("it has not run yet".to_owned()),
        (State::Ok, Some(since)) => sentences.push(format!("ok since {}", moment(since, scene.now))),
        (State::Unknown, Some(since)) => sentences.push(format!(
            "unknown since {}: what judges nothing does not alert by itself",
            moment(since, scene.now)
        )),
        (state @ (State::Warning | State::Critical), Some(since)) => {
            sentences.push(format!("{} since {}", state.as_str(), moment(since, scene.now)));
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
