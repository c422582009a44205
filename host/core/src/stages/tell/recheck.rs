//! Asks other checks, or the check itself, before an alert is told (rules A7, A8): who is asked, what counts as an
//! answer, and how long to wait for it.
//!
//! A parent that answers critical, and is not confirmed yet, is asked until it is decided: once for each judgement that
//! it still lacks, each after its retry interval (5 seconds without one), for 5 minutes at most. So a child never pages
//! just before its parent does.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::CheckName;
use crate::model::alert::{Heard, Phase, Question, Recheck};
use crate::model::check::{Activity, Running};
use crate::model::clock::Moment;
use crate::model::keys::{AlertKey, Slot};
use crate::model::setup::{CheckSpec, Parent, Work};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::Judgement;
use crate::rules::parents;
use crate::rules::parents::key_of;
use crate::stages::start::{plan, start};
use crate::time::Mono;

const SLACK: Duration = Duration::from_secs(5);

/// How long a child waits at most for parents that fail and are not confirmed.
const PATIENCE: Duration = Duration::from_secs(300);

/// A parent that is critical and not confirmed.
pub(crate) struct Undecided {
    /// The span until the parent is asked again.
    pause: Duration,
    /// The span until the parent must be decided.
    wait: Duration,
}

/// The checks to ask: parents that are not certainly down, and the witness. "Not judged" asks nobody, because there is
/// nothing to distinguish.
pub(crate) fn to_ask(tx: &Transaction<'_>, key: &AlertKey, spec: &CheckSpec) -> BTreeSet<CheckName> {
    match key {
        AlertKey::Check(_) | AlertKey::Finding(..) => {}
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => return BTreeSet::new(),
    }
    let parents = spec.depends_on.iter().flatten().filter(|parent| !parents::is_down(tx.state, parent));
    let mut checks: BTreeSet<CheckName> = parents.map(|parent| parent.check().clone()).collect();
    if spec.beyond_witness
        && let Some(witness) = &tx.state.setup.witness
    {
        checks.extend(witness.checks.iter().cloned());
    }
    checks.retain(|name| *name != spec.name && can_be_asked(tx, name));
    checks
}

fn can_be_asked(tx: &Transaction<'_>, name: &CheckName) -> bool {
    let Some(check) = tx.state.checks.named(name) else { return false };
    let starts = match check.spec.work {
        Work::Plugin | Work::Rule(_) => true,
        Work::Heartbeat(_) => false,
    };
    let there = tx.state.presence(&check.spec.plugin) == crate::model::plugin::Presence::There;
    starts && there && check.activity == Activity::Active
}

pub(crate) fn ask(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    checks: BTreeSet<CheckName>,
    spec: &CheckSpec,
) -> Option<(String, Option<Mono>)> {
    let checks: BTreeSet<CheckName> = checks.into_iter().filter(|name| can_be_asked(tx, name)).collect();
    if checks.is_empty() {
        set_recheck(tx, key, Recheck::Done);
        return None;
    }
    let now = tx.now.mono;
    let timeouts = checks.iter().filter_map(|name| tx.state.checks.named(name));
    let wait = timeouts.map(|check| check.spec.timeout).max().unwrap_or_default() + SLACK;
    for name in &checks {
        tx.state.dependencies.waiting.entry(name.clone()).or_default().insert(key.clone());
        run_again(tx, name);
    }
    let until = now + wait;
    let itself = checks.contains(&spec.name);
    let names: Vec<String> = checks.iter().map(|name| name.as_str().to_owned()).collect();
    set_recheck(
        tx,
        key,
        Recheck::Waits {
            since: now,
            until,
            checks: checks
                .into_iter()
                .map(|name| (name, Question { asked: now, heard: Heard::Nothing }))
                .collect(),
        },
    );
    let id = tx.state.alerts.get(key).map(|alert| alert.record.id.clone());
    let reason = if itself { Reason::AskedAgain } else { Reason::Asks { checks: names, wait } };
    tx.decide(key, id, reason);
    Some(("asked again before it is told".to_owned(), Some(until)))
}

/// Starts a run at once. If one is under way, it began too early, so another follows it.
pub(crate) fn run_again(tx: &mut Transaction<'_>, name: &CheckName) {
    let Some(slot) = tx.state.checks.slot(name) else { return };
    let now = tx.now;
    match tx.state.checks.at_hand(slot).map(|check| check.running) {
        Some(Running::No) => {
            start::request_start(tx, slot, Moment { at: now.mono, wall: now.wall });
        }
        Some(Running::Queued(_) | Running::Yes { .. }) | None => {}
    }
}

pub(crate) fn set_recheck(tx: &mut Transaction<'_>, key: &AlertKey, recheck: Recheck) {
    if let Some(alert) = tx.state.alerts.get_mut(key) {
        alert.recheck = recheck;
    }
}

/// A run of `slot` that began at `began` ended. Alerts that wait for it are told now, unless it began too early, or
/// left open whether the parent is down.
pub(crate) fn answered(tx: &mut Transaction<'_>, slot: Slot, began: Mono) {
    let Some(name) = tx.state.checks.at_hand(slot).map(|check| check.spec.name.clone()) else { return };
    let Some(keys) = tx.state.dependencies.waiting.remove(&name) else { return };
    let (mut still, mut early, mut pause) = (BTreeSet::new(), false, None);
    for key in keys {
        let Some(question) = question(tx, &key, &name) else { continue };
        if question.asked > began {
            early = true;
            still.insert(key);
            continue;
        }
        heard_from(tx, &key, &name);
        if let Some(undecided) = undecided(tx, &key, &name) {
            pause = Some(undecided.pause);
            wait_on_parent(tx, &key, &name, &undecided);
            still.insert(key.clone());
        }
        settle(tx, &key);
    }
    if still.is_empty() {
        return;
    }
    tx.state.dependencies.waiting.insert(name.clone(), still);
    match pause {
        _ if early => run_again(tx, &name),
        Some(pause) => plan::plan_extra(tx, slot, tx.now.mono + pause),
        None => {}
    }
}

/// The alert's question to this check, if it waits for the answer.
fn question(tx: &Transaction<'_>, key: &AlertKey, name: &CheckName) -> Option<Question> {
    match &tx.state.alerts.get(key)?.recheck {
        Recheck::Waits { checks, .. } => checks.get(name).copied(),
        Recheck::NotYet | Recheck::HeldBack | Recheck::Done => None,
    }
}

fn heard_from(tx: &mut Transaction<'_>, key: &AlertKey, name: &CheckName) {
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let Recheck::Waits { checks, .. } = &mut alert.recheck else { return };
    if let Some(question) = checks.get_mut(name) {
        question.heard = Heard::Undecided;
    }
}

/// Removes questions that are decided, by their own answer or by that of another member of the redundancy group. When
/// none is left, the alert is told.
fn settle(tx: &mut Transaction<'_>, key: &AlertKey) {
    let Some(Recheck::Waits { checks, .. }) = tx.state.alerts.at_hand(key).map(|alert| &alert.recheck) else {
        return;
    };
    let open = |(name, question): &(&CheckName, &Question)| match question.heard {
        Heard::Nothing => true,
        Heard::Undecided => undecided(tx, key, name).is_some(),
    };
    let open: BTreeMap<CheckName, Question> =
        checks.iter().filter(open).map(|(name, question)| (name.clone(), *question)).collect();
    let done = open.is_empty();
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    if let Recheck::Waits { checks, .. } = &mut alert.recheck {
        *checks = open;
    }
    if done {
        alert.recheck = Recheck::Done;
        tx.mark_to_act(key);
        tx.mark_to_tell(key);
    }
}

/// Set if the alert depends on `name`, and `name` is critical and not confirmed.
fn undecided(tx: &Transaction<'_>, key: &AlertKey, name: &CheckName) -> Option<Undecided> {
    let check = tx.state.checks.named(name)?;
    let spec = key.check().and_then(|child| tx.state.setup.checks.get(child))?;
    let unheard = |parent: &Parent| {
        question(tx, key, parent.check()).is_some_and(|question| question.heard == Heard::Nothing)
    };
    let open = |parent: &Parent| {
        parents::is_down(tx.state, parent) || lacks(tx, parent).is_some() || unheard(parent)
    };
    let groups = spec.depends_on.iter().filter(|group| group.iter().all(open));
    let lacks = groups.flatten().filter(|parent| parent.check() == name).filter_map(|it| lacks(tx, it));
    let lacks = lacks.max()?;
    let pause = check.spec.retry_interval.unwrap_or(SLACK);
    can_be_asked(tx, name).then(|| Undecided { pause, wait: (pause + check.spec.timeout) * lacks + SLACK })
}

/// How many more judgements of critical a pending parent needs, if it has some already.
fn lacks(tx: &Transaction<'_>, parent: &Parent) -> Option<u32> {
    let record = &tx.state.alerts.get(&key_of(parent))?.record;
    if record.phase != Phase::Pending || record.level != Judgement::Critical {
        return None;
    }
    let needed = tx.state.checks.named(parent.check())?.spec.firing.needed();
    let has = record.judgements.iter().filter(|judgement| **judgement == Judgement::Critical).count();
    u32::try_from(needed.saturating_sub(has).max(1)).ok()
}

/// Asks the parent once more, and waits for as long as it may take until it is decided.
fn wait_on_parent(tx: &mut Transaction<'_>, key: &AlertKey, name: &CheckName, undecided: &Undecided) {
    let now = tx.now.mono;
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let Recheck::Waits { since, until, checks } = &mut alert.recheck else { return };
    checks.insert(name.clone(), Question { asked: now, heard: Heard::Undecided });
    let longer = (now + undecided.wait).min(*since + PATIENCE);
    if longer > *until {
        *until = longer;
        let wait = longer.since(now);
        let id = Some(alert.record.id.clone());
        tx.decide(key, id, Reason::Asks { checks: vec![name.as_str().to_owned()], wait });
    }
}
