//! How wasmtime is set up. The settings that affect compiled code are the same in the compiling child and here,
//! whatever allocator the machine allows, so that the child's code fits.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::error::EngineError;
use crate::options::Pool;

/// How many core instances, memories and tables one component may have. wasmtime's own default is unlimited.
pub(crate) const CORE_INSTANCES_MAX: u32 = 24;
pub(crate) const MEMORIES_MAX: u32 = 4;
pub(crate) const TABLES_MAX: u32 = 8;
/// How many elements one table slot has.
const TABLE_ELEMENTS_MAX: usize = 20_000;
/// A table slot per memory slot would starve components that have three tables and one memory.
pub(crate) const TABLES_PER_MEMORY: u32 = 3;

/// Address space that is set aside for one memory. The code depends on it, so host and compiler must agree on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reservation(u64);

impl Reservation {
    /// All that a 32-bit address can reach, so that no access to it has to be checked: a run costs a twentieth less.
    pub(crate) const WHOLE: Self = Self(4 << 30);

    /// No more than a memory may grow to, for a machine that limits address space. Each access is checked.
    pub(crate) fn bounded(memory_bytes_max: usize) -> Self {
        Self(memory_bytes_max as u64)
    }
    pub(crate) fn bytes(self) -> u64 {
        self.0
    }
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }
    /// What lies behind a memory and is never mapped: far enough that an address with an offset needs no check either.
    fn guard(self) -> u64 {
        if self == Self::WHOLE { 32 << 20 } else { 64 << 10 }
    }
}

/// What the compiling child uses: no instances live there, so no pool.
pub(crate) fn compiler(reservation: Reservation) -> Result<Engine, EngineError> {
    Engine::new(&shared(reservation)).map_err(|error| EngineError::Wasmtime(error.to_string()))
}

/// The best that this machine allows: a pool with `PAGEMAP_SCAN`, a pool, or memory on demand. A limit on address space
/// forbids the large reservation, or the pool as a whole.
pub(crate) fn runner(pool: &Pool) -> Result<(Engine, Allocation, Reservation), EngineError> {
    let (whole, bounded) = (Reservation::WHOLE, Reservation::bounded(pool.memory_bytes_max));
    let mut last = String::new();
    for (allocation, reservation) in [
        (Allocation::ScannedPool, whole),
        (Allocation::Pool, whole),
        (Allocation::ScannedPool, bounded),
        (Allocation::Pool, bounded),
        (Allocation::OnDemand, bounded),
    ] {
        let mut config = shared(reservation);
        config.allocation_strategy(match allocation {
            Allocation::ScannedPool => strategy(pool, Enabled::Yes),
            Allocation::Pool => strategy(pool, Enabled::No),
            Allocation::OnDemand => InstanceAllocationStrategy::OnDemand,
        });
        match Engine::new(&config) {
            Ok(engine) => return Ok((engine, allocation, reservation)),
            Err(error) => last = format!("{error:#}"),
        }
    }
    Err(EngineError::Wasmtime(last))
}

/// Where instances live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allocation {
    /// Reused slots, of which only the touched pages are reset.
    ScannedPool,
    /// Reused slots.
    Pool,
    /// Mapped for each call: slower, but needs no reserved address space.
    OnDemand,
}

fn shared(reservation: Reservation) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_opt_level(OptLevel::Speed)
        .memory_init_cow(true)
        .memory_reservation(reservation.bytes())
        .memory_guard_size(reservation.guard())
        .memory_reservation_for_growth(0)
        .memory_may_move(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(20))
        // Shows lines of the source for plugins that contain them.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .max_wasm_stack(512 << 10)
        .async_stack_size(2 << 20)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false);
    config
}

fn strategy(pool: &Pool, scan: Enabled) -> InstanceAllocationStrategy {
    let mut config = PoolingAllocationConfig::new();
    config
        .total_component_instances(pool.memories)
        .total_core_instances(pool.memories.saturating_mul(CORE_INSTANCES_MAX))
        .total_memories(pool.memories)
        .total_tables(pool.memories.saturating_mul(TABLES_PER_MEMORY))
        .total_stacks(pool.memories)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_memories_per_module(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_memory_size(pool.memory_bytes_max)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_unused_warm_slots(pool.warm_slots)
        .linear_memory_keep_resident(pool.keep_resident_bytes)
        .table_keep_resident(4 << 10)
        .async_stack_keep_resident(0)
        .pagemap_scan(scan);
    InstanceAllocationStrategy::Pooling(config)
}
