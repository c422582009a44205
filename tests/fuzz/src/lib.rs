//! What the fuzzer runs: one function for each place where bytes of strangers come in. It panics where a promise is
//! broken. The targets (`targets/`) call these under the fuzzer; tests call them with the inputs of `corpus/`, those of
//! the engine among the engine's own tests.

mod camera;
mod config;
pub mod corpus;
mod dbus;
mod detectify;
mod dns;
mod docker;
mod domain;
mod grants;
mod grpc;
mod journey;
mod mqtt;
mod ntp;
mod onvif;
mod prometheus;
mod quality;
mod reboot;
mod reputation;
mod smtp;
mod snapshot;
mod snmp;
mod ssh;
mod starttls;
mod statuscake;
mod tls;
mod vpn;
mod websocket;

pub use camera::camera;
pub use config::config;
pub use dbus::dbus;
pub use detectify::detectify;
pub use dns::dns;
pub use docker::docker;
pub use domain::domain;
pub use grants::grants;
pub use grpc::grpc;
pub use journey::journey;
pub use mqtt::mqtt;
pub use ntp::ntp;
pub use onvif::onvif;
pub use prometheus::prometheus;
pub use quality::quality;
pub use reboot::reboot;
pub use reputation::reputation;
pub use smtp::smtp;
pub use snapshot::snapshot;
pub use snmp::snmp;
pub use ssh::ssh;
pub use starttls::starttls;
pub use statuscake::statuscake;
pub use tls::tls;
pub use vpn::vpn;
#[cfg(feature = "engine")]
pub use watchkeep_engine::fuzzing::{http_answer, plugin, report};
pub use websocket::websocket;

/// The names of the fuzzer's binaries and of their folders in `corpus/`.
pub const TARGETS: [&str; 29] = [
    "camera",
    "config",
    "dbus",
    "detectify",
    "dns",
    "docker",
    "domain",
    "grants",
    "grpc",
    "http_answer",
    "journey",
    "mqtt",
    "ntp",
    "onvif",
    "plugin",
    "prometheus",
    "quality",
    "reboot",
    "report",
    "reputation",
    "smtp",
    "snapshot",
    "snmp",
    "ssh",
    "starttls",
    "statuscake",
    "tls",
    "vpn",
    "websocket",
];
