//! The machine that the host runs on. Every reading needs a grant, such as `system = ["disks"]`.
//!
//! A counter since the machine started (seconds of its cores, bytes of a link) becomes a rate by keeping its previous
//! value in [`kv`](crate::kv).

use crate::backend;
use crate::ending::{Fault, Stop};

pub use crate::bindings::imports::watchkeep::plugin::system::{
    ClockState, Disk, FileHandleUse, Listener, Load, Memory, NetworkLink, Pressures, Process, RebootSign,
    RebootState, Stall, Stalls, SystemError, Temperature, Timer, Unit,
};

/// Mounted file systems that hold data.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn fullest() -> Result<Option<String>, system::SystemError> {
///     let disks = system::disks()?;
///     let fullest = disks.iter().filter(|disk| !disk.read_only).max_by(|a, b| a.used().total_cmp(&b.used()));
///     Ok(fullest.map(|disk| disk.mount.clone()))
/// }
/// ```
pub fn disks() -> Result<Vec<Disk>, SystemError> {
    backend::system_disks()
}

pub fn memory() -> Result<Memory, SystemError> {
    backend::system_memory_use()
}

pub fn load() -> Result<Load, SystemError> {
    backend::system_load_now()
}

pub fn links() -> Result<Vec<NetworkLink>, SystemError> {
    backend::system_links()
}

/// Units of systemd, by `*` and `?`: `nginx.service`, `backup-*.timer`. A unit that is asked for by its whole name is
/// returned even if it does not exist, with the load state `not-found`.
pub fn units(pattern: &str) -> Result<Vec<Unit>, SystemError> {
    backend::system_units(pattern)
}

/// Processes whose name matches, by `*` and `?`.
pub fn processes(pattern: &str) -> Result<Vec<Process>, SystemError> {
    backend::system_processes(pattern)
}

/// What work waited for. A kernel without it is `unsupported`.
pub fn pressure() -> Result<Pressures, SystemError> {
    backend::system_pressure()
}

/// Whether the machine's clock is kept right, by the kernel's own account.
pub fn clock_sync() -> Result<ClockState, SystemError> {
    backend::system_clock_sync()
}

pub fn file_handles() -> Result<FileHandleUse, SystemError> {
    backend::system_file_handles()
}

pub fn temperatures() -> Result<Vec<Temperature>, SystemError> {
    backend::system_temperatures()
}

/// By which signs the machine has to be started anew; there are none if nothing is known of it.
pub fn reboot_needed() -> Result<RebootState, SystemError> {
    backend::system_reboot_needed()
}

/// Sockets that wait for whoever comes.
pub fn listening() -> Result<Vec<Listener>, SystemError> {
    backend::system_listening()
}

/// Timers of systemd, by `*` and `?`: `backup-*.timer`. A timer that is asked for by its whole name is returned even if
/// it does not exist, with the load state `not-found`.
pub fn timers(pattern: &str) -> Result<Vec<Timer>, SystemError> {
    backend::system_timers(pattern)
}

impl Disk {
    /// The used part, from 0 to 1, of what is available to everybody: what is reserved for root counts as used.
    pub fn used(&self) -> f64 {
        1.0 - share(self.available, self.total)
    }
    /// The used part of the inodes, from 0 to 1; 0 for file systems that do not count them.
    pub fn inodes_used(&self) -> f64 {
        if self.inodes_total == 0 { 0.0 } else { 1.0 - share(self.inodes_free, self.inodes_total) }
    }
}

impl Memory {
    /// The used part, from 0 to 1.
    pub fn used(&self) -> f64 {
        1.0 - share(self.available, self.total)
    }
}

impl FileHandleUse {
    /// The used part, from 0 to 1.
    pub fn used(&self) -> f64 {
        share(self.allocated, self.max)
    }
}

impl Unit {
    pub fn is_active(&self) -> bool {
        self.active == "active"
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl SystemError {
    /// A fault: the machine could not be read, which says nothing about it.
    pub fn as_fault(&self) -> Fault {
        match self {
            SystemError::Denied(message) => Fault::Denied(message.clone()),
            SystemError::Unsupported(message) => Fault::Config(message.clone()),
            SystemError::Other(message) => Fault::Other(message.clone()),
        }
    }
}

/// `?` ends the run as a fault.
impl From<SystemError> for Stop {
    fn from(error: SystemError) -> Self {
        Stop::Fault(error.as_fault())
    }
}
