//! A check as the pages show it.

use std::sync::Arc;

use crate::ids::CheckName;
use crate::model::check::{Activity, Check, Running};
use crate::model::plugin::Presence;
use crate::model::setup::{Missed, Schedule};
use crate::model::state::State;
use crate::model::view::{CheckStatus, CheckView};
use crate::rules::hours::{next_regular_in, next_start_in};
use crate::time::Wall;

impl State {
    /// All checks as the pages show them.
    pub fn checks(&self) -> impl Iterator<Item = CheckView> {
        self.checks.iter().map(|(_, check)| view(check, self.presence(&check.spec.plugin)))
    }
    pub fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.checks.named(name).map(|check| view(check, self.presence(&check.spec.plugin)))
    }
}

pub(crate) fn view(check: &Check, plugin: Presence) -> CheckView {
    let status = match (check.activity, plugin, check.running) {
        (Activity::Paused | Activity::Disabled, ..) => CheckStatus::Paused,
        (Activity::Active | Activity::Closed, Presence::Gone, _) => CheckStatus::NoPlugin,
        (_, _, Running::Yes { began, .. }) => CheckStatus::Running { since: began.wall },
        (Activity::Closed, _, Running::No | Running::Queued(_)) => CheckStatus::Closed,
        (Activity::Active, _, Running::No | Running::Queued(_)) => CheckStatus::Active,
    };
    CheckView {
        spec: Arc::clone(&check.spec),
        state: check.state(),
        since: check.since,
        last: check.last.clone(),
        next_run: next_run(check),
        status,
        skipped: check.skipped,
    }
}

/// When the check runs next, as far as its hours tell now: a start that comes up outside them is no run (rule S2).
fn next_run(check: &Check) -> Option<Wall> {
    let due = check.due().filter(|_| check.is_scheduled())?.wall;
    let Some(hours) = check.spec.run_hours.as_ref().filter(|hours| !hours.is_open(due)) else {
        return Some(due);
    };
    let regular = check.regular.and_then(|regular| match &check.spec.schedule {
        Schedule::Interval(interval) => next_regular_in(regular, *interval, hours),
        Schedule::Cron(_) if check.spec.missed == Missed::RunOnce => hours.next_open(regular.wall),
        Schedule::Cron(_) if hours.is_open(regular.wall) => Some(regular.wall),
        Schedule::Cron(cron) => next_start_in(cron, hours, regular.wall),
    });
    regular.or_else(|| hours.next_open(due))
}
