//! "Not judged" (rule A2): a check without a judgement for its due time plus grace. The service's own route is
//! told once; the next judgement ends it. So a broken plugin cannot hide an outage, and does not fake one.
//!
//! The due time is the start planned when the last judgement arrived. A run under way is waited for, however
//! late it started, so that a stall of the host fakes nothing; outside run hours and while paused nothing is due.

use crate::alert::open::Opening;
use crate::alert::{AlertKey, notice};
use crate::check::{Activity, Running, Slot, Standing};
use crate::outcome::Outcome;
use crate::plugin::Presence;
use crate::reason::Reason;
use crate::report::{Judgement, State as CheckState};
use crate::time::Mono;
use crate::timers::Timer;
use crate::turn::Turn;

impl Turn<'_> {
    /// Counts anew: the next judgement is expected by the next start plus grace.
    pub(crate) fn expect_judgement(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        if check.is_heartbeat() {
            self.listen(slot);
            return;
        }
        let Some(due) = check.due().filter(|_| check.is_scheduled()) else {
            check.judge_by = None;
            return;
        };
        let by = due.at + check.spec.grace;
        check.judge_by = Some(by);
        // One timer per check: one that comes up early is set on, which spares a timer for every run.
        if check.judged.is_none_or(|armed| armed.at > by) {
            self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
        }
    }

    pub(crate) fn judgement_due(&mut self, slot: Slot) {
        let now = self.now.mono;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        if check.is_heartbeat() {
            self.ping_due(slot);
            return;
        }
        check.judged = None;
        let Some(by) = check.judge_by else { return };
        if by > now {
            self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
            return;
        }
        match check.running {
            Running::Yes { .. } | Running::Queued(_) => {
                let patience = check.spec.timeout + check.spec.grace;
                let overdue = match check.running {
                    Running::Yes { began, .. } => began.mono + patience,
                    Running::Queued(_) | Running::No => now + patience,
                };
                if overdue > now {
                    self.state.timers.arm(&mut check.judged, overdue, Timer::Judged(slot));
                    return;
                }
            }
            Running::No => {}
        }
        self.open_not_judged(slot);
    }

    /// A run ended without a judgement.
    pub(crate) fn still_not_judged(&mut self, slot: Slot) {
        let now = self.now.mono;
        let Some(check) = self.state.checks.get(slot) else { return };
        if check.is_heartbeat() {
            self.listen(slot);
            return;
        }
        match check.judge_by {
            Some(by) if by <= now => self.open_not_judged(slot),
            Some(_) => {}
            None => self.expect_judgement(slot),
        }
    }

    pub(crate) fn open_not_judged(&mut self, slot: Slot) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        if check.not_judged == Standing::Open {
            return;
        }
        match check.activity {
            Activity::Active if check.is_open(now) => {}
            Activity::Active | Activity::Closed | Activity::Paused | Activity::Disabled => {
                check.judge_by = None;
                return;
            }
        }
        check.not_judged = Standing::Open;
        let spec = std::sync::Arc::clone(&check.spec);
        let since = check.judged_at;
        let last = check.last.clone();
        let why = match last.as_ref().map(|row| (&row.outcome, row.finished_at)) {
            _ if self.state.presence(&spec.plugin) == Presence::Gone => {
                format!("the plugin `{}` is not there", spec.plugin)
            }
            Some((Outcome::Failed(failure), at)) if at >= since => failure.message.clone(),
            Some((Outcome::Report(report), at)) if at >= since && report.state == CheckState::Unknown => {
                report.summary.clone()
            }
            Some(_) | None => "no run ended since".to_owned(),
        };
        let key = AlertKey::NotJudged(spec.name.clone());
        // Since when is in `since`: whoever shows it says so in the zone of its reader.
        let summary = format!("not judged, because {why}");
        let level = Judgement::Warning;
        let opening = Opening {
            level,
            state: CheckState::Unknown,
            began: now.wall,
            since,
            summary,
            labels: notice::labels(&key, &spec, None, level),
            reason: Reason::NotJudged { why },
        };
        self.open_firing(key, opening);
    }

    /// Nothing is due for now: paused, closed.
    pub(crate) fn expect_nothing(&mut self, slot: Slot) {
        if let Some(check) = self.state.checks.get_mut(slot) {
            check.judge_by = None;
        }
    }

    /// As at an opening: whoever waited is judged from here on.
    pub(crate) fn expect_by(&mut self, slot: Slot, by: Mono) {
        let wall = self.now.wall;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judged_at = wall;
        check.judge_by = Some(by);
        if check.judged.is_none_or(|armed| armed.at > by) {
            self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
        }
    }
}
