//! Write Watchkeep plugins in Rust.
//!
//! A check is a function from a config and a run to a report; a notifier is one from a config and a notification to the
//! service's id. The attributes turn it into a WebAssembly component:
//!
//! ```
//! use watchkeep_sdk::prelude::*;
//!
//! #[derive(Config)]
//! struct Page {
//!     /// The page to fetch.
//!     #[config(grants = "http")]
//!     url: String,
//! }
//!
//! #[check(name = "page", summary = "Fetches a page")]
//! fn run(config: Page, _run: Run) -> Verdict {
//!     let page = http::get(&config.url).send()?;
//!     let report = if page.status == 200 { Report::ok("page is there") } else { Report::critical("page is gone") };
//!     Ok(report.metric("probe_duration_seconds", page.elapsed()))
//! }
//! # fn main() {}
//! ```
//!
//! `cargo test` runs such a function natively against a scripted host ([`testing::Host`]); the crate `watchkeep-build`
//! builds the component. A component imports only what the plugin calls, so the operator sees exactly what it asks for.
//!
//! Every host call goes through one switch: the contract's imports in a component, the scripted host elsewhere.

extern crate self as watchkeep_sdk;

#[doc(hidden)]
pub mod bindings;

pub mod action;
pub mod config;
mod counts;
mod ending;
pub mod glue;
mod manifest;
#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod memory;
mod notification;
#[cfg(all(target_family = "wasm", watchkeep_panics))]
mod panics;
mod report;

mod backend;
pub mod clock;
pub mod commands;
pub mod dns;
pub mod docker;
pub mod files;
pub mod http;
pub mod icmp;
pub mod kv;
pub mod log;
pub mod mail;
pub mod net;
#[cfg(feature = "onvif")]
pub mod onvif;
pub mod openvpn;
#[cfg(feature = "picture")]
pub mod picture;
pub mod pictures;
pub mod prelude;
pub mod random;
pub mod replies;
pub mod secrets;
pub mod signatures;
pub mod snapshots;
pub mod system;
mod transport;
#[cfg(feature = "websocket")]
pub mod websocket;
pub mod wording;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

/// The pages about the interfaces, whose examples are run.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/authoring/actions.md")]
    mod actions {}
    #[doc = include_str!("../../../docs/authoring/interfaces/dns.md")]
    mod dns {}
    #[doc = include_str!("../../../docs/authoring/interfaces/files.md")]
    mod files {}
    #[doc = include_str!("../../../docs/authoring/interfaces/commands.md")]
    mod commands {}
    #[doc = include_str!("../../../docs/authoring/interfaces/http.md")]
    mod http {}
    #[doc = include_str!("../../../docs/authoring/interfaces/icmp.md")]
    mod icmp {}
    #[doc = include_str!("../../../docs/authoring/interfaces/net.md")]
    mod net {}
    #[doc = include_str!("../../../docs/authoring/interfaces/clock.md")]
    mod clock {}
    #[doc = include_str!("../../../docs/authoring/interfaces/kv.md")]
    mod kv {}
    #[doc = include_str!("../../../docs/authoring/interfaces/log.md")]
    mod log {}
    #[doc = include_str!("../../../docs/authoring/interfaces/pictures.md")]
    mod pictures {}
    #[doc = include_str!("../../../docs/authoring/interfaces/random.md")]
    mod random {}
    #[doc = include_str!("../../../docs/authoring/interfaces/replies.md")]
    mod replies {}
    #[doc = include_str!("../../../docs/authoring/interfaces/secrets.md")]
    mod secrets {}
    #[doc = include_str!("../../../docs/authoring/interfaces/signatures.md")]
    mod signatures {}
    #[doc = include_str!("../../../docs/authoring/interfaces/snapshots.md")]
    mod snapshots {}
    #[doc = include_str!("../../../docs/authoring/interfaces/system.md")]
    mod system {}
}

pub use action::{Effect, Occasion, Step, Unable};
pub use counts::{Counts, Growth};
pub use ending::{Ending, Fault, Stop, Verdict};
pub use manifest::{Manifest, Request};
pub use notification::{Alert, DeliveryError, Notice, Notification, NotificationKind, Picture};
pub use report::{
    Attachment, Complaints, Event, Finding, Label, Measured, Metric, Range, Report, Run, Severity, State,
    clipped,
};
pub use watchkeep_sdk_macros::{Config, action, check, notifier};
