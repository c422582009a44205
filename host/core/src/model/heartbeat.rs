//! Heartbeats: checks that wait to be pinged instead of asking. A job pings when it starts and when it ends. The host
//! judges the pings that arrive, and those that do not arrive in time.

use std::fmt;
use std::time::Duration;

use crate::cron::CronSchedule;
use crate::ids::CheckName;
use crate::time::Wall;

pub(crate) mod heard;

/// What a heartbeat check expects. Its `Debug` leaves the key out: logs are read by more people than may ping.
#[derive(Clone, PartialEq)]
pub struct HeartbeatSpec {
    /// The last part of the ping URL. Whoever knows it may ping.
    pub key: String,
    pub expects: Expects,
    /// How long after its start a job has to ping its end.
    pub lasts_max: Duration,
}

impl fmt::Debug for HeartbeatSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeartbeatSpec { key: _, expects, lasts_max } = self;
        f.debug_struct("HeartbeatSpec")
            .field("key", &"***")
            .field("expects", expects)
            .field("lasts_max", lasts_max)
            .finish()
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Expects {
    /// A ping within each period.
    Every(Duration),
    /// A ping for each start of the schedule.
    At(CronSchedule),
}

/// What a ping says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PingKind {
    /// The job begins.
    Start,
    Success,
    Fail,
    /// A note: judges nothing.
    Log,
    /// The job's exit status: 0 is success.
    Exit(u8),
}

impl PingKind {
    pub const fn as_str(&self) -> &'static str {
        match self {
            PingKind::Start => "start",
            PingKind::Success => "success",
            PingKind::Fail => "fail",
            PingKind::Log => "log",
            PingKind::Exit(_) => "exit",
        }
    }
}

/// Pings that the host turned away, because of a limit or a shortage of its own. What they said is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    Of(CheckName),
    /// It is not known whose pings they were: connections were closed before anything was read.
    OfAnybody,
}

/// One ping as it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ping {
    pub kind: PingKind,
    /// Distinguishes overlapping runs of one job.
    pub run_id: Option<String>,
    /// What the job said, cut to 10 KiB.
    pub body: String,
}

/// What a heartbeat check remembers, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeartbeatRecord {
    /// When the last ping of success or failure came.
    pub ended: Option<Wall>,
    /// Jobs that began and did not end yet, oldest first: run id (empty for none) and when.
    pub started: Vec<(String, Wall)>,
    /// Since when the next ping is waited for: when the last one was heard, missed or turned away.
    pub waits_since: Option<Wall>,
    /// When the host turned a ping away, if it has done so since.
    pub refused: Option<Wall>,
}
