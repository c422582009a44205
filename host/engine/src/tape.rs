//! Host calls on tape: recorded as a plugin made them, or answered from a recording instead of by the world.
//!
//! Every interface takes part through one seam, the `Gate` in `interfaces/gate.rs`, which knows nothing about any of
//! them. A call is its name (`http.send`), its arguments and its answer as JSON, see `values`. What the host made of
//! the call (a refusal, a limit) is kept beside the answer, so that a replayed run ends as the recorded one did.
//!
//! Secrets never reach a tape: they are masked in everything that is written. `log` takes no part: its lines are what a
//! plugin says, not what it is told.

mod replay;
pub(crate) mod values;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::call::Refusal;
use crate::shortage::Shortage;
use replay::Replay;
use watchkeep_core::grant::Denial;

/// One host call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedCall {
    /// Interface and function, such as `http.send`.
    pub call: String,
    /// The arguments by name. In a replay, a part of an argument that is left out may be anything.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// The answer. In a replay, a part that is left out is empty, zero or none.
    #[serde(default)]
    pub answer: Value,
    /// The host's refusal in this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Set if the call ended the run, with the reason. There is no answer then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Whether something left this machine in this call, for the first time in the run. If a notifier fails afterwards,
    /// it may have told people already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sent: bool,
}

/// A refusal that decides how the run is judged, whatever the plugin makes of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    Denied {
        message: String,
        hint: String,
    },
    Limit {
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// The host itself lacked something.
    Host {
        message: String,
        hint: String,
    },
    Unusable {
        message: String,
        hint: String,
    },
}

impl Refused {
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Refused::Denied { message, hint } => Refusal::Denied(Denial { message, hint }),
            Refused::Limit { message, hint } => Refusal::Limited { message, hint },
            Refused::Host { message, hint } => Refusal::Short(Shortage { message, hint }),
            Refused::Unusable { message, hint } => Refusal::Unusable { message, hint },
        }
    }

    pub(crate) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Denied(denial) => {
                Refused::Denied { message: denial.message.clone(), hint: denial.hint.clone() }
            }
            Refusal::Limited { message, hint } => {
                Refused::Limit { message: message.clone(), hint: hint.clone() }
            }
            Refusal::Short(Shortage { message, hint }) => {
                Refused::Host { message: message.clone(), hint: hint.clone() }
            }
            Refusal::Unusable { message, hint } => {
                Refused::Unusable { message: message.clone(), hint: hint.clone() }
            }
        }
    }
}

/// Shared by a call and whoever asked for it. Cheap to clone; all clones are one tape.
#[derive(Clone, Debug)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug)]
enum Reel {
    Recording(Vec<RecordedCall>),
    Replaying(Replay),
}

/// What becomes of a host call.
pub(crate) enum Turn {
    /// The world answers; the answer is kept if it is asked for.
    Live(Keep),
    /// The recording has answered.
    Answered(Box<RecordedCall>),
    /// Random bytes, the same in every replay.
    Random(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    Yes,
    No,
}

impl Tape {
    /// A tape that records every call.
    pub fn record() -> Self {
        Self(Arc::new(Mutex::new(Reel::Recording(Vec::new()))))
    }

    /// A tape that answers with these calls, in this order. `clock`, `random`, `kv` and `signatures` are left to the host if
    /// the recording has no call to them; random bytes are then the same in every replay.
    pub fn replay(calls: Vec<RecordedCall>) -> Self {
        Self(Arc::new(Mutex::new(Reel::Replaying(Replay::new(calls)))))
    }

    /// What was recorded so far.
    pub fn recorded(&self) -> Vec<RecordedCall> {
        match &*self.reel() {
            Reel::Recording(calls) => calls.clone(),
            Reel::Replaying(_) => Vec::new(),
        }
    }

    /// How a replay differs from the recording: a sentence that names the first call that differs, or the first that
    /// was not made.
    pub fn differs(&self) -> Option<String> {
        match &*self.reel() {
            Reel::Recording(_) => None,
            Reel::Replaying(replay) => replay.differs(),
        }
    }

    /// Whether it answers in place of the world.
    pub(crate) fn answers(&self) -> bool {
        matches!(&*self.reel(), Reel::Replaying(_))
    }

    pub(crate) fn turn(&self, call: &str, with: &Map<String, Value>) -> Result<Turn, String> {
        match &mut *self.reel() {
            Reel::Recording(_) => Ok(Turn::Live(Keep::Yes)),
            Reel::Replaying(replay) => replay.turn(call, with),
        }
    }

    pub(crate) fn keep(&self, call: RecordedCall) {
        if let Reel::Recording(calls) = &mut *self.reel() {
            calls.push(call);
        }
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        // No code that holds the lock can leave the tape half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
