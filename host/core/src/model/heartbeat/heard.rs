//! What a heartbeat check remembers while the host runs, on the monotonic clock: a jump of the wall clock makes no ping
//! late, and none early. Only what a cron schedule expects is bound to the wall clock, and even that a jump moves to later
//! alone, by one start of the schedule at most (rule S4).
//!
//! What is stored is said in the wall clock's words of the moment, and again after each jump. So after a restart the wall
//! clock is believed for the spans that this host has seen pass; what would lie in the future begins anew.

use std::time::Duration;

use crate::cron::CronSchedule;
use crate::model::clock::{Elapsed, Moment};
use crate::model::heartbeat::{Expects, HeartbeatRecord, HeartbeatSpec};
use crate::time::{Mono, Now, Wall};

/// Jobs of one check that are under way at once, at most: the oldest is forgotten.
const STARTED_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Heard {
    /// Since the last ping of an end came.
    ended: Option<Elapsed>,
    /// Jobs that began and did not end yet, oldest first.
    started: Vec<(String, Elapsed)>,
    /// Since the last ping was heard, missed or turned away.
    waits: Elapsed,
    /// Since the host last turned a ping away, if it did while it waited for this one.
    refused: Option<Elapsed>,
    /// By a cron schedule: the start for which a ping is waited for.
    planned: Option<Moment>,
}

/// What is due next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// A ping by the schedule.
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
    /// `waited`: since when a ping is waited for where the record does not say it.
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
    /// As it is stored, by the wall clock of this moment.
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
    /// Says how long it took, if its start was heard.
    pub(crate) fn job_ended(&mut self, run: &str, now: Now) -> Option<Duration> {
        let place = self.started.iter().position(|(other, _)| other == run)?;
        Some(self.started.remove(place).1.so_far(now.mono))
    }
    /// A ping of an end came.
    pub(crate) fn pinged(&mut self, now: Now) {
        self.ended = Some(Elapsed::starting(now));
        self.wait_anew(now);
    }
    /// How long ago that was, if one ever came.
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
    /// The schedule is another one.
    pub(crate) fn forget_plan(&mut self) {
        self.planned = None;
    }
    pub(crate) fn refused(&mut self, now: Now) -> Refusal {
        match self.refused.replace(Elapsed::starting(now)) {
            None => Refusal::First,
            Some(_) => Refusal::Another,
        }
    }
    /// `missing` has not come in time. Whether it was missed, or may have been turned away; the next is waited for.
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
            // Where the start has come already, the grace runs, and no clock stops it.
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
    /// The host turned pings away meanwhile: it may have been among them.
    TurnedAway,
}

/// For which start a ping is waited for once the wall clock has jumped, `waited` after the ping before it. Whose clock was
/// right nobody knows: so what was waited for is never due any earlier than it was.
fn after_jump(cron: &CronSchedule, planned: Moment, waited: Duration, now: Now) -> Option<Moment> {
    let Some(next) = cron.next_after(now.wall) else { return Some(planned) };
    let no_earlier = |wall: Wall| Some(Moment { at: now.mono_at(wall).max(planned.at), wall });
    if planned.wall <= now.wall {
        // Jumped over. The ping for it may have come by a clock that was right all along.
        let came = waited < next.since(planned.wall) / 2;
        return if came { no_earlier(next) } else { Some(planned) };
    }
    // The clock may show moments again for which a ping has come.
    let again = cron
        .next_after(next)
        .filter(|following| next < planned.wall && waited + next.since(now.wall) < following.since(next) / 2);
    no_earlier(again.unwrap_or(next))
}
