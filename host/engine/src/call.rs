//! One call of a plugin: a fresh store, an instance, one export, an end. Nothing is reused between calls, so nothing of
//! one is left for the next. However a guest ends, the host goes on.
//!
//! A call is bounded in wall time (one timeout around it), CPU time (the epoch's tick), memory (all memories together),
//! tables, host calls, and bytes per host call. Each interface has further bounds of its own.

mod action;
mod check;
mod classify;
mod context;
pub(crate) mod convert;
mod exception;
mod listen;
mod manifest;
mod masked;
mod memory;
mod meter;
mod notifier;
mod pace;
mod program;
mod refusals;
mod report;
mod state;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Store;
use wasmtime::component::ResourceTable;
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::grant::Rights;

pub(crate) use action::act;
pub use action::{Acted, ActionCall};
pub use check::CheckCall;
pub(crate) use check::run_check;
pub(crate) use context::{CallContext, Subject};
pub(crate) use exception::LastWords;
pub use listen::ListenCall;
pub(crate) use listen::{listen, source};
pub use manifest::ConfigProblem;
pub(crate) use manifest::{describe, validate};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use masked::looked_through;
pub(crate) use meter::{Meter, turns};
pub(crate) use notifier::deliver;
pub use notifier::{Attempted, NotifierCall};
pub(crate) use pace::{OverBudget, Pace, Polls};
pub(crate) use refusals::{Refusal, Refusals};
pub(crate) use state::{CallState, HostStop};

use crate::engine::Shared;
use crate::generation::Generation;
use crate::interfaces::kv::KvState;
use crate::interfaces::log::LogState;
use crate::interfaces::secrets::Attachable;
use crate::interfaces::wasi::{End, Wasi, WasiState};
use crate::network::NetworkState;
use crate::options::Limits;
use crate::ports::Ports;
use context::{Clocks, HttpState};
use memory::MemoryLimiter;
use meter::Metered;
use state::InterfaceStates;

/// How a call ended, and what it cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Ended<T> {
    pub value: T,
    /// Empty unless the call ended well.
    pub kv: Vec<KvWrite>,
    /// Bytes of the report's attachments, in their order.
    pub attachments: Vec<Vec<u8>>,
    /// The wall time from the beginning of the call to its end, without the wait for a free slot.
    pub took: Duration,
    /// The CPU time of the guest, and of host calls on its behalf.
    pub cpu: Duration,
    pub log_lines: u32,
    /// How many log lines were dropped because of the limit.
    pub log_dropped: u32,
    /// How many host calls were denied.
    pub denied: u32,
}

impl<T> Ended<T> {
    /// The result of a call that could not begin.
    pub fn unstarted(value: T) -> Self {
        Self {
            value,
            kv: Vec::new(),
            attachments: Vec::new(),
            took: Duration::ZERO,
            cpu: Duration::ZERO,
            log_lines: 0,
            log_dropped: 0,
            denied: 0,
        }
    }
}

/// What a store is made of.
pub(crate) struct Setup {
    pub(crate) subject: Subject,
    pub(crate) timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) weight: u32,
    pub(crate) rights: Option<Arc<Rights>>,
    pub(crate) ports: Option<Ports>,
    pub(crate) kv: KvState,
    pub(crate) attachable: Attachable,
    pub(crate) wasi: Wasi,
}

/// What every call of a plugin's own export is given.
struct CallInputs {
    config: Arc<str>,
    timeout: Duration,
    limits: Limits,
    rights: Arc<Rights>,
    scope: KvScope,
}

impl Setup {
    /// The setup of a call for the check or receiver of this name.
    fn of(generation: &Generation, name: &str, ports: &Ports, given: CallInputs) -> Setup {
        let CallInputs { config, timeout, limits, rights, scope } = given;
        Setup {
            subject: Subject {
                generation: Arc::clone(&generation.label),
                plugin: Arc::clone(&generation.plugin),
                kind: Some(generation.kind),
                name: name.into(),
            },
            timeout,
            limits,
            weight: generation.weight,
            rights: Some(rights),
            ports: Some(ports.clone()),
            kv: KvState::of(scope),
            attachable: Attachable::of(config),
            wasi: generation.wasi.of_call(),
        }
    }
}

/// A call that is over, well or not.
struct Finished<T> {
    result: Result<T, Stop>,
    state: CallState,
    took: Duration,
}

enum Stop {
    /// The wall time ran out.
    Timeout,
    Error(wasmtime::Error),
}

impl<T> Finished<T> {
    fn ended<V>(&self, value: V, kv: Vec<KvWrite>) -> Ended<V> {
        Ended {
            value,
            kv,
            attachments: Vec::new(),
            took: self.took,
            cpu: self.state.meter.spent(),
            log_lines: self.state.own.log.lines,
            log_dropped: self.state.own.log.dropped,
            denied: self.state.refusals.denied,
        }
    }
}

/// Runs `body` with everything that a call has, except a guest.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) async fn alone<T, B>(shared: &Shared, setup: Setup, body: B) -> T
where
    B: AsyncFnOnce(&mut CallState) -> T,
{
    let finished = in_store(shared, setup, async move |store| Ok(body(store.data_mut()).await)).await;
    match finished.result {
        Ok(value) => value,
        Err(Stop::Timeout) => panic!("a host call outlived its call"),
        Err(Stop::Error(error)) => panic!("{error:#}"),
    }
}

/// Runs `body` in a store of its own.
async fn in_store<T, B>(shared: &Shared, setup: Setup, body: B) -> Finished<T>
where
    B: AsyncFnOnce(&mut Store<CallState>) -> wasmtime::Result<T>,
{
    let Setup { subject, timeout, limits, weight, rights, ports, kv, mut attachable, wasi } = setup;
    let _slots = shared.slots.acquire_many(weight).await.expect("the slots are never closed");
    let meter = Arc::new(Meter::open(Arc::clone(&shared.turns)));
    let began = Instant::now();
    let tape = ports.as_ref().and_then(|ports| ports.tape.clone());
    let mask = attachable.mask(ports.as_ref());
    let state = CallState {
        memory: MemoryLimiter::new(&limits, shared.memory_bytes_max),
        own: InterfaceStates {
            log: LogState::of(Arc::clone(&shared.minutes)),
            kv,
            ..InterfaceStates::default()
        },
        handles: ResourceTable::new(),
        wasi: WasiState::new(&wasi, ports.as_ref()),
        call: CallContext {
            subject,
            clocks: Clocks { began, timeout },
            limits,
            meter: Arc::clone(&meter),
            entered: false,
            host_calls: 0,
            refusals: Refusals::default(),
            rights,
            ports,
            attachable,
            mask,
            polls: Polls::OfCall,
            network: NetworkState { shared: Arc::clone(&shared.network), sent: false, questions: 0 },
            http: HttpState {
                broker: Arc::clone(&shared.broker),
                requests: 0,
                signatures: 0,
                led_to: Vec::new(),
            },
            tape,
            machine: Arc::clone(&shared.machine),
            readers: Arc::clone(&shared.readers),
        },
    };
    let mut store = Store::new(&shared.wasm, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits.call_bytes);
    // Set before instantiation too: without a deadline, the first tick would trap.
    store.set_epoch_deadline(1);
    let budget = limits.cpu;
    store.epoch_deadline_callback(move |context| Ok(context.data().meter.tick(budget)));
    let result = {
        let work = pin!(body(&mut store));
        match tokio::time::timeout(timeout, Metered::new(meter, work)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Stop::Error(error)),
            Err(_) => Err(Stop::Timeout),
        }
    };
    let took = began.elapsed();
    let mut state = store.into_data();
    state.settle_wasi(End::Reached);
    Finished { result, state, took }
}
