//! What one call is, whatever it reaches for: who is called, by when, with which rights, and what it has met so far. This is all
//! that HTTP and the network need to know of it; interfaces add states of their own (`state`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::grant::{Access, Denial, Rights, decide};
use watchkeep_core::kind::PluginKind;
use watchkeep_core::limits::Limit;

use super::meter::Meter;
use super::pace::{Pace, Polls};
use super::refusals::{Refusal, Refusals};
use super::state::HostStop;
use crate::http::mask::Mask;
use crate::http::{Broker, Origin};
use crate::interfaces::secrets::Attachable;
use crate::interfaces::system::Readers;
use crate::machine::Machine;
use crate::network::NetworkState;
use crate::options::Limits;
use crate::ports::Ports;
use crate::tape::Tape;

pub(crate) struct CallContext {
    pub(crate) subject: Subject,
    pub(crate) clocks: Clocks,
    pub(crate) limits: Limits,
    pub(crate) meter: Arc<Meter>,
    /// Whether instantiation is behind it.
    pub(crate) entered: bool,
    pub(crate) host_calls: u32,
    pub(crate) refusals: Refusals,
    pub(crate) rights: Option<Arc<Rights>>,
    pub(crate) ports: Option<Ports>,
    pub(crate) attachable: Attachable,
    /// Every secret that this call may attach or has seen.
    pub(crate) mask: Mask,
    pub(crate) polls: Polls,
    pub(crate) network: NetworkState,
    pub(crate) http: HttpState,
    pub(crate) tape: Option<Tape>,
    pub(crate) machine: Arc<Machine>,
    pub(crate) readers: Arc<Readers>,
}

/// Who is called, for messages and logs.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// "plugin `http` (generation 0123456789ab)".
    pub(crate) generation: Arc<str>,
    pub(crate) plugin: Arc<str>,
    /// `None` while the plugin is described.
    pub(crate) kind: Option<PluginKind>,
    /// The check's or the receiver's name; empty while it is described or validated.
    pub(crate) name: Arc<str>,
}

pub(crate) struct HttpState {
    pub(crate) broker: Arc<Broker>,
    pub(crate) requests: u32,
    /// How many digests and signatures were made, over all redirects.
    pub(crate) signatures: u32,
    /// Where servers redirected to, in responses that the guest was given.
    pub(crate) led_to: Vec<Origin>,
}

/// The times of a call, measured from its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) began: Instant,
    pub(crate) timeout: Duration,
}

impl Clocks {
    /// How much earlier than the call itself host calls end: a target that hangs must end as a report, not as a
    /// timeout.
    pub(crate) fn reserve(timeout: Duration) -> Duration {
        Duration::from_millis(500).max(timeout / 10).min(timeout / 2)
    }
    /// How long a host call may take: what the guest allows, and never more than what is left.
    pub(crate) fn span(&self, timeout: Duration) -> Duration {
        timeout.min(self.remaining())
    }
    /// Moves the call's beginning back by `span`, so that this much has passed as far as the guest can tell.
    pub(crate) fn skip(&mut self, span: Duration) {
        self.began = self.began.checked_sub(span).unwrap_or(self.began);
    }
    /// By when a guest must have been told what had come by the end of a host call: half of the reserve is left for it
    /// to judge.
    pub(crate) fn telling(&self) -> Duration {
        (self.timeout - Self::reserve(self.timeout) / 2).saturating_sub(self.began.elapsed())
    }
    /// The time until host calls begin to fail with `timed-out`.
    pub(crate) fn remaining(&self) -> Duration {
        (self.timeout - Self::reserve(self.timeout)).saturating_sub(self.began.elapsed())
    }
}

impl CallContext {
    /// Counts a host call.
    pub(crate) fn enter(&mut self) -> wasmtime::Result<()> {
        if self.host_calls >= self.limits.host_calls {
            let message = format!("more than {} host calls", self.limits.host_calls);
            return Err(HostStop::Limit { message, limit: Some(Limit::HostCalls) }.into());
        }
        self.host_calls += 1;
        Ok(())
    }

    /// Notes that a host call met one of the plugin's limits. Returns what the guest is told.
    pub(crate) fn meet(&mut self, limit: Limit, message: String) -> String {
        self.refusals.limited = self.refusals.limited.saturating_add(1);
        if self.refusals.first.is_none() {
            let hint = Some(self.limits.raise(limit, &self.subject.plugin));
            self.refusals.first = Some(Refusal::Limited { message: message.clone(), hint });
        }
        message
    }

    /// Decides, and remembers a denial.
    pub(crate) fn permit(&mut self, access: &Access<'_>) -> Result<(), Denial> {
        self.decide(access).map_err(|denial| self.refusals.deny(denial))
    }

    /// Decides about one of several ways. The denial is not remembered: it counts only if all ways are denied.
    pub(crate) fn decide(&self, access: &Access<'_>) -> Result<(), Denial> {
        match &self.rights {
            Some(rights) => decide(rights, access),
            None => Err(Denial {
                message: format!("{access} while the plugin is described or validated"),
                hint: "nothing may be reached then; do it in the run".to_owned(),
            }),
        }
    }

    /// The pace for work that may be long.
    pub(crate) fn pace(&self) -> Pace {
        Pace::new(&self.meter, self.limits.cpu, self.polls)
    }

    /// For an exchange that goes on in the background: the same call with the same rights, and an account of its own of what it
    /// meets.
    pub(crate) fn fork(&self) -> Self {
        Self {
            subject: self.subject.clone(),
            clocks: self.clocks,
            limits: self.limits,
            meter: Arc::clone(&self.meter),
            entered: self.entered,
            host_calls: 0,
            refusals: Refusals::default(),
            rights: self.rights.clone(),
            ports: self.ports.clone(),
            attachable: self.attachable.clone(),
            mask: self.mask.clone(),
            polls: Polls::Background,
            network: NetworkState { shared: Arc::clone(&self.network.shared), sent: false, questions: 0 },
            http: HttpState {
                broker: Arc::clone(&self.http.broker),
                requests: self.http.requests,
                signatures: self.http.signatures,
                led_to: self.http.led_to.clone(),
            },
            tape: self.tape.clone(),
            machine: Arc::clone(&self.machine),
            readers: Arc::clone(&self.readers),
        }
    }
}
