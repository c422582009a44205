//! The host watches itself: alerts of its own for starts that are late, a store that fails and notices that do not get
//! through, the witness (rule A8), and a sign of life for whoever watches the host from outside. What a host that
//! stands still cannot tell, the missing sign of life does.

use std::time::Duration;

use crate::alert::close::Closing;
use crate::alert::open::Opening;
use crate::alert::{AlertKey, HostProblem, notice};
use crate::check::Slot;
use crate::effect::Effect;
use crate::input::StoreHealth;
use crate::reason::Reason;
use crate::report::{Judgement, State as CheckState};
use crate::time::Mono;
use crate::timers::{Armed, Timer};
use crate::turn::Turn;

/// A timer that comes so late says that the host stood still; a start that waits so long, that it is overloaded.
const LATE_MAX: Duration = Duration::from_secs(30);
/// So long nothing may be late before the alert about it ends.
const CALM: Duration = Duration::from_secs(300);
/// A notice older than this is not getting through.
const OUTBOX_AGE_MAX: Duration = Duration::from_secs(15 * 60);
const LOOK: Duration = Duration::from_secs(60);

/// What the host knows of itself. Made anew by a restart.
#[derive(Debug, Default)]
pub(crate) struct Health {
    pub(crate) look: Option<Armed>,
    pub(crate) beat: Option<Armed>,
    late_at: Option<Mono>,
    store_fails: bool,
}

impl Turn<'_> {
    pub(crate) fn watch_itself(&mut self) {
        self.state.timers.arm(&mut self.state.health.look, self.now.mono + LOOK, Timer::Health);
        self.plan_beat();
    }

    pub(crate) fn plan_beat(&mut self) {
        match self.state.setup.beat {
            Some(_) if self.state.health.beat.is_some() => {}
            Some(_) => self.state.timers.arm(&mut self.state.health.beat, self.now.mono, Timer::Beat),
            None => self.state.health.beat = None,
        }
    }

    /// Nobody hears from a host that cannot keep what it decides.
    pub(crate) fn beat(&mut self) {
        if !self.state.health.store_fails {
            self.effects.push(Effect::Beat);
        }
        if let Some(interval) = self.state.setup.beat {
            self.state.timers.arm(&mut self.state.health.beat, self.now.mono + interval, Timer::Beat);
        }
    }

    /// How late a timer came up.
    pub(crate) fn timer_came(&mut self, due: Mono) {
        let late = self.now.mono.since(due);
        if late >= LATE_MAX && self.state.health.late_at != Some(self.now.mono) {
            self.state.health.late_at = Some(self.now.mono);
            let why = format!("it stood still for {} s, and what was due then happened late", late.as_secs());
            self.host_has(HostProblem::Scheduler, why);
        }
    }

    pub(crate) fn look_at_itself(&mut self) {
        let now = self.now.mono;
        self.state.timers.arm(&mut self.state.health.look, now + LOOK, Timer::Health);
        match self.state.starts.oldest(now) {
            Some(waits) if waits >= LATE_MAX => {
                self.state.health.late_at = Some(now);
                let why = format!("a run that is due has waited for {} s for its start", waits.as_secs());
                self.host_has(HostProblem::Scheduler, why);
            }
            Some(_) | None => {
                if self.state.health.late_at.is_none_or(|late| late + CALM <= now) {
                    self.host_is_well(HostProblem::Scheduler);
                }
            }
        }
        match self.oldest_notice() {
            Some((age, receiver)) if age >= OUTBOX_AGE_MAX => {
                let why =
                    format!("a notice for `{receiver}` has not got through for {} min", age.as_secs() / 60);
                self.host_has(HostProblem::Outbox, why);
            }
            Some(_) | None => self.host_is_well(HostProblem::Outbox),
        }
    }

    /// Of those that should have left: hours hold some back. The alert about it does not count: it would keep itself.
    fn oldest_notice(&self) -> Option<(Duration, crate::ids::ReceiverName)> {
        let now = self.now.mono;
        let own = AlertKey::Host(HostProblem::Outbox);
        let rows = self.state.outbox.rows().filter(|row| {
            !row.record.notification.alerts.iter().any(|notice| notice.key == own)
                && (row.failing.is_some() || row.is_under_way() || row.not_before <= now)
        });
        rows.map(|row| (row.ready.so_far(now), row.record.notification.receiver.clone())).max()
    }

    pub(crate) fn store_health(&mut self, health: StoreHealth) {
        match health {
            StoreHealth::Fails(error) => {
                self.state.health.store_fails = true;
                self.host_has(HostProblem::Store, format!("the database cannot be written: {error}"));
            }
            StoreHealth::Writes => {
                self.state.health.store_fails = false;
                self.host_is_well(HostProblem::Store);
            }
        }
    }

    /// A check of the witness may have spoken: decides whether the host is cut off (rule A8).
    pub(crate) fn witness_spoke(&mut self, slot: Slot) {
        let Some(witness) = &self.state.setup.witness else { return };
        let Some(check) = self.state.checks.get(slot) else { return };
        if witness.checks.contains(&check.spec.name) {
            self.look_at_witness();
        }
    }

    pub(crate) fn look_at_witness(&mut self) {
        let (down, quorum) = self.state.witness_says();
        let offline = quorum > 0 && down >= quorum;
        if offline == self.state.offline {
            return;
        }
        self.state.offline = offline;
        if offline {
            let why = format!("cut off: {down} checks of the witness are down, {quorum} are enough");
            self.host_has_for(HostProblem::Offline, why, Reason::HostOffline { down, quorum });
        } else {
            self.host_is_well(HostProblem::Offline);
            self.hear_again();
        }
        self.beyond_looks_again();
    }

    /// Pings could not reach a host that was cut off: heartbeats get their grace anew.
    fn hear_again(&mut self) {
        let now = self.now.mono;
        for slot in self.state.checks.slots() {
            if let Some(check) = self.state.checks.get_mut(slot).filter(|check| check.is_heartbeat()) {
                check.listens_from = Some(now);
                self.listen(slot);
            }
        }
    }

    /// Whether an outcome of this check judges nothing, since the host is cut off.
    pub(crate) fn is_cut_off(&self, slot: Slot) -> bool {
        self.state.offline && self.state.checks.get(slot).is_some_and(|check| check.spec.beyond_witness)
    }

    fn host_has(&mut self, problem: HostProblem, why: String) {
        self.host_has_for(problem, why.clone(), Reason::HostProblem { why });
    }

    fn host_has_for(&mut self, problem: HostProblem, why: String, reason: Reason) {
        let key = AlertKey::Host(problem);
        if self.state.alerts.contains_key(&key) {
            return;
        }
        let now = self.now.wall;
        let opening = Opening {
            level: Judgement::Critical,
            state: CheckState::Critical,
            began: now,
            since: now,
            summary: why,
            labels: notice::host_labels(problem, Judgement::Critical),
            reason,
        };
        self.open_firing(key, opening);
    }

    fn host_is_well(&mut self, problem: HostProblem) {
        self.close(&AlertKey::Host(problem), Closing::Well);
    }
}

impl crate::state::State {
    /// How many checks of the witness are down, and how many are enough; no quorum, no witness.
    pub(crate) fn witness_says(&self) -> (u32, u32) {
        let Some(witness) = &self.setup.witness else { return (0, 0) };
        let down = witness.checks.iter().filter(|name| {
            self.checks.named(name).is_some_and(|check| check.state() == CheckState::Critical)
        });
        (u32::try_from(down.count()).unwrap_or(u32::MAX), witness.quorum.get())
    }
}
