//! Runs a plugin's logic natively, against a host that answers by a script.
//!
//! ```
//! use watchkeep_sdk::prelude::*;
//! use watchkeep_sdk::testing::{Answer, Host};
//!
//! #[derive(Config)]
//! struct Page {
//!     #[config(grants = "http")]
//!     url: String,
//! }
//!
//! fn run(config: Page, _run: Run) -> Verdict {
//!     let page = http::get(&config.url).send()?;
//!     Ok(if page.is_success() { Report::ok("there") } else { Report::critical("gone") })
//! }
//!
//! let ran = Host::new()
//!     .answer("GET https://example.com/", Answer::status(404))
//!     .check(run, r#"{"url": "https://example.com/"}"#);
//! assert_eq!(ran.report().summary, "gone");
//! ```
//!
//! The host is strict: a call that is not in the script fails the test, and so does an answer that is not used. Nothing
//! here waits; time is what the answers say it is.

mod answer;
pub(crate) mod backend;
mod calls;
mod dialogue;
mod host;
mod kept;
mod machine;
mod presses;
mod ran;
mod refused;
mod reply;
mod samples;
mod script;
mod signed;
mod system;
mod table;

pub use answer::Answer;
pub use dialogue::Dialogue;
pub use host::Host;
pub use ran::{LogLine, Ran};
pub use reply::{
    Datagrams, Reply, disk, dns_answer, echoes, hashing, listener, output, process, timer, tls_facts, unit,
};
pub use samples::{NOW, alert, certificate, notification, occasion, picture, schema};
pub use table::{config_table, page};
