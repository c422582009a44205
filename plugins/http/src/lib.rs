//! The check `http`: fetches a URL and judges the answer by its status, its text, its JSON, its certificate and
//! its speed.
//!
//! A target that cannot be reached, or whose certificate is not trusted, is critical. A right that is missing, or
//! a limit of the host, is a fault: it says nothing of the target.

mod assertion;
mod config;
mod exchange;
mod judge;
mod metrics;
mod pointer;
mod status;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Http;

/// Keeps nothing between runs: what the answer is judged by stands in the config.
#[check(name = "http", summary = "Fetches a URL and judges status, content, certificate and response time")]
pub fn run(config: Http, run: Run) -> Verdict {
    match exchange::send(&config) {
        Ok(response) => judge::response(&config, &response, run.scheduled_at),
        Err(failure) => judge::failure(&config, &failure),
    }
}
