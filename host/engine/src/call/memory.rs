//! Bounds on everything that grows inside a guest, for all its memories and tables together. wasmtime's own limits
//! apply to each one separately.

use wasmtime::ResourceLimiter;

use crate::options::Limits;
use crate::wasm::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLES_MAX};

#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    bytes_max: usize,
    /// The size of one memory: what a slot of the pool holds.
    slot_bytes_max: usize,
    bytes: usize,
    elements_max: usize,
    elements: usize,
    refused: Option<Refused>,
}

/// What the guest last asked for and did not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Bytes of all memories together, or of one that was as large as a single memory may be.
    Memory { wanted: usize, allowed: usize },
    /// Elements of all tables together.
    Table { wanted: usize },
}

impl MemoryLimiter {
    pub(crate) fn new(limits: &Limits, slot_bytes_max: usize) -> Self {
        Self {
            bytes_max: limits.memory_bytes,
            slot_bytes_max,
            bytes: 0,
            elements_max: limits.table_elements,
            elements: 0,
            refused: None,
        }
    }
    /// A limiter that grants nothing, for where there is no guest.
    pub(crate) fn closed() -> Self {
        Self { bytes_max: 0, slot_bytes_max: 0, bytes: 0, elements_max: 0, elements: 0, refused: None }
    }
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.bytes.saturating_add(desired.saturating_sub(current));
        if total > self.bytes_max {
            self.refused = Some(Refused::Memory { wanted: total, allowed: self.bytes_max });
            return Ok(false);
        }
        let single_max = maximum.map_or(self.slot_bytes_max, |maximum| maximum.min(self.slot_bytes_max));
        if desired > single_max {
            self.refused = Some(Refused::Memory { wanted: desired, allowed: single_max });
            return Ok(false);
        }
        self.bytes = total;
        Ok(true)
    }
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.elements.saturating_add(desired.saturating_sub(current));
        if total > self.elements_max {
            self.refused = Some(Refused::Table { wanted: total });
            return Ok(false);
        }
        if maximum.is_none_or(|maximum| desired <= maximum) {
            self.elements = total;
        }
        Ok(true)
    }
    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }
    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }
    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}
