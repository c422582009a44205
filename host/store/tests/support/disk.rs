//! A disk in memory. What is written is lost at a power cut unless it was synced. It can be told to fail its n-th
//! operation, or to be full.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;
use watchkeep_store::Backend;

#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    cached: Vec<u8>,
    synced: Vec<u8>,
    /// Written since the last sync.
    dirty: Vec<Range<usize>>,
    operations: u64,
    fault: Fault,
    syncs: u64,
    written: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The operation with this number fails, once.
    Once(u64),
    /// Every write and sync fails.
    Full,
    /// Everything fails.
    Dead,
    /// The operation with this number panics, as a bug in a library would.
    Panic(u64),
}

impl Disk {
    pub(crate) fn backend(&self) -> Backend {
        let disk = self.clone();
        Arc::new(move || Ok(Box::new(disk.clone()) as Box<dyn StorageBackend>))
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fault = fault;
    }

    /// Writes, syncs and changes of length so far.
    pub(crate) fn operations(&self) -> u64 {
        self.state().operations
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    pub(crate) fn bytes_written(&self) -> u64 {
        self.state().written
    }

    /// The disk as it is after a power cut: what was not synced is gone.
    pub(crate) fn after_power_cut(&self) -> Disk {
        let synced = self.state().synced.clone();
        Disk(Arc::new(Mutex::new(State { cached: synced.clone(), synced, ..State::default() })))
    }

    /// The disk as it is after the process died: the system still writes what it was given.
    pub(crate) fn after_kill(&self) -> Disk {
        let cached = self.state().cached.clone();
        Disk(Arc::new(Mutex::new(State { synced: cached.clone(), cached, ..State::default() })))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.state();
        let number = state.operations;
        state.operations += 1;
        match state.fault {
            Fault::Once(at) if at == number => {
                state.fault = Fault::None;
                return Err(io::Error::other("injected"));
            }
            Fault::Panic(at) if at == number => {
                state.fault = Fault::None;
                drop(state);
                panic!("injected");
            }
            Fault::Full => return Err(io::ErrorKind::StorageFull.into()),
            Fault::Dead => return Err(io::Error::other("gone")),
            Fault::None | Fault::Once(_) | Fault::Panic(_) => {}
        }
        change(&mut state);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.fault == Fault::Dead {
            return Err(io::Error::other("gone"));
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let from = state.cached.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.change(|state| state.cached.resize(len, 0))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(|state| {
            state.synced.resize(state.cached.len(), 0);
            for range in std::mem::take(&mut state.dirty) {
                // A file may have become shorter since.
                if let Some(bytes) = state.cached.get(range.clone()) {
                    state.synced[range].copy_from_slice(bytes);
                }
            }
            state.syncs += 1;
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        self.change(|state| {
            let range = start..start + data.len();
            state.cached[range.clone()].copy_from_slice(data);
            state.dirty.push(range);
            state.written += data.len() as u64;
        })
    }
}
