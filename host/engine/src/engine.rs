//! One engine per process: wasmtime, the linker, the slots, the compiler with its cache, the network broker.

use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use watchkeep_core::ids::Digest;
use watchkeep_core::outcome::{Failure, Outcome};

use crate::call::{
    self, Acted, ActionCall, Attempted, CallState, CheckCall, ConfigProblem, Ended, ListenCall, NotifierCall,
};
use crate::error::{EngineError, LoadError};
use crate::generation::Generation;
use crate::http::Broker;
use crate::interfaces::{self, log::Minutes, system::Readers};
use crate::load::{self, Cache, Compiler, Lanes};
use crate::machine::Machine;
use crate::network::Network;
use crate::options::EngineOptions;
use crate::ports::Ports;
use crate::ticker::Ticker;
use crate::wasm::{self, Allocation};

/// Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) linker: Linker<CallState>,
    /// Made when the first plugin needs it.
    linker_with_wasi: OnceLock<Linker<CallState>>,
    /// Where a call waits for its slots, because an exhausted pool would be an error.
    pub(crate) slots: Semaphore,
    /// The turns of guests that compute for long.
    pub(crate) turns: Arc<Semaphore>,
    /// The size of one memory, whatever a plugin's own limit says.
    pub(crate) memory_bytes_max: usize,
    pub(crate) compiler: Compiler,
    pub(crate) cache: Cache,
    pub(crate) broker: Arc<Broker>,
    pub(crate) network: Arc<Network>,
    pub(crate) machine: Arc<Machine>,
    pub(crate) readers: Arc<Readers>,
    /// How much plugins have logged in the current minute.
    pub(crate) minutes: Arc<Minutes>,
    allocation: Allocation,
    _ticker: Ticker,
}

impl Shared {
    pub(crate) fn linker_with_wasi(&self) -> &Linker<CallState> {
        self.linker_with_wasi
            .get_or_init(|| interfaces::linker_with_wasi(&self.wasm).expect("no interface is offered twice"))
    }
}

impl Engine {
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let EngineOptions {
            cache_dir,
            compiler,
            pool,
            compile,
            extra_roots_pem,
            sockets_max,
            user_agent,
            systemd,
            machine_root,
            inheritance,
        } = options;
        let (wasm, allocation, reservation) = wasm::runner(&pool)?;
        let linker =
            interfaces::linker(&wasm).map_err(|error| EngineError::Wasmtime(format!("{error:#}")))?;
        let shared = Shared {
            slots: Semaphore::new(pool.memories as usize),
            turns: call::turns(),
            memory_bytes_max: pool.memory_bytes_max,
            compiler: Compiler { command: compiler, limits: compile, reservation, lanes: Lanes::default() },
            cache: Cache::open(&cache_dir, &wasm)?,
            broker: Arc::new(Broker::new(&user_agent)),
            network: Arc::new(Network::new(&extra_roots_pem, sockets_max)?),
            machine: Arc::new(Machine::new(inheritance)),
            readers: Arc::new(Readers::new(systemd, machine_root)),
            minutes: Arc::default(),
            _ticker: Ticker::start(&wasm)?,
            allocation,
            linker,
            linker_with_wasi: OnceLock::new(),
            wasm,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Where instances live on this machine.
    pub fn allocation(&self) -> Allocation {
        self.shared.allocation
    }

    /// Makes a generation from a plugin's bytes, with code from the cache or from the compiling child. Messages name
    /// `source`: a file, or `bundled`.
    pub async fn load(&self, bytes: Arc<[u8]>, source: &str) -> Result<Arc<Generation>, LoadError> {
        load::load(&self.shared, bytes, source).await
    }

    /// Forgets the compiled code of all other plugins. What runs keeps its code, and what is loaded again is compiled
    /// again.
    pub fn keep_compiled(&self, needed: &[Digest]) {
        self.shared.cache.prune(needed);
    }

    /// Asks the plugin about a config that satisfies its schema.
    pub async fn validate(&self, generation: &Generation, config: &str) -> Result<(), Vec<ConfigProblem>> {
        call::validate(&self.shared, generation, config).await
    }

    /// One run. Never fails: what goes wrong is the outcome.
    pub async fn run_check(
        &self,
        generation: &Arc<Generation>,
        call: CheckCall,
        ports: &Ports,
    ) -> Ended<Outcome> {
        call::run_check(&self.shared, generation, call, ports).await
    }

    /// One attempt of an action, or its dry run, as the rights say. Never fails: what goes wrong is the result.
    pub async fn act(
        &self,
        generation: &Arc<Generation>,
        call: ActionCall,
        ports: &Ports,
    ) -> Ended<Result<Acted, Failure>> {
        call::act(&self.shared, generation, call, ports).await
    }

    /// What a notifier listens to with this config; `None` if its service tells of no presses.
    pub async fn source(&self, generation: &Generation, config: &str) -> Option<String> {
        call::source(&self.shared, generation, config).await
    }

    /// A notifier listens for presses for a while. What goes wrong is a sentence.
    pub async fn listen(
        &self,
        generation: &Arc<Generation>,
        call: ListenCall,
        ports: &Ports,
    ) -> Ended<Result<(), String>> {
        call::listen(&self.shared, generation, call, ports).await
    }

    /// One attempt of a delivery. Never fails: what goes wrong is the result.
    pub async fn deliver(
        &self,
        generation: &Arc<Generation>,
        call: NotifierCall,
        ports: &Ports,
    ) -> Ended<Attempted> {
        call::deliver(&self.shared, generation, call, ports).await
    }
}
