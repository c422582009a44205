//! The data of a guest's store: the call itself, and one state for each interface that has something to remember in it. A new
//! interface adds its own to `InterfaceStates` and nothing else here.

use std::ops::{Deref, DerefMut};

use wasmtime::component::ResourceTable;
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::limits::Limit;

use super::context::CallContext;
use super::memory::MemoryLimiter;
use crate::interfaces::commands::CommandsState;
use crate::interfaces::files::FilesState;
use crate::interfaces::icmp::IcmpState;
use crate::interfaces::kv::KvState;
use crate::interfaces::log::LogState;
use crate::interfaces::net::NetState;
use crate::interfaces::pictures::PicturesState;
use crate::interfaces::replies::RepliesState;
use crate::interfaces::snapshots::SnapshotsState;
use crate::interfaces::wasi::{Exit, WasiState};

pub(crate) struct CallState {
    pub(crate) call: CallContext,
    pub(crate) own: InterfaceStates,
    pub(crate) memory: MemoryLimiter,
    /// What the guest holds by handle; closed with the call.
    pub(crate) handles: ResourceTable,
    /// Only for guests that import it.
    pub(crate) wasi: Option<Box<WasiState>>,
}

/// What each interface remembers during a call.
#[derive(Default)]
pub(crate) struct InterfaceStates {
    pub(crate) log: LogState,
    pub(crate) kv: KvState,
    pub(crate) net: NetState,
    pub(crate) icmp: IcmpState,
    pub(crate) snapshots: SnapshotsState,
    pub(crate) pictures: PicturesState,
    pub(crate) replies: RepliesState,
    pub(crate) files: FilesState,
    pub(crate) commands: CommandsState,
}

/// What an interface is handed is a call first.
impl Deref for CallState {
    type Target = CallContext;

    fn deref(&self) -> &CallContext {
        &self.call
    }
}

impl DerefMut for CallState {
    fn deref_mut(&mut self) -> &mut CallContext {
        &mut self.call
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
    /// For what goes on without a guest: it has nothing by handle, and remembers nothing of an interface.
    pub(crate) fn around(call: CallContext) -> Self {
        Self {
            call,
            own: InterfaceStates::default(),
            memory: MemoryLimiter::closed(),
            handles: ResourceTable::new(),
            wasi: None,
        }
    }

    /// Writes of a call that ended well.
    pub(crate) fn take_kv(&mut self, scope: &KvScope) -> Vec<KvWrite> {
        self.own.kv.take(scope, &self.call.mask)
    }
}
