//! Pings, and their absence, as outcomes. A heartbeat check starts no runs; what it hears, or does not hear in time,
//! is judged like any run's outcome, with the same thresholds, holds and routes.
//!
//! A ping is due by the schedule; it is missed once the grace has passed as well. After a start of the host, and after
//! the host was cut off, the grace counts anew: what could not be heard was not missed.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::AlertKey;
use crate::check::{Activity, Slot};
use crate::commit::Change;
use crate::heartbeat::{Expects, HeartbeatSpec, Ping, PingKind};
use crate::ids::{CheckName, RunId};
use crate::input::RunFinished;
use crate::labels::Labels;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::report::{Metric, Report, State as CheckState};
use crate::setup::{CheckSpec, Work};
use crate::time::{Mono, Wall};
use crate::timers::Timer;
use crate::turn::Turn;

/// Jobs of one check that are under way at once, at most: the oldest is forgotten.
const STARTED_MAX: usize = 16;

/// What is due next of a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Missing {
    /// A ping by the schedule.
    Ping { due: Wall },
    /// The end of a job that began.
    End { began: Wall },
}

impl Turn<'_> {
    pub(crate) fn pinged(&mut self, name: &CheckName, ping: Ping) {
        let Some(slot) = self.state.checks.slot(name) else { return };
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match check.activity {
            Activity::Active | Activity::Closed => {}
            Activity::Paused | Activity::Disabled => return,
        }
        let now = self.now.wall;
        let run = ping.run_id.clone().unwrap_or_default();
        let ok = match ping.kind {
            PingKind::Start => {
                check.heartbeat.started.retain(|(other, _)| *other != run);
                if check.heartbeat.started.len() == STARTED_MAX {
                    check.heartbeat.started.remove(0);
                }
                check.heartbeat.started.push((run, now));
                self.keep_heartbeat(slot);
                self.pinged_by(name, "the job began", &ping.body);
                self.listen(slot);
                return;
            }
            PingKind::Log => {
                self.pinged_by(name, "the job says", &ping.body);
                return;
            }
            PingKind::Success | PingKind::Exit(0) => true,
            PingKind::Fail | PingKind::Exit(_) => false,
        };
        let began = check.heartbeat.started.iter().position(|(other, _)| *other == run);
        let began = began.map(|place| check.heartbeat.started.remove(place).1);
        check.heartbeat.ended = Some(now);
        let took = began.map(|began| now.since(began));
        self.keep_heartbeat(slot);
        self.heard(slot, said(&ping, ok, took), took.unwrap_or_default());
    }

    fn pinged_by(&mut self, name: &CheckName, what: &str, body: &str) {
        let first: String = body.lines().next().unwrap_or_default().chars().take(200).collect();
        let what = if first.is_empty() { what.to_owned() } else { format!("{what}: {first}") };
        self.decide(&AlertKey::Check(name.clone()), None, Reason::Pinged { what });
    }

    fn keep_heartbeat(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let (check, record) = (check.spec.name.clone(), check.heartbeat.clone());
        self.note_at_once(Change::PutHeartbeat { check, record });
    }

    /// An outcome without a run: named by this moment.
    fn heard(&mut self, slot: Slot, report: Report, took: Duration) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let scheduled_at = match check.last_scheduled {
            Some(last) if now.wall <= last => Wall::from_millis(last.millis() + 1),
            Some(_) | None => now.wall,
        };
        check.last_scheduled = Some(scheduled_at);
        let run = RunId { check: check.spec.name.clone(), scheduled_at };
        let finished = RunFinished {
            run,
            outcome: Outcome::Report(Arc::new(report)),
            took,
            late: Duration::ZERO,
            generation: None,
            kv: Vec::new(),
        };
        self.ended(slot, finished, now.mono);
    }

    /// Waits for what is due next.
    pub(crate) fn listen(&mut self, slot: Slot) {
        let now = self.now;
        let Some(check) = self.state.checks.get(slot) else { return };
        let Work::Heartbeat(spec) = &check.spec.work else { return };
        if !check.is_scheduled() {
            self.expect_nothing(slot);
            return;
        }
        let next = next(check.judged_at, &check.heartbeat, spec);
        let by = next.map(|missing| now.mono_at(missed_at(missing, &check.spec, spec)));
        let quiet = check.listens_from.map(|from| from + check.spec.grace);
        let by = by.map(|by| quiet.map_or(by, |quiet| by.max(quiet)));
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judge_by = by;
        match by {
            Some(by) => self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot)),
            None => check.judged = None,
        }
    }

    /// Nothing was heard in time.
    pub(crate) fn ping_due(&mut self, slot: Slot) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judged = None;
        let Some(by) = check.judge_by else { return };
        if by > now.mono {
            self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
            return;
        }
        if !check.is_open(now) {
            let opens = check.spec.run_hours.as_ref().and_then(|hours| hours.next_open(now.wall));
            let by = opens.map(|opens| now.mono_at(opens) + check.spec.grace);
            self.wait_for_ping(slot, by);
            return;
        }
        let spec = Arc::clone(&check.spec);
        let Work::Heartbeat(heartbeat) = &spec.work else { return };
        let Some(missing) = next(check.judged_at, &check.heartbeat, heartbeat) else { return };
        if let Missing::End { began } = missing {
            check.heartbeat.started.retain(|(_, at)| *at != began);
            self.keep_heartbeat(slot);
        }
        let summary = match missing {
            Missing::Ping { due } => {
                let last = self.state.checks.get(slot).and_then(|check| check.heartbeat.ended);
                let none = match last {
                    Some(last) => format!("no ping since {}", clock(last)),
                    None => "no ping has come".to_owned(),
                };
                format!("{none}; one was due by {}", clock(due))
            }
            Missing::End { began } => {
                format!(
                    "the job began at {} and has not ended within {} s",
                    clock(began),
                    heartbeat.lasts_max.as_secs()
                )
            }
        };
        self.heard(slot, report(CheckState::Critical, summary, None), Duration::ZERO);
    }

    fn wait_for_ping(&mut self, slot: Slot, by: Option<Mono>) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judge_by = by;
        if let Some(by) = by {
            self.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
        }
    }
}

/// `judged_at`: when the last ping was heard, or missed, or since when one is waited for.
fn next(judged_at: Wall, record: &super::HeartbeatRecord, spec: &HeartbeatSpec) -> Option<Missing> {
    let ping = match &spec.expects {
        Expects::Every(period) => Some(judged_at + *period),
        Expects::At(cron) => cron.next_after(judged_at),
    };
    let end = record.started.iter().map(|(_, began)| *began).min();
    match (ping, end) {
        (Some(due), Some(began)) if began + spec.lasts_max <= due => Some(Missing::End { began }),
        (Some(due), _) => Some(Missing::Ping { due }),
        (None, began) => began.map(|began| Missing::End { began }),
    }
}

fn missed_at(missing: Missing, spec: &CheckSpec, heartbeat: &HeartbeatSpec) -> Wall {
    match missing {
        Missing::Ping { due } => due + spec.grace,
        Missing::End { began } => began + heartbeat.lasts_max,
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
        warning: None,
        critical: None,
        min: Some(0.0),
        max: None,
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

fn clock(at: Wall) -> String {
    crate::alert::clock(at)
}
