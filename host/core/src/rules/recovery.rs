//! Whether an action is due for an alert, waits, or is held back (rules X2-X4). Everything here only reads.

use std::time::Duration;

use crate::model::actions::Act;
use crate::model::alert::{Alert, Phase, Recheck};
use crate::model::clock::Elapsed;
use crate::model::keys::AlertKey;
use crate::model::recovery::{ActionSpec, ActionStatus, HeldAction, Helped, Mode, Most, Occurs, Remedy};
use crate::model::setup::{CheckSpec, Parent};
use crate::model::state::State;
use crate::model::window::WindowKind;
use crate::report::Judgement;
use crate::rules::{parents, windows};
use crate::time::{Mono, Now};

/// How long an action waits for the parents of its check to be asked, before it looks again.
const ASKED_SOON: Duration = Duration::from_secs(1);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Nothing, until something else happens.
    Nothing,
    At(Mono),
    /// Due, and held back: until that moment, if it is known.
    Held(HeldAction, Option<Mono>),
    Act,
}

/// What an action does next for an alert.
pub(crate) fn next(
    state: &State,
    alert: &Alert,
    check: &CheckSpec,
    remedy: &Remedy,
    action: &ActionSpec,
    now: Now,
) -> Next {
    let Some(due) = due(alert, remedy, action) else { return Next::Nothing };
    if due > now.mono {
        return Next::At(due);
    }
    match standing(state, alert, action) {
        Standing::Waits | Standing::Spent => return Next::Nothing,
        Standing::Open => {}
    }
    let held = taken(alert, action, now)
        .or_else(|| closed(action, now))
        .or_else(|| surroundings(state, alert, check, now))
        .or_else(|| limited(state, alert, action, now.mono));
    match held {
        Some((why, until)) => Next::Held(why, until),
        None => Next::Act,
    }
}

/// When it is due; none while the alert is not in the phase for it, or not bad enough.
fn due(alert: &Alert, remedy: &Remedy, action: &ActionSpec) -> Option<Mono> {
    if alert.record.level < action.level {
        return None;
    }
    let since = match (remedy.when, alert.record.phase) {
        (_, Phase::Recovering { .. }) | (Occurs::Firing, Phase::Pending) => return None,
        (Occurs::Pending, Phase::Pending | Phase::Firing { .. }) => alert.opened,
        (Occurs::Firing, Phase::Firing { .. }) => alert.fired?,
    };
    Some(since.reaches(remedy.after))
}

/// Where an action stands in this life of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It may act.
    Open,
    /// It is under way, waits for a person, or for a judgement that says whether it helped.
    Waits,
    /// It has acted as often as it may, or a person declined.
    Spent,
}

pub(crate) fn standing(state: &State, alert: &Alert, action: &ActionSpec) -> Standing {
    // Also what an earlier life began: it may still act, or have acted without anybody having looked.
    let is_awaited = state.actions.of_action(&action.name).any(|act| {
        let status = &act.record.status;
        let waits = matches!(
            status,
            ActionStatus::Begun { .. } | ActionStatus::Ended { helped: Helped::NotYetKnown, .. }
        );
        waits && act.record.key == alert.record.key
    });
    if is_awaited {
        return Standing::Waits;
    }
    let own = || state.actions.of_alert(&alert.record.id).filter(|act| act.record.action == action.name);
    let begun = own().filter(|act| act.record.counts()).count();
    // What a person looks at in between changes nothing.
    let mut all = own();
    let last = all.rfind(|act| act.record.counts() || !act.record.is_over() || act.record.mode == Mode::Act);
    match last.map(|act| &act.record.status) {
        Some(ActionStatus::AwaitsApproval | ActionStatus::Begun { .. }) => Standing::Waits,
        Some(ActionStatus::Declined { .. }) => Standing::Spent,
        Some(ActionStatus::Ended { .. } | ActionStatus::Withdrawn { .. }) | None => {
            if begun < action.attempts.get() as usize { Standing::Open } else { Standing::Spent }
        }
    }
}

type HeldUntil = Option<(HeldAction, Option<Mono>)>;

fn taken(alert: &Alert, action: &ActionSpec, now: Now) -> HeldUntil {
    let taken = alert.record.acknowledged.as_ref().filter(|_| !action.while_acknowledged)?;
    match taken.until {
        Some(until) if until <= now.wall => None,
        until => {
            let until = until.map(|until| now.mono_at(until));
            Some((HeldAction::Acknowledged { by: taken.by.clone() }, until))
        }
    }
}

fn closed(action: &ActionSpec, now: Now) -> HeldUntil {
    let hours = action.hours.as_deref().filter(|hours| !hours.is_open(now.wall))?;
    let calendar = hours.name().to_string();
    Some((HeldAction::OutsideHours { calendar }, hours.next_open(now.wall).map(|open| now.mono_at(open))))
}

/// What makes it useless, or harmful, to act on the check's target now.
fn surroundings(state: &State, alert: &Alert, check: &CheckSpec, now: Now) -> HeldUntil {
    if let Some((window, until)) =
        windows::open_window(state, now, WindowKind::Maintenance, &alert.record.labels)
    {
        let window = window.to_string();
        return Some((HeldAction::Maintenance { window }, Some(now.mono_at(until))));
    }
    if let Some(why) = parents::parents_down(state, check) {
        return Some((HeldAction::Dependency { why }, None));
    }
    if state.offline && check.beyond_witness {
        return Some((HeldAction::HostOffline, None));
    }
    suspected(state, alert, check, now)
}

/// Parents that may turn out to be down: those with an open alert, and while the alert is about to be told, those that are
/// asked once more.
fn suspected(state: &State, alert: &Alert, check: &CheckSpec, now: Now) -> HeldUntil {
    if alert.rejudge.is_some() {
        return Some((HeldAction::CheckedAgain, None));
    }
    let fails = |parent: &Parent| {
        let record = state.alerts.get(&parents::key_of(parent)).map(|alert| &alert.record);
        record.is_some_and(|record| record.phase == Phase::Pending && record.level == Judgement::Critical)
            || parents::is_down(state, parent)
    };
    if check.depends_on.iter().any(|group| group.iter().all(fails)) {
        let why = "what it depends on may be down".to_owned();
        return Some((HeldAction::Dependency { why }, None));
    }
    let asks = !check.depends_on.is_empty() || check.beyond_witness;
    let until = match (alert.record.phase, &alert.recheck) {
        (Phase::Pending | Phase::Recovering { .. }, _) => return None,
        (Phase::Firing { .. }, Recheck::Waits { until, .. }) if *until > now.mono => *until,
        (Phase::Firing { .. }, Recheck::NotYet) if asks && alert.record.told.is_empty() => {
            now.mono + ASKED_SOON
        }
        (
            Phase::Firing { .. },
            Recheck::Done | Recheck::HeldBack | Recheck::NotYet | Recheck::Waits { .. },
        ) => {
            return None;
        }
    };
    Some((HeldAction::ParentsAsked, Some(until)))
}

fn limited(state: &State, alert: &Alert, action: &ActionSpec, now: Mono) -> HeldUntil {
    let all = || state.actions.of_action(&action.name).filter(|act| act.record.counts());
    let same = || all().filter(|act| act.record.key == alert.record.key);
    let cool = same().filter_map(|act| act.ended).map(|ended| ended.reaches(action.cool_down)).max();
    if let Some(until) = cool.filter(|until| *until > now) {
        return Some((HeldAction::CoolsDown { for_span: action.cool_down }, Some(until)));
    }
    if let Some(most) = action.most
        && let Some(until) = full(most, same(), now)
    {
        return Some((HeldAction::TooOften(most), Some(until)));
    }
    let most = action.most_overall?;
    let until = full(most, all(), now)?;
    Some((HeldAction::TooOftenOverall(most), Some(until)))
}

/// Until when the limit is reached, if it is.
fn full<'a>(most: Most, acts: impl Iterator<Item = &'a Act>, now: Mono) -> Option<Mono> {
    let leaves = acts.filter_map(|act| act.began).map(|began: Elapsed| began.reaches(most.within));
    let mut counted: Vec<Mono> = leaves.filter(|leaves| *leaves > now).collect();
    counted.sort_unstable();
    let over = counted.len().checked_sub(most.count.get() as usize)?;
    counted.get(over).copied()
}

/// Whether nothing is left that could help by itself: each action of the check that is for such an alert has acted as often
/// as it may, or was declined.
pub(crate) fn is_exhausted(state: &State, alert: &Alert, check: &CheckSpec) -> bool {
    let actions = check.remedies.iter().filter_map(|remedy| state.setup.actions.get(&remedy.action));
    let mut fitting = actions.filter(|action| action.level <= alert.record.level).peekable();
    fitting.peek().is_some() && fitting.all(|action| standing(state, alert, action) == Standing::Spent)
}

/// The check of an alert that actions may be for: a check's own, or a finding's.
pub(crate) fn check_of<'s>(state: &'s State, key: &AlertKey) -> Option<&'s std::sync::Arc<CheckSpec>> {
    match key {
        AlertKey::Check(check) | AlertKey::Finding(check, _) => {
            state.setup.checks.get(check).filter(|spec| !spec.remedies.is_empty())
        }
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => None,
    }
}
