//! The check `grpc`: asks a gRPC server for its health by the protocol that all of them share (`grpc.health.v1`), for the server
//! as a whole or for single services.
//!
//! A server that cannot be reached, refuses or is not serving is critical. A right that is missing is a fault.

mod config;
mod health;
mod judge;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Grpc;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::health::{Serving, percent_decoded, serving};
}

/// Keeps nothing between runs.
#[check(name = "grpc", summary = "Queries a gRPC server's health, as a whole or by service")]
pub fn run(config: Grpc, run: Run) -> Verdict {
    judge::services(&config, run.scheduled_at)
}
