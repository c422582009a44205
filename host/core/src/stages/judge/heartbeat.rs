//! Makes outcomes of pings and of their absence. A heartbeat check starts no runs; a ping, or one that did not come in
//! time, is judged like any run's outcome, with the same thresholds, holds and routes.
//!
//! A ping is due by the schedule, and missed once the grace has passed as well, on the monotonic clock (`heard`). After
//! a start of the host, and after the host was cut off, the grace counts anew: a ping that could not be heard was not
//! missed. If the host itself turned pings away, a missing one is not judged: it may have been among them.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{CheckName, RunId};
use crate::labels::Labels;
use crate::model::check::Activity;
use crate::model::heartbeat::heard::{Missing, Overdue, Refusal};
use crate::model::heartbeat::{Expects, HeartbeatSpec, Ping, PingKind, Refused};
use crate::model::input::RunFinished;
use crate::model::keys::{AlertKey, Slot};
use crate::model::setup::{CheckSpec, Work};
use crate::model::timers::Timer;
use crate::outcome::{Failure, FailureReason, Outcome, Stage};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Bounds, Metric, Report, State as CheckState};
use crate::stages::judge::{host, not_judged, run};
use crate::stages::start::expect;
use crate::time::{Wall, span};

pub(crate) fn pinged(tx: &mut Transaction<'_>, name: &CheckName, ping: Ping) {
    let Some(slot) = tx.state.checks.slot(name) else { return };
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.activity {
        Activity::Active | Activity::Closed => {}
        Activity::Paused | Activity::Disabled => return,
    }
    let now = tx.now;
    let run = ping.run_id.clone().unwrap_or_default();
    let ok = match ping.kind {
        PingKind::Start => {
            check.heartbeat.job_began(run, now);
            expect::keep_heartbeat(tx, slot);
            pinged_by(tx, name, "the job began", &ping.body);
            expect::listen(tx, slot);
            return;
        }
        PingKind::Log => {
            pinged_by(tx, name, "the job says", &ping.body);
            return;
        }
        PingKind::Success | PingKind::Exit(0) => true,
        PingKind::Fail | PingKind::Exit(_) => false,
    };
    let took = check.heartbeat.job_ended(&run, now);
    check.heartbeat.pinged(now);
    expect::keep_heartbeat(tx, slot);
    heard(tx, slot, said(&ping, ok, took), took.unwrap_or_default());
}

fn pinged_by(tx: &mut Transaction<'_>, name: &CheckName, what: &str, body: &str) {
    let first: String = body.lines().next().unwrap_or_default().chars().take(200).collect();
    let what = if first.is_empty() { what.to_owned() } else { format!("{what}: {first}") };
    tx.decide(&AlertKey::Check(name.clone()), None, Reason::Pinged { what });
}

/// Notes that the host turned pings away. It knows nothing about them, so nothing happens until a ping is due.
pub(crate) fn pings_refused(tx: &mut Transaction<'_>, refused: &Refused) {
    let slots = match refused {
        Refused::Of(name) => tx.state.checks.slot(name).into_iter().collect(),
        Refused::OfAnybody => tx.state.checks.slots(),
    };
    for slot in slots {
        let Some(check) = tx.state.checks.at_hand_mut(slot) else { continue };
        if check.is_heartbeat() && check.is_scheduled() && check.heartbeat.refused(tx.now) == Refusal::First {
            expect::keep_heartbeat(tx, slot);
        }
    }
}

fn heard(tx: &mut Transaction<'_>, slot: Slot, report: Report, took: Duration) {
    heard_outcome(tx, slot, Outcome::Report(Arc::new(report)), took);
}

/// Judges an outcome that has no run, and is named by this moment.
fn heard_outcome(tx: &mut Transaction<'_>, slot: Slot, outcome: Outcome, took: Duration) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let scheduled_at = match check.last_scheduled {
        Some(last) if now.wall <= last => Wall::from_millis(last.millis() + 1),
        Some(_) | None => now.wall,
    };
    check.last_scheduled = Some(scheduled_at);
    let run = RunId { check: check.spec.name.clone(), scheduled_at };
    let finished = RunFinished { run, outcome, took, late: Duration::ZERO, generation: None, kv: Vec::new() };
    run::ended(tx, slot, finished, now.mono);
}

/// No ping was heard in time.
pub(crate) fn ping_due(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.judged = None;
    let Some(by) = check.judge_by else { return };
    if by > now.mono {
        tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
        return;
    }
    // While the witness says that the host is cut off, nothing beyond it could be heard; `hear_again` continues.
    if host::is_cut_off(tx, slot) {
        return;
    }
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if !check.is_open(now) {
        let opens = check.spec.run_hours.as_ref().and_then(|hours| hours.next_open(now.wall));
        let by = opens.map(|opens| now.mono_at(opens) + check.spec.grace);
        expect::wait_for_ping(tx, slot, by);
        return;
    }
    let spec = Arc::clone(&check.spec);
    let Work::Heartbeat(heartbeat) = &spec.work else { return };
    let Some(missing) = check.heartbeat.next(heartbeat, now) else { return };
    let quiet_for = check.heartbeat.quiet_for(now);
    let overdue = check.heartbeat.overdue(missing, heartbeat.lasts_max, now);
    expect::keep_heartbeat(tx, slot);
    match overdue {
        Overdue::Missed => {
            let summary = missed(missing, quiet_for, &spec, heartbeat);
            heard(tx, slot, report(CheckState::Critical, summary, None), Duration::ZERO);
        }
        Overdue::TurnedAway => {
            heard_outcome(tx, slot, Outcome::Failed(Arc::new(turned_away())), Duration::ZERO);
            not_judged::open_not_judged(tx, slot);
        }
    }
}

/// Names no moment, because these words are stored and read in many time zones. "Over" keeps them true while more time
/// passes.
fn missed(
    missing: Missing,
    quiet_for: Option<Duration>,
    check: &CheckSpec,
    heartbeat: &HeartbeatSpec,
) -> String {
    match missing {
        Missing::Ping { .. } => {
            let none = match quiet_for {
                Some(quiet_for) => format!("no ping for over {}", span(quiet_for)),
                None => "no ping has come".to_owned(),
            };
            let expected = match &heartbeat.expects {
                Expects::Every(period) => format!("every {}", span(*period)),
                Expects::At(cron) => format!("by the schedule `{}` ({})", cron.as_str(), cron.zone().name()),
            };
            format!("{none}; one is expected {expected}, with {} of grace", span(check.grace))
        }
        Missing::End { lasts, .. } => {
            let max = span(heartbeat.lasts_max);
            format!("the job began over {} ago and has not ended; it may last {max}", span(lasts))
        }
    }
}

fn turned_away() -> Failure {
    Failure {
        reason: FailureReason::Host,
        stage: Stage::Call,
        message: "this host turned pings away, so whether the one that is due came is not known".to_owned(),
        hint: Some("the host's log says when, and which of its limits was reached".to_owned()),
        backtrace: None,
    }
}

fn said(ping: &Ping, ok: bool, took: Option<Duration>) -> Report {
    let state = if ok { CheckState::Ok } else { CheckState::Critical };
    let first = ping.body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let first: String = first.chars().filter(|letter| !letter.is_control()).take(300).collect();
    let what = match &ping.kind {
        PingKind::Exit(status) if !ok => format!("the job failed with exit status {status}"),
        PingKind::Fail => "the job failed".to_owned(),
        PingKind::Start | PingKind::Success | PingKind::Log | PingKind::Exit(_) => {
            "the job succeeded".to_owned()
        }
    };
    let lasted = took.map(|took| format!(" after {} s", took.as_secs_f64())).unwrap_or_default();
    let first = if first.is_empty() { first } else { format!(": {first}") };
    let mut report = report(state, format!("{what}{lasted}{first}"), took);
    if !ping.body.is_empty() {
        report.details = Some(ping.body.clone());
    }
    report
}

fn report(state: CheckState, summary: String, took: Option<Duration>) -> Report {
    let duration = took.map(|took| Metric {
        name: "job_duration_seconds".to_owned(),
        value: took.as_secs_f64(),
        unit: "seconds".to_owned(),
        bounds: Bounds { min: Some(0.0), ..Bounds::default() }.boxed(),
        labels: Labels::default(),
    });
    Report {
        state,
        summary,
        details: None,
        metrics: duration.into_iter().collect(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }
}
