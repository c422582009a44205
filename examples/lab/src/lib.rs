//! Things to watch, and a place where notices arrive, all on loopback: what a newcomer needs in order to see an
//! alert come and go without an account anywhere, and what end-to-end tests run against.
//!
//! Each part is a server of its own with a port of its own, so that each can be watched, slowed and stopped
//! apart. The lab knows nothing of Watchkeep: it is the world outside.

pub mod certificate;
pub mod inbox;
pub mod lab;
mod part;
pub mod sites;

pub use lab::{Lab, LabError, Options, Ports};
