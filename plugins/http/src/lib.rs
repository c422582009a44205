//! The check `http`: fetches a URL, or several after each other, and judges the answers by their status, headers, text, JSON,
//! certificates and speed.
//!
//! A target that cannot be reached, whose certificate is not trusted, or that redirects to where nobody can follow is
//! critical. A right that is missing for the URL itself, or a limit of the host, is a fault: it says nothing of the target.

mod config;
mod exchange;
mod expect;
mod journey;
mod judge;
mod metrics;
mod tries;
mod veil;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Http;

/// Keeps nothing between runs: what the answer is judged by stands in the config.
#[check(name = "http", summary = "Fetches URLs and judges status, content, certificate and response time")]
pub fn run(config: Http, run: Run) -> Verdict {
    tries::all(&config.0, run.scheduled_at)
}
