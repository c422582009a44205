//! The one place that decides: takes one input and says what to do.
//!
//! Timers fire at ticks only; the core says when it wants one. A tick that comes late, early or twice does no
//! harm.

use crate::clock::Jump;
use crate::effect::Effect;
use crate::input::Input;
use crate::state::{Lifecycle, State};
use crate::time::Now;
use crate::timers::Timer;
use crate::turn::Turn;

/// Appends to `effects`, in the order in which they are to be performed. At most one of them is a commit, and
/// deliveries come after it.
pub fn step(state: &mut State, input: Input, now: Now, effects: &mut Vec<Effect>) {
    let jump = state.clocks.observe(now);
    let mut turn = Turn::new(state, now, effects);
    if let Jump::By { millis } = jump {
        turn.wall_jumped(millis);
    }
    match input {
        Input::Tick => turn.tick(),
        Input::RunFinished(finished) => turn.run_finished(finished),
        Input::DeliveryFinished(finished) => turn.delivery_finished(finished),
        Input::Command(command) => turn.command(command),
        Input::ConfigApplied { setup, difference } => turn.config_applied(setup, &difference),
        Input::PluginChanged { plugin, status } => turn.plugin_changed(&plugin, status),
        Input::Pinged { check, ping } => turn.pinged(&check, ping),
        Input::PingsRefused(refused) => turn.pings_refused(&refused),
        Input::StoreHealth(health) => turn.store_health(health),
    }
    turn.finish();
}

impl Turn<'_> {
    fn tick(&mut self) {
        // Whoever ticks may have come a moment early and forgotten the wake over it: it is always said again.
        self.state.asked_wake = None;
        match self.state.lifecycle {
            Lifecycle::Restored => {
                self.state.lifecycle = Lifecycle::Running;
                self.start_up();
            }
            Lifecycle::Running => {}
        }
        while let Some((due, timer)) = self.state.pop_due(self.now.mono) {
            self.timer_came(due);
            match timer {
                Timer::Start(slot) => self.start_due(slot),
                Timer::Judged(slot) => self.judgement_due(slot),
                Timer::Alert(key) => self.tell(&key),
                Timer::Group(key) => self.flush_group(&key),
                Timer::Receiver(receiver) => self.receiver_woken(&receiver),
                Timer::Fallback(id) => self.fallback_due(id),
                Timer::Windows => self.windows_changed(),
                Timer::Health => self.look_at_itself(),
                Timer::Beat => self.beat(),
            }
        }
    }
}
