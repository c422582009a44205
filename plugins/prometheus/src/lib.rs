//! The check `prometheus`: asks a Prometheus server (or what speaks its API: Thanos, Mimir, VictoriaMetrics) and holds what
//! it answers against thresholds, each series for itself.
//!
//! What the server says is judged. That it cannot be asked, or refuses the query, is a fault: the watched thing is not down.

mod answer;
mod config;
mod judge;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use answer::{Answer, read};
pub use config::Prometheus;

/// Keeps nothing between runs.
#[check(name = "prometheus", summary = "Queries a Prometheus server and compares the answer with thresholds")]
pub fn run(config: Prometheus, _: Run) -> Verdict {
    let answer = answer::ask(&config)?;
    Ok(judge::report(&config, answer))
}
