//! What a heartbeat check remembers while the host runs, on the monotonic clock: a jump of the wall clock makes no ping
//! late or early. Only what a cron schedule expects follows the wall clock; a jump can move even that only to a later
//! moment, by at most one start of the schedule (rule S4).
//!
//! What is stored is expressed in the wall clock's time of that moment, and rewritten after each jump. So after a
//! restart the wall clock is believed for the spans that this host has seen pass; a beginning that would lie in the
//! future begins anew.

use std::time::Duration;

use crate::cron::CronSchedule;
use crate::model::clock::{Elapsed, Moment};
use crate::model::heartbeat::{Expects, HeartbeatRecord, HeartbeatSpec};
use crate::time::{Mono, Now, Wall};

/// How many jobs of one check may be under way at once. Beyond that, the oldest is forgotten.
const STARTED_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Heard {
    /// The span since the last ping of an end arrived.
    ended: Option<Elapsed>,
    /// Jobs that began and did not end yet, oldest first.
    started: Vec<(String, Elapsed)>,
    /// The span since the last ping was heard, missed or turned away.
    waits: Elapsed,
    /// The span since the host last turned a ping away, if it did so while it waited for this one.
    refused: Option<Elapsed>,
    /// With a cron schedule, the start whose ping is waited for.
    planned: Option<Moment>,
}

/// What a heartbeat check waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// A ping that the schedule asks for.
    Ping { due: Moment },
    /// The end of a job that began.
    End { lasts: Duration, at: Mono },
}

/// Whether it is news that pings are turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    First,
    Another,
}

impl Heard {
    pub(crate) fn new(now: Now) -> Self {
        Self { ended: None, started: Vec::new(), waits: Elapsed::starting(now), refused: None, planned: None }
    }
    /// `waited` is used where the record does not say since when a ping is waited for.
    pub(crate) fn restored(record: HeartbeatRecord, waited: Wall, now: Now) -> Self {
        let HeartbeatRecord { ended, started, waits_since, refused } = record;
        Self {
            ended: ended.map(|at| Elapsed::restored(at, now)),
            started: started.into_iter().map(|(run, at)| (run, Elapsed::restored(at, now))).collect(),
            waits: Elapsed::restored(waits_since.unwrap_or(waited), now),
            refused: refused.map(|at| Elapsed::restored(at, now)),
            planned: None,
        }
    }
    /// The record to store, in the wall clock's time of this moment.
    pub(crate) fn record(&self, now: Now) -> HeartbeatRecord {
        HeartbeatRecord {
            ended: self.ended.map(|ended| ended.began(now)),
            started: self.started.iter().map(|(run, began)| (run.clone(), began.began(now))).collect(),
            waits_since: Some(self.waits.began(now)),
            refused: self.refused.map(|refused| refused.began(now)),
        }
    }

    pub(crate) fn job_began(&mut self, run: String, now: Now) {
        self.started.retain(|(other, _)| *other != run);
        if self.started.len() == STARTED_MAX {
            self.started.remove(0);
        }
        self.started.push((run, Elapsed::starting(now)));
    }
    /// A job ended. Returns how long it took, if its start was heard.
    pub(crate) fn job_ended(&mut self, run: &str, now: Now) -> Option<Duration> {
        let place = self.started.iter().position(|(other, _)| other == run)?;
        Some(self.started.remove(place).1.so_far(now.mono))
    }
    /// A ping of an end arrived.
    pub(crate) fn pinged(&mut self, now: Now) {
        self.ended = Some(Elapsed::starting(now));
        self.wait_anew(now);
    }
    /// How long ago the last ping of an end arrived, if there was one.
    pub(crate) fn quiet_for(&self, now: Now) -> Option<Duration> {
        self.ended.map(|ended| ended.so_far(now.mono))
    }
    /// Waits for the next ping from here on.
    pub(crate) fn wait_anew(&mut self, now: Now) {
        self.wait_since(Elapsed::starting(now));
    }
    fn wait_since(&mut self, since: Elapsed) {
        self.waits = since;
        self.refused = None;
        self.planned = None;
    }
    /// Forgets which start is waited for, because the schedule changed.
    pub(crate) fn forget_plan(&mut self) {
        self.planned = None;
    }
    pub(crate) fn refused(&mut self, now: Now) -> Refusal {
        match self.refused.replace(Elapsed::starting(now)) {
            None => Refusal::First,
            Some(_) => Refusal::Another,
        }
    }
    /// `missing` did not come in time. Returns whether it was missed or may have been turned away, and waits for the
    /// next.
    pub(crate) fn overdue(&mut self, missing: Missing, lasts_max: Duration, now: Now) -> Overdue {
        if let Missing::End { at, .. } = missing {
            self.started.retain(|(_, began)| began.reaches(lasts_max) > at);
        }
        match self.refused {
            Some(refused) => {
                self.wait_since(refused);
                Overdue::TurnedAway
            }
            None => {
                self.wait_anew(now);
                Overdue::Missed
            }
        }
    }

    pub(crate) fn next(&mut self, spec: &HeartbeatSpec, now: Now) -> Option<Missing> {
        let ping = self.ping_due(spec, now).map(|due| Missing::Ping { due });
        let first = self.started.iter().map(|(_, began)| *began).min_by_key(|it| it.reaches(spec.lasts_max));
        let end = first.map(|it| Missing::End { lasts: it.so_far(now.mono), at: it.reaches(spec.lasts_max) });
        match (ping, end) {
            (Some(Missing::Ping { due }), Some(Missing::End { at, .. })) if due.at < at => ping,
            (ping, None) => ping,
            (_, end) => end,
        }
    }
    fn ping_due(&mut self, spec: &HeartbeatSpec, now: Now) -> Option<Moment> {
        match &spec.expects {
            Expects::Every(period) => {
                let at = self.waits.reaches(*period);
                Some(Moment { at, wall: self.waits.began(now) + *period })
            }
            Expects::At(cron) => {
                if self.planned.is_none() {
                    let wall = cron.next_after(self.waits.began(now));
                    self.planned = wall.map(|wall| Moment { at: now.mono_at(wall), wall });
                }
                self.planned
            }
        }
    }

    pub(crate) fn clock_jumped(&mut self, spec: &HeartbeatSpec, now: Now) {
        match (&spec.expects, self.planned) {
            // If the start has come already, the grace is running, and no clock stops it.
            (Expects::At(cron), Some(planned)) if planned.at > now.mono => {
                self.planned = after_jump(cron, planned, self.waits.so_far(now.mono), now);
            }
            (Expects::At(_) | Expects::Every(_), _) => {}
        }
    }
}

/// What to make of a ping that did not come in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Overdue {
    Missed,
    /// The host turned pings away meanwhile, and it may have been one of them.
    TurnedAway,
}

/// The start whose ping is waited for after a jump of the wall clock; `waited` is the span since the previous ping.
/// Nobody knows which clock was right, so a ping is never due earlier than it was before the jump.
fn after_jump(cron: &CronSchedule, planned: Moment, waited: Duration, now: Now) -> Option<Moment> {
    let Some(next) = cron.next_after(now.wall) else { return Some(planned) };
    let no_earlier = |wall: Wall| Some(Moment { at: now.mono_at(wall).max(planned.at), wall });
    if planned.wall <= now.wall {
        // The start was jumped over. Its ping may have come already, from a job whose clock was right all along.
        let came = waited < next.since(planned.wall) / 2;
        return if came { no_earlier(next) } else { Some(planned) };
    }
    // The clock may again show moments whose ping has come already.
    let again = cron
        .next_after(next)
        .filter(|following| next < planned.wall && waited + next.since(now.wall) < following.since(next) / 2);
    no_earlier(again.unwrap_or(next))
}
