//! Starts (rule S1): never two runs of one check at once, and never more than a cap in a short span.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::life;
use crate::check::{Activity, Moment, Running, Slot};
use crate::effect::{Effect, StartRun};
use crate::ids::RunId;
use crate::plugin::Presence;
use crate::schedule::plan::MissedStart;
use crate::time::{Mono, Wall};
use crate::turn::Turn;

/// At most `STARTS_MAX` runs start in each `START_SPAN`: 12,800 a second.
const STARTS_MAX: u32 = 256;
const START_SPAN: Duration = Duration::from_millis(20);

/// The rate cap over all checks, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    queue: std::collections::VecDeque<(Slot, Mono)>,
    span_from: Mono,
    in_span: u32,
}

impl Starts {
    /// How long the first of them has waited.
    pub(crate) fn oldest(&self, now: Mono) -> Option<Duration> {
        self.queue.front().map(|(_, due)| now.since(*due))
    }
    /// When the next one that waits may start.
    pub(crate) fn next(&self) -> Option<Mono> {
        (!self.queue.is_empty()).then(|| self.span_from + START_SPAN)
    }
}

impl Turn<'_> {
    /// A check's timer came up.
    pub(crate) fn start_due(&mut self, slot: Slot) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.start = None;
        let Some(due) = check.due().filter(|due| due.at <= now.mono) else {
            self.arm_start(slot);
            return;
        };
        if !check.is_scheduled() {
            return;
        }
        let regular = check.regular.is_some_and(|regular| regular.at <= now.mono);
        let open = check.is_open(now);
        let too_soon = regular && self.follows_too_soon(slot);
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let extra = check.extra.is_some_and(|extra| extra.at <= now.mono);
        self.plan_following(slot);
        if too_soon && !extra && open {
            return;
        }
        if !open {
            self.plan_opening(slot, if regular { MissedStart::Yes } else { MissedStart::No });
            return;
        }
        self.reopen(slot, due.at);
        self.request_start(slot, due);
    }

    /// Whether a check with an open alert was started by something else a moment ago: at its opening, at the host's start, by a
    /// child that asks. Two runs so close together are one look at the target, and not two judgements of a streak.
    fn follows_too_soon(&self, slot: Slot) -> bool {
        let Some(check) = self.state.checks.get(slot) else { return false };
        let pause = check.spec.start_pause().zip(check.started);
        let soon = pause.is_some_and(|(pause, started)| started + pause > self.now.mono);
        soon && check.activity == Activity::Active && self.state.has_open_alert(slot)
    }

    /// The first start after closed hours: streaks start anew, staleness counts from here (rule S2).
    fn reopen(&mut self, slot: Slot, due: Mono) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match check.activity {
            Activity::Closed => {}
            Activity::Active | Activity::Paused | Activity::Disabled => return,
        }
        check.activity = Activity::Active;
        let by = due + check.spec.grace;
        let name = check.spec.name.clone();
        self.expect_by(slot, by);
        for key in self.state.alerts_of(&name) {
            if let Some(alert) = self.state.alerts.get_mut(&key) {
                life::start_anew(&mut alert.record);
                self.alert_changed(&key);
            }
        }
    }

    /// Starts a run, or queues it; skipped and counted if one is under way.
    pub(crate) fn request_start(&mut self, slot: Slot, due: Moment) {
        let Some(check) = self.state.checks.get(slot) else { return };
        match self.state.presence(&check.spec.plugin) {
            Presence::There => {}
            Presence::Gone => return,
        }
        let stray = self.state.checks.has_stray(&check.spec.name);
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match check.running {
            Running::No if !stray => {
                check.running = Running::Queued(due);
                self.state.starts.queue.push_back((slot, due.at));
            }
            Running::No | Running::Queued(_) | Running::Yes { .. } => {
                check.skipped += 1;
                self.state.skipped += 1;
            }
        }
    }

    /// Starts what waits, as far as the cap allows.
    pub(crate) fn drain_starts(&mut self) {
        if self.state.starts.queue.is_empty() {
            return;
        }
        let now = self.now.mono;
        if self.state.starts.span_from + START_SPAN <= now {
            self.state.starts.span_from = now;
            self.state.starts.in_span = 0;
        }
        while self.state.starts.in_span < STARTS_MAX {
            let Some((slot, at)) = self.state.starts.queue.pop_front() else { return };
            self.start(slot, at);
        }
    }

    fn start(&mut self, slot: Slot, queued_at: Mono) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let Running::Queued(due) = check.running else { return };
        // The slot may belong to another check by now, or the check may have been queued anew.
        if due.at != queued_at {
            return;
        }
        let scheduled_at = match check.last_scheduled.max(self.state.removed_scheduled) {
            Some(last) if due.wall <= last => Wall::from_millis(last.millis() + 1),
            Some(_) | None => due.wall,
        };
        check.last_scheduled = Some(scheduled_at);
        check.running = Running::Yes { scheduled_at, began: now };
        check.started = Some(now.mono);
        let run = RunId { check: check.spec.name.clone(), scheduled_at };
        let previous = check.last.as_ref().map(|row| row.outcome.state());
        let spec = Arc::clone(&check.spec);
        self.state.starts.in_span += 1;
        self.effects.push(Effect::StartRun(StartRun { run, spec, due: due.at, previous }));
    }
}
