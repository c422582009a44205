//! Plans the next start of a check: sets its `regular` and `extra`, and its one timer for the earlier of them.

use std::time::Duration;

use crate::model::check::{Activity, Running};
use crate::model::clock::Moment;
use crate::model::keys::Slot;
use crate::model::setup::{Missed, Schedule};
use crate::model::timers::Timer;
use crate::record::Transaction;
use crate::rules::grid;
use crate::stages::start::expect;
use crate::time::{Mono, Wall};

/// The span between first runs of checks at a start of the host: 200 a second.
const FIRST_RUN_SPACING: Duration = Duration::from_millis(5);

/// No first run if the regular one comes within this.
const SOON_MAX: Duration = Duration::from_secs(1);

/// Hands out moments for first runs.
#[derive(Debug)]
pub(crate) struct FirstRun {
    next: Mono,
}

impl FirstRun {
    pub(crate) fn from(at: Mono) -> Self {
        Self { next: at }
    }
}

/// Plans a check anew, as after a start of the host: its phase comes from its name.
pub(crate) fn plan(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.extra = None;
    let starts = check.is_scheduled() && !check.is_heartbeat();
    check.regular = match (&check.spec.schedule, starts) {
        (_, false) => None,
        (Schedule::Interval(interval), true) => Some(grid::first(check.spec.name.as_str(), *interval, now)),
        (Schedule::Cron(cron), true) => grid::cron_following(cron, None, now),
    };
    expect::expect_judgement(tx, slot);
    arm_start(tx, slot);
}

/// Gives a check a run at once if it has none, or none for a whole interval, or missed a cron start that it
/// is to make up for.
pub(crate) fn plan_first_run(tx: &mut Transaction<'_>, slot: Slot, first: &mut FirstRun) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if !check.is_scheduled() || check.is_heartbeat() {
        return;
    }
    let last = check.last_scheduled;
    let wanted = match (&check.spec.schedule, last) {
        (Schedule::Interval(_), None) => true,
        (Schedule::Interval(interval), Some(last)) => last + *interval <= now.wall,
        (Schedule::Cron(_), None) => false,
        (Schedule::Cron(cron), Some(last)) => {
            check.spec.missed == Missed::RunOnce
                && cron.next_after(last).is_some_and(|missed| missed <= now.wall)
        }
    };
    let soon = match &check.spec.schedule {
        Schedule::Interval(interval) => (*interval / 10).min(SOON_MAX),
        Schedule::Cron(_) => Duration::ZERO,
    };
    if wanted && check.regular.is_none_or(|regular| regular.at > first.next + soon) {
        let at = first.next;
        first.next = first.next + FIRST_RUN_SPACING;
        plan_extra(tx, slot, at);
        expect::expect_judgement(tx, slot);
    }
}

/// Plans one more run at `at`, unless one is planned before that.
pub(crate) fn plan_extra(tx: &mut Transaction<'_>, slot: Slot, at: Mono) {
    let wall = tx.now.wall_at(at);
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.due().is_none_or(|due| due.at > at) {
        check.extra = Some(Moment { at, wall });
        arm_start(tx, slot);
    }
}

/// Plans the next run of a check with a pending alert: `retry_interval` after the last start (rule S2).
pub(crate) fn plan_retry(tx: &mut Transaction<'_>, slot: Slot, began: Mono) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    let retries = check.is_scheduled() && !check.is_heartbeat();
    let Some(retry) = check.spec.retry_interval.filter(|_| retries) else { return };
    // A run that came too soon to count does not postpone the next one that does.
    let counted = tx.state.pending_alerts(slot).map(|alert| alert.counted.unwrap_or(began)).min();
    if let Some(counted) = counted {
        let now = tx.now.mono;
        let next = Some(counted + retry).filter(|next| *next > now);
        plan_extra(tx, slot, next.unwrap_or((began + retry).max(now)));
    }
}

pub(crate) fn arm_start(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.due() {
        Some(due) => tx.state.timers.arm(&mut check.start, due.at, Timer::Start(slot)),
        None => check.start = None,
    }
}

/// Plans the regular start that follows one that came up.
pub(crate) fn plan_following(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.extra.is_some_and(|extra| extra.at <= now.mono) {
        check.extra = None;
    }
    if let Some(regular) = check.regular.filter(|regular| regular.at <= now.mono) {
        check.regular = match &check.spec.schedule {
            Schedule::Interval(interval) => Some(grid::following(regular, *interval, now)),
            Schedule::Cron(cron) => grid::cron_following(cron, Some(regular.wall), now),
        };
    }
    arm_start(tx, slot);
}

/// Plans the next start of a check whose run hours are over: the first one after they begin again, or the opening
/// itself if an alert is open or a missed cron start is to be made up for (rule S2).
pub(crate) fn plan_opening(tx: &mut Transaction<'_>, slot: Slot, missed_regular: MissedStart) {
    let now = tx.now;
    expect::expect_nothing(tx, slot);
    let open_alert = tx.state.has_open_alert(slot);
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.activity = Activity::Closed;
    check.extra = None;
    let opening = check.spec.run_hours.as_ref().and_then(|hours| hours.next_open(now.wall));
    let Some(opening) = opening else {
        check.regular = None;
        arm_start(tx, slot);
        tx.publish_check(slot);
        return;
    };
    let at = now.mono_at(opening);
    let makes_up = missed_regular == MissedStart::Yes
        && check.spec.missed == Missed::RunOnce
        && matches!(check.spec.schedule, Schedule::Cron(_));
    let just_before = Wall::from_millis(opening.millis() - 1);
    check.regular = match &check.spec.schedule {
        Schedule::Interval(interval) => match check.regular {
            Some(regular) if regular.at < at => {
                let eve = crate::time::Now { wall: just_before, mono: just_before_mono(at) };
                Some(grid::following(regular, *interval, eve))
            }
            regular => regular,
        },
        Schedule::Cron(cron) => {
            let wall = cron.next_after(just_before.max(now.wall));
            wall.map(|wall| Moment { at: now.mono_at(wall), wall })
        }
    };
    if open_alert || makes_up {
        check.extra = Some(Moment { at, wall: opening });
    }
    arm_start(tx, slot);
    tx.publish_check(slot);
}

/// Plans anew after a jump of the wall clock (rule S4). Only what follows that clock moves; starts at a fixed rate keep
/// their moments on the monotonic clock and get new names.
pub(crate) fn plan_after_jump(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.is_heartbeat() {
        expect::listen_after_jump(tx, slot);
        return;
    }
    if check.activity == Activity::Closed {
        // Comes up at once, to see whether the check is open now.
        if let Schedule::Interval(interval) = &check.spec.schedule {
            check.regular = Some(grid::first(check.spec.name.as_str(), *interval, now));
        }
        check.extra = Some(Moment { at: now.mono, wall: now.wall });
        arm_start(tx, slot);
        return;
    }
    match &check.spec.schedule {
        Schedule::Interval(_) => {
            if let Some(regular) = &mut check.regular {
                regular.wall = now.wall_at(regular.at);
            }
        }
        Schedule::Cron(cron) if check.is_scheduled() => {
            let started = check.started.map(|started| now.mono.since(started));
            check.regular = grid::cron_after_jump(cron, check.regular, check.last_scheduled, started, now);
        }
        Schedule::Cron(_) => {}
    }
    if let Some(extra) = &mut check.extra {
        extra.wall = now.wall_at(extra.at);
    }
    arm_start(tx, slot);
    let idle = check_is_idle(tx.state.checks.at_hand(slot).map(|check| check.running));
    if idle && tx.state.checks.at_hand(slot).is_some_and(|check| check.judge_by.is_some()) {
        expect_no_earlier(tx, slot);
    }
}

/// Does not expect a judgement before a start that the jump moved to later.
fn expect_no_earlier(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if let (Some(by), Some(due)) = (check.judge_by, check.due()) {
        check.judge_by = Some(by.max(due.at + check.spec.grace));
    }
}

/// Whether the start that found the check closed was a regular one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MissedStart {
    Yes,
    No,
}

fn check_is_idle(running: Option<Running>) -> bool {
    match running {
        Some(Running::No) => true,
        Some(Running::Queued(_) | Running::Yes { .. }) | None => false,
    }
}

fn just_before_mono(at: Mono) -> Mono {
    Mono::from_nanos(at.nanos().saturating_sub(1))
}
