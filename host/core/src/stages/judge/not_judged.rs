//! "Not judged" (rule A2): a check that had no judgement by its due time plus grace. The check's own route is told
//! once, and the next judgement ends it. So a broken plugin can neither hide an outage nor fake one.
//!
//! The due time is the start that was planned when the last judgement arrived. A run under way is waited for, however
//! late it started, so a stall of the host makes no check "not judged". Outside run hours and while paused, nothing is
//! due.

use crate::model::check::{Activity, AlertStatus};
use crate::model::keys::{AlertKey, Slot};
use crate::model::plugin::Presence;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Judgement, State as CheckState};
use crate::rules::notice;
use crate::stages::judge::open;
use crate::stages::judge::open::Opening;
use crate::stages::start::expect;

/// A run ended without a judgement.
pub(crate) fn still_not_judged(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now.mono;
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    if check.is_heartbeat() {
        expect::listen(tx, slot);
        return;
    }
    match check.judge_by {
        Some(by) if by <= now => open_not_judged(tx, slot),
        Some(_) => {}
        None => expect::expect_judgement(tx, slot),
    }
}

pub(crate) fn open_not_judged(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.not_judged == AlertStatus::Open {
        return;
    }
    match check.activity {
        Activity::Active if check.is_open(now) => {}
        Activity::Active | Activity::Closed | Activity::Paused | Activity::Disabled => {
            check.judge_by = None;
            return;
        }
    }
    check.not_judged = AlertStatus::Open;
    let spec = std::sync::Arc::clone(&check.spec);
    let since = check.judged_at;
    let last = check.last.clone();
    let why = match last.as_ref().map(|row| (&row.outcome, row.finished_at)) {
        _ if tx.state.presence(&spec.plugin) == Presence::Gone => {
            format!("the plugin `{}` is not there", spec.plugin)
        }
        Some((Outcome::Failed(failure), at)) if at >= since => failure.message.clone(),
        Some((Outcome::Report(report), at)) if at >= since && report.state == CheckState::Unknown => {
            report.summary.clone()
        }
        Some(_) | None => "no run ended since".to_owned(),
    };
    let key = AlertKey::NotJudged(spec.name.clone());
    // The summary does not say since when. That is in `since`, to be shown in the reader's time zone.
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
    open::open_firing(tx, key, opening);
}
