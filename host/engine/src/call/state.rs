//! What one call carries: who is called, by when, with which rights, and one state per host interface.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::ResourceTable;
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::grant::{Access, Denial, Rights, decide};
use watchkeep_core::kind::PluginKind;
use watchkeep_core::limits::Limit;

use super::memory::MemoryLimiter;
use super::meter::Meter;
use super::pace::{Pace, Polls};
use crate::http::mask::Mask;
use crate::http::{Broker, Origin};
use crate::interfaces::commands::CommandsState;
use crate::interfaces::dns::DnsState;
use crate::interfaces::files::FilesState;
use crate::interfaces::icmp::IcmpState;
use crate::interfaces::kv::KvState;
use crate::interfaces::log::LogState;
use crate::interfaces::net::NetState;
use crate::interfaces::pictures::PicturesState;
use crate::interfaces::secrets::Attachable;
use crate::interfaces::snapshots::SnapshotsState;
use crate::interfaces::system::Readers;
use crate::interfaces::wasi::{Exit, WasiState};
use crate::machine::Machine;
use crate::network::NetworkState;
use crate::options::Limits;
use crate::ports::Ports;
use crate::shortage::Shortage;
use crate::tape::Tape;

/// The store's data.
pub(crate) struct CallState {
    pub(crate) subject: Subject,
    pub(crate) clocks: Clocks,
    pub(crate) limits: Limits,
    pub(crate) memory: MemoryLimiter,
    pub(crate) meter: Arc<Meter>,
    /// Whether instantiation is behind it.
    pub(crate) entered: bool,
    pub(crate) host_calls: u32,
    pub(crate) refusals: Refusals,
    pub(crate) rights: Option<Arc<Rights>>,
    pub(crate) ports: Option<Ports>,
    pub(crate) log: LogState,
    pub(crate) kv: KvState,
    pub(crate) attachable: Attachable,
    /// Every secret that this call may attach or has seen.
    pub(crate) mask: Mask,
    pub(crate) polls: Polls,
    pub(crate) network: NetworkState,
    pub(crate) http: HttpState,
    pub(crate) tape: Option<Tape>,
    pub(crate) net: NetState,
    pub(crate) dns: DnsState,
    pub(crate) icmp: IcmpState,
    pub(crate) snapshots: SnapshotsState,
    pub(crate) pictures: PicturesState,
    pub(crate) machine: Arc<Machine>,
    pub(crate) files: FilesState,
    pub(crate) commands: CommandsState,
    pub(crate) readers: Arc<Readers>,
    /// What the guest holds by handle; closed with the call.
    pub(crate) handles: ResourceTable,
    /// Only for guests that import it.
    pub(crate) wasi: Option<Box<WasiState>>,
}

/// Who is called, for messages and logs.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// "plugin `http` (generation 0123456789ab)".
    pub(crate) generation: Arc<str>,
    pub(crate) plugin: Arc<str>,
    /// None while it is described.
    pub(crate) kind: Option<PluginKind>,
    /// The check's or the receiver's name; empty while it is described or validated.
    pub(crate) name: Arc<str>,
}

pub(crate) struct HttpState {
    pub(crate) broker: Arc<Broker>,
    pub(crate) requests: u32,
    /// Digests and signatures, over all redirects.
    pub(crate) signatures: u32,
    /// To where servers redirected, in responses that the guest was given.
    pub(crate) led_to: Vec<Origin>,
}

/// Measured from the call's begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) began: Instant,
    pub(crate) timeout: Duration,
}

impl Clocks {
    /// Host calls end so much before the call itself: a hanging target must end as a report, not as a timeout.
    pub(crate) fn reserve(timeout: Duration) -> Duration {
        Duration::from_millis(500).max(timeout / 10).min(timeout / 2)
    }
    /// What a host call may take: what the guest allows, and never more than what is left.
    pub(crate) fn span(&self, timeout: Duration) -> Duration {
        timeout.min(self.remaining())
    }
    /// So much has gone by, as far as the guest can tell.
    pub(crate) fn skip(&mut self, span: Duration) {
        self.began = self.began.checked_sub(span).unwrap_or(self.began);
    }
    /// Until a guest has to have what it is told of what came before that: half of the reserve is left for it to judge.
    pub(crate) fn telling(&self) -> Duration {
        (self.timeout - Self::reserve(self.timeout) / 2).saturating_sub(self.began.elapsed())
    }
    /// Until host calls begin to fail with `timed-out`.
    pub(crate) fn remaining(&self) -> Duration {
        (self.timeout - Self::reserve(self.timeout)).saturating_sub(self.began.elapsed())
    }
}

/// Host calls that were denied or met a limit. A report worse than ok after one judges the host's refusal, not
/// the target.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    pub(crate) denied: u32,
    pub(crate) limited: u32,
    /// A shortage of the host's takes the place of what was there before it.
    pub(crate) first: Option<Refusal>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Denied(Denial),
    Limited {
        message: String,
        /// What would change that, if it is not the plugin's limit.
        hint: Option<String>,
    },
    /// This machine lacked something: whatever the guest makes of it, the run judges nothing.
    Short(Shortage),
    /// Something that the operator gave cannot be used. The guest is not told why: that would say something of a secret.
    Unusable {
        message: String,
        hint: String,
    },
}

impl Refusals {
    /// A call that met this one and nothing else.
    pub(crate) fn of(refusal: Refusal) -> Self {
        let (denied, limited) = match &refusal {
            Refusal::Denied(_) => (1, 0),
            Refusal::Limited { .. } | Refusal::Short(_) => (0, 1),
            Refusal::Unusable { .. } => (0, 0),
        };
        Self { denied, limited, first: Some(refusal) }
    }
    /// Takes over what an exchange beside the guest met.
    pub(crate) fn absorb(&mut self, other: Refusals) {
        self.denied = self.denied.saturating_add(other.denied);
        self.limited = self.limited.saturating_add(other.limited);
        self.first = match other.first {
            Some(Refusal::Short(shortage)) => Some(Refusal::Short(shortage)),
            other => self.first.take().or(other),
        };
    }
    pub(crate) fn deny(&mut self, denial: Denial) -> Denial {
        self.denied = self.denied.saturating_add(1);
        self.first.get_or_insert_with(|| Refusal::Denied(denial.clone()));
        denial
    }
    /// What is told to the operator in place of whatever the plugin makes of it.
    pub(crate) fn unusable(&mut self, message: String, hint: &str) {
        self.first.get_or_insert_with(|| Refusal::Unusable { message, hint: hint.to_owned() });
    }
    /// A limit that no key of a config raises.
    pub(crate) fn limit(&mut self, message: String) -> String {
        self.limited = self.limited.saturating_add(1);
        self.first.get_or_insert_with(|| Refusal::Limited { message: message.clone(), hint: None });
        message
    }
    /// What the guest is told of it.
    pub(crate) fn short(&mut self, shortage: Shortage) -> String {
        self.limited = self.limited.saturating_add(1);
        let told = format!("{}; hint: {}", shortage.message, shortage.hint);
        if self.shortage().is_none() {
            self.first = Some(Refusal::Short(shortage));
        }
        told
    }
    /// What was refused since `first` was the first was the target's own doing, which the guest judges. What this machine
    /// lacked was not.
    pub(crate) fn forget_since(&mut self, first: Option<Refusal>) {
        if self.shortage().is_none() {
            self.first = first;
        }
    }
    pub(crate) fn shortage(&self) -> Option<&Shortage> {
        match &self.first {
            Some(Refusal::Short(shortage)) => Some(shortage),
            Some(Refusal::Denied(_) | Refusal::Limited { .. } | Refusal::Unusable { .. }) | None => None,
        }
    }
    /// A limit that is not the plugin's own; `hint` says what to do about it.
    pub(crate) fn limit_with(&mut self, message: String, hint: &str) -> String {
        self.limited = self.limited.saturating_add(1);
        let told = format!("{message}; hint: {hint}");
        self.first.get_or_insert_with(|| Refusal::Limited { message, hint: Some(hint.to_owned()) });
        told
    }
}

/// Ends the call from within a host call. The guest does not see it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum HostStop {
    /// `limit` is none where no key of a config raises it, or where a recording no longer knows.
    #[error("{message}")]
    Limit { message: String, limit: Option<Limit> },
    #[error("{0}")]
    Host(String),
    /// A call that is not as the recording has it.
    #[error("{0}")]
    Replay(String),
    /// The guest ended itself, which is how a program tells its status.
    #[error("it ended itself with {0}")]
    Exit(Exit),
}

impl CallState {
    /// Counts a host call.
    pub(crate) fn enter(&mut self) -> wasmtime::Result<()> {
        if self.host_calls >= self.limits.host_calls {
            let message = format!("more than {} host calls", self.limits.host_calls);
            return Err(HostStop::Limit { message, limit: Some(Limit::HostCalls) }.into());
        }
        self.host_calls += 1;
        Ok(())
    }

    /// A host call meets one of the plugin's limits; gives back what the guest is told.
    pub(crate) fn meet(&mut self, limit: Limit, message: String) -> String {
        self.refusals.limited = self.refusals.limited.saturating_add(1);
        if self.refusals.first.is_none() {
            let hint = Some(self.limits.raise(limit, &self.subject.plugin));
            self.refusals.first = Some(Refusal::Limited { message: message.clone(), hint });
        }
        message
    }

    /// For an exchange that runs beside the guest: the same call with the same rights, and an account of its own of
    /// what it meets.
    pub(crate) fn beside(&self) -> CallState {
        CallState {
            subject: self.subject.clone(),
            clocks: self.clocks,
            limits: self.limits,
            memory: MemoryLimiter::closed(),
            meter: Arc::clone(&self.meter),
            entered: self.entered,
            host_calls: 0,
            refusals: Refusals::default(),
            rights: self.rights.clone(),
            ports: self.ports.clone(),
            log: LogState::default(),
            kv: KvState::default(),
            attachable: self.attachable.clone(),
            mask: self.mask.clone(),
            polls: Polls::Beside,
            network: NetworkState { shared: Arc::clone(&self.network.shared), sent: false },
            http: HttpState {
                broker: Arc::clone(&self.http.broker),
                requests: self.http.requests,
                signatures: self.http.signatures,
                led_to: self.http.led_to.clone(),
            },
            net: NetState::default(),
            dns: DnsState::default(),
            icmp: IcmpState::default(),
            snapshots: SnapshotsState::default(),
            pictures: PicturesState::default(),
            machine: Arc::clone(&self.machine),
            files: FilesState::default(),
            commands: CommandsState::default(),
            readers: Arc::clone(&self.readers),
            handles: ResourceTable::new(),
            wasi: None,
            tape: self.tape.clone(),
        }
    }

    /// Decides, and remembers a denial.
    pub(crate) fn permit(&mut self, access: &Access<'_>) -> Result<(), Denial> {
        self.decide(access).map_err(|denial| self.refusals.deny(denial))
    }

    /// Decides one of several ways: a denial counts only if all are denied.
    pub(crate) fn decide(&self, access: &Access<'_>) -> Result<(), Denial> {
        match &self.rights {
            Some(rights) => decide(rights, access),
            None => Err(Denial {
                message: format!("{access} while the plugin is described or validated"),
                hint: "nothing may be reached then; do it in the run".to_owned(),
            }),
        }
    }

    /// Writes of a call that ended well.
    pub(crate) fn take_kv(&mut self, scope: &KvScope) -> Vec<KvWrite> {
        self.kv.take(scope, &self.mask)
    }

    /// For work that may be long.
    pub(crate) fn pace(&self) -> Pace {
        Pace::new(&self.meter, self.limits.cpu, self.polls)
    }
}
