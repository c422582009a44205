//! Bounds on everything that grows inside a guest, over all its memories and tables together: wasmtime's own
//! limits hold for each on its own.

use wasmtime::ResourceLimiter;

use crate::wasm::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLES_MAX};

#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    bytes_max: usize,
    bytes: usize,
    elements_max: usize,
    elements: usize,
    refused: Option<Refused>,
}

/// What the guest wanted last and did not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Bytes of all memories together.
    Memory { wanted: usize },
    /// Elements of all tables together.
    Table { wanted: usize },
}

impl MemoryLimiter {
    pub(crate) fn new(bytes_max: usize, elements_max: usize) -> Self {
        Self { bytes_max, bytes: 0, elements_max, elements: 0, refused: None }
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
            self.refused = Some(Refused::Memory { wanted: total });
            return Ok(false);
        }
        // The module's own maximum refuses it anyway: not to be counted.
        if maximum.is_none_or(|maximum| desired <= maximum) {
            self.bytes = total;
        }
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
