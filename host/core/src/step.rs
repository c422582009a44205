//! The entry to the core: takes one input, and says what to do.
//!
//! Timers fire at ticks only; the core says when it wants one. A tick that comes late, early or twice does no
//! harm.

use crate::inputs::{acted, answer, command, config, fallback, jump, letters, start_up, windows};
use crate::model::clock::Jump;
use crate::model::commit::Change;
use crate::model::effect::Effect;
use crate::model::input::Input;
use crate::model::state::{Lifecycle, State};
use crate::model::timers::Timer;
use crate::record::Transaction;
use crate::stages::act;
use crate::stages::deliver::attempt;
use crate::stages::group::flush;
use crate::stages::judge::{due, heartbeat, host, run};
use crate::stages::start::start;
use crate::stages::tell::{alert, dependencies, resolve};
use crate::time::Now;

/// Takes one input and appends to `effects` what to do, in the order in which to do it. At most one effect is a commit,
/// and deliveries come after it.
pub fn step(state: &mut State, input: Input, now: Now, effects: &mut Vec<Effect>) {
    let jump = state.clocks.observe(now);
    let mut tx = Transaction::new(state, now, effects);
    if let Jump::By { millis } = jump {
        jump::wall_jumped(&mut tx, millis);
    }
    take(&mut tx, input);
    settle(&mut tx);
    tx.finish();
}

/// Hands an input to the code for its kind.
fn take(tx: &mut Transaction<'_>, input: Input) {
    match input {
        Input::Tick => tick(tx),
        Input::RunFinished(finished) => run::run_finished(tx, finished),
        Input::DeliveryFinished(finished) => answer::delivery_finished(tx, finished),
        Input::ActionFinished(finished) => acted::action_finished(tx, finished),
        Input::Command(command) => command::command(tx, command),
        Input::ConfigApplied { setup, difference } => config::config_applied(tx, setup, &difference),
        Input::PluginChanged { plugin, status } => config::plugin_changed(tx, &plugin, status),
        Input::Pinged { check, ping } => heartbeat::pinged(tx, &check, ping),
        Input::PingsRefused(refused) => heartbeat::pings_refused(tx, &refused),
        Input::StoreHealth(health) => host::store_health(tx, health),
        Input::Filling(places) => host::filling(tx, &places),
        Input::Access(changes) => {
            changes.into_iter().for_each(|change| tx.note_at_once(Change::Access(change)));
        }
        Input::Notes(changes) => {
            changes.into_iter().for_each(|change| tx.note_at_once(Change::Note(change)));
        }
        Input::Markers(changes) => {
            changes.into_iter().for_each(|change| tx.note_at_once(Change::Marker(change)));
        }
        Input::Subscribers(changes) => letters::change(tx, changes),
        Input::Letter(letter) => letters::send(tx, *letter),
        Input::Audited(entry, input) => {
            tx.note_at_once(Change::Audit(entry));
            take(tx, *input);
        }
    }
}

/// Runs the stages in order. Each does what earlier ones left to do, and leaves work only for later ones.
fn settle(tx: &mut Transaction<'_>) {
    while let Some(ended) = tx.ended.pop_front() {
        resolve::resolve(tx, &ended);
    }
    dependencies::mark_dependants(tx);
    while let Some(key) = tx.act.next() {
        act::act(tx, &key);
    }
    while let Some(key) = tx.tell.next() {
        alert::tell(tx, &key);
    }
    while let Some(key) = tx.flush.next() {
        flush::flush_group(tx, &key);
    }
    while let Some(receiver) = tx.receivers.pop_first() {
        attempt::attempt_what_is_due(tx, &receiver);
    }
    start::drain_starts(tx);
    debug_assert!(tx.is_settled(), "a stage left work for one before it");
}

fn tick(tx: &mut Transaction<'_>) {
    // The caller may have ticked a moment early and dropped the wake that it was asked for, so it is always asked
    // again.
    tx.state.asked_wake = None;
    match tx.state.lifecycle {
        Lifecycle::Restored => {
            tx.state.lifecycle = Lifecycle::Running;
            start_up::start_up(tx);
        }
        Lifecycle::Running => {}
    }
    while let Some((due, timer)) = tx.state.pop_due(tx.now.mono) {
        host::timer_came(tx, due);
        match timer {
            Timer::Start(slot) => start::start_due(tx, slot),
            Timer::Judged(slot) => due::judgement_due(tx, slot),
            Timer::Alert(key) => tx.mark_to_tell(&key),
            Timer::Act(key) => tx.mark_to_act(&key),
            Timer::Group(key) => tx.flush.mark(&key),
            Timer::Receiver(receiver) => tx.receiver_woken(&receiver),
            Timer::Fallback(id) => fallback::fallback_due(tx, id),
            Timer::Windows => windows::windows_changed(tx),
            Timer::Health => host::look_at_itself(tx),
            Timer::DeadManSignal => host::send_dead_man_signal(tx),
        }
    }
}
