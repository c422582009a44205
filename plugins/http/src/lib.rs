//! The check `http`: fetches a URL and judges the answer by its status, its text, its JSON, its certificate and
//! its speed.
//!
//! A target that cannot be reached, whose certificate is not trusted, or that redirects to where nobody can follow is
//! critical. A right that is missing for the URL itself, or a limit of the host, is a fault: it says nothing of the target.

mod assertion;
mod config;
mod exchange;
mod headers;
mod judge;
mod metrics;
mod number;
mod status;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Http;

/// Keeps nothing between runs: what the answer is judged by stands in the config.
#[check(name = "http", summary = "Fetches a URL and judges status, content, certificate and response time")]
pub fn run(config: Http, run: Run) -> Verdict {
    judge::exchange(&config, &exchange::fetch(&config), run.scheduled_at)
}
