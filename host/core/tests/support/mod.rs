//! What the core's tests share: a small world that does what the daemon, the store and the engine would do.

#![allow(dead_code, reason = "each test program uses its own part of this")]

pub(crate) mod setup;
pub(crate) mod store;
pub(crate) mod world;
