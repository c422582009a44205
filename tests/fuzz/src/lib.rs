//! What the fuzzer runs: one function for each place where bytes of strangers come in. It panics where a promise is
//! broken. The targets (`targets/`) call these under the fuzzer; tests call them with the inputs of `corpus/`, those of
//! the engine among the engine's own tests.

mod config;
pub mod corpus;
mod detectify;
mod dns;
mod domain;
mod grants;
mod grpc;
mod journey;
mod ntp;
mod prometheus;
mod reputation;
mod smtp;
mod ssh;
mod starttls;
mod statuscake;
mod tls;

pub use config::config;
pub use detectify::detectify;
pub use dns::dns;
pub use domain::domain;
pub use grants::grants;
pub use grpc::grpc;
pub use journey::journey;
pub use ntp::ntp;
pub use prometheus::prometheus;
pub use reputation::reputation;
pub use smtp::smtp;
pub use ssh::ssh;
pub use starttls::starttls;
pub use statuscake::statuscake;
pub use tls::tls;
#[cfg(feature = "engine")]
pub use watchkeep_engine::fuzzing::{http_answer, plugin, report};

/// The names of the fuzzer's binaries and of their folders in `corpus/`.
pub const TARGETS: [&str; 18] = [
    "config",
    "detectify",
    "dns",
    "domain",
    "grants",
    "grpc",
    "http_answer",
    "journey",
    "ntp",
    "plugin",
    "prometheus",
    "report",
    "reputation",
    "smtp",
    "ssh",
    "starttls",
    "statuscake",
    "tls",
];
