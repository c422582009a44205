//! A Docker daemon, over a socket of this machine or over TCP: where it is, the version of its API that both sides know, and what
//! its refusals mean.
//!
//! ```
//! use watchkeep_sdk::docker::{Api, Daemon};
//! use watchkeep_sdk::prelude::*;
//!
//! #[derive(Config)]
//! struct Images {
//!     #[config(flatten)]
//!     daemon: Daemon,
//! }
//!
//! fn run(config: Images, _run: Run) -> Result<Report, Fault> {
//!     let fault = |refusal: watchkeep_sdk::docker::Refusal| refusal.fault("");
//!     let api = Api::open(&config.daemon, Duration::from_secs(5)).map_err(fault)?;
//!     let images = api.get("/images/json", &[]).map_err(fault)?;
//!     let count = images.as_array().map_or(0, |images| images.len());
//!     Ok(Report::ok(format!("{count} images")).metric("docker_images", count))
//! }
//!
//! use watchkeep_sdk::testing::{Answer, Host};
//! let ran = Host::new()
//!     .answer("GET unix:docker:/version", Answer::status(200).body(r#"{"ApiVersion":"1.41"}"#))
//!     .answer("GET unix:docker:/v1.41/images/json", Answer::status(200).body("[{}, {}]"))
//!     .check(run, r#"{"socket":"docker"}"#);
//! assert_eq!(ran.report().summary, "2 images");
//! ```

mod api;
mod daemon;
mod refusal;

pub use api::{ANSWER_BYTES_MAX, Api};
pub use daemon::Daemon;
pub use refusal::{Cause, Refusal};
