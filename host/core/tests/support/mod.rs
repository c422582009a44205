//! What the core's tests share: a small world that does what the daemon, the store and the engine would do.

#![allow(dead_code, reason = "each test program uses its own part of this")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a trace is asked for by the environment; only what decides must know none"
)]

pub(crate) mod play;
pub(crate) mod random;
pub(crate) mod recoveries;
pub(crate) mod setup;
pub(crate) mod store;
pub(crate) mod watchman;
pub(crate) mod world;
