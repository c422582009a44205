//! What the daemon decides about the engine once, at start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::inheritance::Inheritance;
pub use watchkeep_core::limits::Limits;

/// How the compiling child is started: the daemon's own binary with its hidden subcommand.
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    pub program: PathBuf,
    pub args: Vec<OsString>,
}

/// How many calls may be under way at once. Each slot reserves address space, not memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pool {
    /// How many linear memories there are. A Rust plugin takes one, a Python plugin one or two.
    pub memories: u32,
    /// Bytes that one linear memory may grow to at most, whatever a plugin's own limit says.
    pub memory_bytes_max: usize,
    /// Bytes of each warm slot that stay resident between calls.
    pub keep_resident_bytes: usize,
    /// Unused slots that stay warm.
    pub warm_slots: u32,
}

impl Default for Pool {
    fn default() -> Self {
        Self { memories: 2_048, memory_bytes_max: 64 << 20, keep_resident_bytes: 64 << 10, warm_slots: 128 }
    }
}

/// Bounds on the compiling child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompileLimits {
    /// The size of a plugin file.
    pub file_bytes_max: usize,
    /// The address space of all children together, of which each gets a share.
    pub memory_bytes_max: u64,
    /// The processor time of one child. Its wall time is bounded to a few times as much.
    pub time_max: Duration,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { file_bytes_max: 64 << 20, memory_bytes_max: 4 << 30, time_max: Duration::from_secs(60) }
    }
}

#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The folder for compiled code and descriptions, created with mode 0700. Its contents are trusted as code.
    pub cache_dir: PathBuf,
    pub compiler: CompilerCommand,
    pub pool: Pool,
    pub compile: CompileLimits,
    /// PEM certificates that are trusted beside the public roots.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// How many sockets all calls together may hold.
    pub sockets_max: u32,
    /// Sent unless the plugin sets one.
    pub user_agent: String,
    pub systemd: Systemd,
    /// Where the folders `proc`, `sys`, `run`, `lib` and `boot` of the machine are that readings beside those of disks,
    /// memory, load, links and processes look into.
    pub machine_root: PathBuf,
    /// Settings of the host that the programs it starts get differently.
    pub inheritance: Inheritance,
}

/// How the running systemd is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Systemd {
    /// A file that exists only while systemd runs the machine.
    pub running: PathBuf,
    pub systemctl: PathBuf,
}

impl Default for Systemd {
    fn default() -> Self {
        let known = ["/usr/bin/systemctl", "/bin/systemctl", "/run/current-system/sw/bin/systemctl"];
        let found = known.into_iter().find(|path| Path::new(path).exists());
        Self {
            running: PathBuf::from("/run/systemd/system"),
            systemctl: PathBuf::from(found.unwrap_or(known[0])),
        }
    }
}

/// The default for work without a host. A host counts its descriptors first.
const SOCKETS_MAX: u32 = 384;

impl EngineOptions {
    pub fn new(cache_dir: impl Into<PathBuf>, compiler: CompilerCommand) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            compiler,
            pool: Pool::default(),
            compile: CompileLimits::default(),
            extra_roots_pem: Vec::new(),
            sockets_max: SOCKETS_MAX,
            user_agent: concat!("watchkeep/", env!("CARGO_PKG_VERSION")).to_owned(),
            systemd: Systemd::default(),
            machine_root: PathBuf::from("/"),
            inheritance: Inheritance::default(),
        }
    }
}
