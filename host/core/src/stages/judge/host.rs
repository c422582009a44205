//! The host watches itself: it has alerts for late starts, a store that fails, room that runs out, and notices that do not
//! get through; it
//! asks the witness (rule A8); and it sends the dead-man signal to whoever watches the host from outside. If the host stands
//! still, it cannot tell anybody, but the dead-man signal is missed.

use std::time::Duration;

use crate::model::effect::Effect;
use crate::model::input::{Filling, Place, StoreHealth};
use crate::model::keys::{AlertKey, HostProblem, Slot};
use crate::model::timers::Timer;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::Judgement;
use crate::rules::ends::Closing;
use crate::rules::notice;
use crate::stages::judge::open::Opening;
use crate::stages::judge::{close, open};
use crate::stages::start::expect;
use crate::time::Mono;

/// A timer this late means that the host stood still; a start that waits this long means that it is overloaded.
const LATE_MAX: Duration = Duration::from_secs(30);

/// How long nothing may be late before the alert about lateness ends.
const CALM: Duration = Duration::from_secs(300);

/// A notice older than this is not getting through.
const OUTBOX_AGE_MAX: Duration = Duration::from_secs(15 * 60);

/// From here on a place is nearly full; only below the second one is it well again.
const FULL_PERCENT: u64 = 90;
const ROOMY_PERCENT: u64 = 85;

const LOOK: Duration = Duration::from_secs(60);

pub(crate) fn watch_itself(tx: &mut Transaction<'_>) {
    tx.state.timers.arm(&mut tx.state.health.look, tx.now.mono + LOOK, Timer::Health);
    plan_beat(tx);
}

pub(crate) fn plan_beat(tx: &mut Transaction<'_>) {
    match tx.state.setup.dead_man_signal {
        Some(_) if tx.state.health.dead_man_signal.is_some() => {}
        Some(_) => {
            tx.state.timers.arm(&mut tx.state.health.dead_man_signal, tx.now.mono, Timer::DeadManSignal)
        }
        None => tx.state.health.dead_man_signal = None,
    }
}

/// Sends the dead-man signal, unless the host cannot store what it decides.
pub(crate) fn send_dead_man_signal(tx: &mut Transaction<'_>) {
    if !tx.state.health.store_fails {
        tx.effects.push(Effect::SendDeadManSignal);
    }
    if let Some(interval) = tx.state.setup.dead_man_signal {
        tx.state.timers.arm(
            &mut tx.state.health.dead_man_signal,
            tx.now.mono + interval,
            Timer::DeadManSignal,
        );
    }
}

/// Notes how late a timer came up.
pub(crate) fn timer_came(tx: &mut Transaction<'_>, due: Mono) {
    let late = tx.now.mono.since(due);
    if late >= LATE_MAX && tx.state.health.late_at != Some(tx.now.mono) {
        tx.state.health.late_at = Some(tx.now.mono);
        let why = format!("it stood still for {} s, and what was due then happened late", late.as_secs());
        host_has(tx, HostProblem::Scheduler, why);
    }
}

pub(crate) fn look_at_itself(tx: &mut Transaction<'_>) {
    let now = tx.now.mono;
    tx.state.timers.arm(&mut tx.state.health.look, now + LOOK, Timer::Health);
    match tx.state.starts.oldest(now) {
        Some(waits) if waits >= LATE_MAX => {
            tx.state.health.late_at = Some(now);
            let why = format!("a run that is due has waited for {} s for its start", waits.as_secs());
            host_has(tx, HostProblem::Scheduler, why);
        }
        Some(_) | None => {
            if tx.state.health.late_at.is_none_or(|late| late + CALM <= now) {
                host_is_well(tx, HostProblem::Scheduler);
            }
        }
    }
    match oldest_notice(tx) {
        Some((age, receiver)) if age >= OUTBOX_AGE_MAX => {
            let why = format!("a notice for `{receiver}` has not got through for {} min", age.as_secs() / 60);
            host_has(tx, HostProblem::Outbox, why);
        }
        Some(_) | None => host_is_well(tx, HostProblem::Outbox),
    }
}

/// The oldest notice that should have left, not counting those that hours hold back. The notice about this very problem
/// does not count either: it would keep its own alert open.
fn oldest_notice(tx: &Transaction<'_>) -> Option<(Duration, crate::ids::ReceiverName)> {
    let now = tx.now.mono;
    let own = AlertKey::Host(HostProblem::Outbox);
    let rows = tx.state.outbox.rows().filter(|row| {
        !row.record.notification.alerts.iter().any(|notice| notice.key == own)
            && (row.failing.is_some() || row.is_under_way() || row.not_before <= now)
    });
    rows.map(|row| (row.ready.so_far(now), row.record.notification.receiver.clone())).max()
}

pub(crate) fn store_health(tx: &mut Transaction<'_>, health: StoreHealth) {
    match health {
        StoreHealth::Fails(error) => {
            tx.state.health.store_fails = true;
            host_has(tx, HostProblem::Store, format!("the database cannot be written: {error}"));
        }
        StoreHealth::Writes => {
            tx.state.health.store_fails = false;
            host_is_well(tx, HostProblem::Store);
        }
    }
}

/// Tells people before there is no room, while something can be done about it.
pub(crate) fn filling(tx: &mut Transaction<'_>, places: &[Filling]) {
    let part = |place: &Filling| place.used_bytes.saturating_mul(100) / place.max_bytes.max(1);
    let fullest = places.iter().max_by_key(|place| part(place));
    match fullest {
        Some(place) if part(place) >= FULL_PERCENT => {
            let why = room_is_short(place, part(place));
            let reason = Reason::HostProblem { why: why.clone() };
            host_has_for(tx, HostProblem::Space, Judgement::Warning, why, reason);
        }
        Some(place) if part(place) >= ROOMY_PERCENT => {}
        Some(_) | None => host_is_well(tx, HostProblem::Space),
    }
}

fn room_is_short(place: &Filling, percent: u64) -> String {
    let (used, max) = (mebibytes(place.used_bytes), mebibytes(place.max_bytes));
    match place.place {
        Place::Database => format!(
            "the database has {percent} % of `database_max` ({used} of {max}); hint: shorten `results_keep` or raise it"
        ),
        Place::Attachments => format!(
            "attachments have {percent} % of `snapshots_max` ({used} of {max}): at its end, the oldest go before `snapshots_keep`"
        ),
        Place::Disk => format!(
            "the disk of the data folder is {percent} % full ({used} of {max}); hint: make room, without it nothing can be stored"
        ),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Decides whether the host is cut off (rule A8), after a result that may be of a check of the witness.
pub(crate) fn witness_result(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(witness) = &tx.state.setup.witness else { return };
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    if witness.checks.contains(&check.spec.name) {
        look_at_witness(tx);
    }
}

pub(crate) fn look_at_witness(tx: &mut Transaction<'_>) {
    let (down, quorum) = tx.state.witness_says();
    let offline = quorum > 0 && down >= quorum;
    if offline == tx.state.offline {
        return;
    }
    tx.state.offline = offline;
    if offline {
        let why = format!("cut off: {down} checks of the witness are down, {quorum} are enough");
        let reason = Reason::HostOffline { down, quorum };
        host_has_for(tx, HostProblem::Offline, Judgement::Critical, why, reason);
    } else {
        host_is_well(tx, HostProblem::Offline);
        hear_again(tx);
    }
    tx.all_beyond_look_again();
}

/// Gives heartbeats their grace anew, because pings could not reach a host that was cut off.
fn hear_again(tx: &mut Transaction<'_>) {
    let now = tx.now.mono;
    for slot in tx.state.checks.slots() {
        if let Some(check) = tx.state.checks.at_hand_mut(slot).filter(|check| check.is_heartbeat()) {
            check.listens_from = Some(now);
            expect::listen(tx, slot);
        }
    }
}

/// Whether an outcome of this check judges nothing, since the host is cut off.
pub(crate) fn is_cut_off(tx: &Transaction<'_>, slot: Slot) -> bool {
    tx.state.offline && tx.state.checks.at_hand(slot).is_some_and(|check| check.spec.beyond_witness)
}

fn host_has(tx: &mut Transaction<'_>, problem: HostProblem, why: String) {
    let reason = Reason::HostProblem { why: why.clone() };
    host_has_for(tx, problem, Judgement::Critical, why, reason);
}

fn host_has_for(
    tx: &mut Transaction<'_>,
    problem: HostProblem,
    level: Judgement,
    why: String,
    reason: Reason,
) {
    let key = AlertKey::Host(problem);
    if tx.state.alerts.contains_key(&key) {
        return;
    }
    let now = tx.now.wall;
    let opening = Opening {
        level,
        state: level.state(),
        began: now,
        since: now,
        summary: why,
        labels: notice::host_labels(problem, level),
        reason,
    };
    open::open_firing(tx, key, opening);
}

fn host_is_well(tx: &mut Transaction<'_>, problem: HostProblem) {
    close::close(tx, &AlertKey::Host(problem), Closing::Well);
}
