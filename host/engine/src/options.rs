//! What the daemon decides about the engine once, at start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the compiling child is started: the daemon's own binary with its hidden subcommand.
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    pub program: PathBuf,
    pub args: Vec<OsString>,
}

/// How many calls may be under way at once. Each slot reserves address space, not memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pool {
    /// Linear memories; a Rust plugin takes one, a Python plugin one or two.
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
    /// Of a plugin file.
    pub file_bytes_max: usize,
    /// Address space of the child.
    pub memory_bytes_max: u64,
    /// Wall time; CPU time is bounded to the same.
    pub time_max: Duration,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { file_bytes_max: 64 << 20, memory_bytes_max: 4 << 30, time_max: Duration::from_secs(60) }
    }
}

#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Compiled code and descriptions; created with mode 0700. What lies in it is trusted as code.
    pub cache_dir: PathBuf,
    pub compiler: CompilerCommand,
    pub pool: Pool,
    pub compile: CompileLimits,
    /// PEM certificates that are trusted beside the public roots.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Sockets that all calls together may hold.
    pub sockets_max: u32,
    /// Sent unless the plugin sets one.
    pub user_agent: String,
    pub systemd: Systemd,
}

/// How the running systemd is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Systemd {
    /// There only while systemd runs the machine.
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

impl EngineOptions {
    pub fn new(cache_dir: impl Into<PathBuf>, compiler: CompilerCommand) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            compiler,
            pool: Pool::default(),
            compile: CompileLimits::default(),
            extra_roots_pem: Vec::new(),
            sockets_max: crate::network::sockets::sockets_max(),
            user_agent: concat!("watchkeep/", env!("CARGO_PKG_VERSION")).to_owned(),
            systemd: Systemd::default(),
        }
    }
}

/// What one call of a plugin may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of all linear memories together.
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// CPU time of the thread while the guest or a host call for it computes.
    pub cpu: Duration,
    /// Host calls of any kind.
    pub host_calls: u32,
    /// Bytes that one host call may hand over.
    pub call_bytes: usize,
    /// Lines of log; further ones are counted and dropped.
    pub log_lines: u32,
    /// Exchanges of `http`, redirects not counted.
    pub http_requests: u32,
    /// Decoded bytes of one HTTP body, whatever the plugin asks for.
    pub http_body_bytes: u64,
    /// Streams of `net` open at once.
    pub connections: u32,
    /// Bytes that `net` may read and write.
    pub net_bytes: u64,
    /// Datagrams that `net` may send and take.
    pub datagrams: u32,
    /// Questions to name servers.
    pub dns_queries: u32,
    /// Echo requests.
    pub echoes: u32,
    /// Bytes of all keys and values that one call may write.
    pub kv_bytes: usize,
    /// Bytes of one kv value.
    pub kv_value_bytes: usize,
    /// Keys of one scope.
    pub kv_keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            cpu: Duration::from_secs(2),
            host_calls: 10_000,
            call_bytes: 16 << 20,
            log_lines: 200,
            http_requests: 100,
            http_body_bytes: 8 << 20,
            connections: 16,
            net_bytes: 16 << 20,
            datagrams: 1_000,
            dns_queries: 500,
            echoes: 100,
            kv_bytes: 1 << 20,
            kv_value_bytes: 256 << 10,
            kv_keys: 1_000,
        }
    }
}
