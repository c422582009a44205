//! What one run of a plugin may use.

use std::time::Duration;

/// The bounds and defaults are in the table of keys, section `plugin.NAME.limits`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// All linear memories and tables of one run together.
    pub memory_bytes: u64,
    /// Processor time of one run.
    pub cpu: Duration,
    /// Calls of one run into the host.
    pub host_calls: u32,
    /// HTTP requests of one run, redirects not counted.
    pub http_requests: u32,
    /// Streams open at once.
    pub connections: u32,
    /// Read and written over streams and datagrams.
    pub net_bytes: u64,
    /// Datagrams sent and taken.
    pub datagrams: u32,
    /// Questions to name servers.
    pub dns_queries: u32,
    /// Echo requests.
    pub echoes: u32,
    /// Read of files; hashing does not count.
    pub file_bytes: u64,
    /// Programs that one run may start.
    pub commands: u32,
    /// Keys and values that one check may keep.
    pub kv_bytes: u64,
    /// Log lines of one run; further ones are counted and dropped.
    pub log_lines: u32,
    /// Runs of the plugin under way at once.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            cpu: Duration::from_secs(1),
            host_calls: 1_000,
            http_requests: 100,
            connections: 16,
            net_bytes: 16 << 20,
            datagrams: 1_000,
            dns_queries: 500,
            echoes: 100,
            file_bytes: 64 << 20,
            commands: 10,
            kv_bytes: 1 << 20,
            log_lines: 100,
            concurrency: 256,
        }
    }
}
