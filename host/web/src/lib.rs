//! What people and programs see of a host: pages, JSON API, live updates and metrics, all in one router.
//!
//! The router reads the daemon through [`Host`], which the daemon implements over its in-memory board and the
//! store's queries. This crate decides nothing about checks or alerts and keeps no state of its own.
//!
//! Everything that plugins and targets say is hostile text here: it is escaped where it is shown, no page runs inline
//! scripts, and a request must name this host and, from beyond loopback or for a write, carry the admin token.

mod host;
mod plugin;
mod reload;

mod access;
mod accounts;
mod admission;
mod alerts;
mod caller;
mod explain;
mod filter;
mod idempotency;
mod markers;
mod notes;
mod packing;
mod problem;
mod proxies;
mod router;
mod routes;
mod seen;
mod serve;
mod source;
mod status;
mod streams;
mod windows;

mod api;
mod metrics;
mod pages;
mod ping;
mod probes;
mod reply;

pub use access::{Access, AdminToken, LocalControl, OverTls, SignIn};
pub use accounts::first_admin;
pub use accounts::oidc::{ClientSecret, GroupRole, Oidc};
pub use host::{
    AuditCheck, AuditFilter, AuditPage, BackupStream, Cursor, DeadLetter, DeliveryFilter, DeliveryItem,
    DeliveryQuery, Hearing, HistoryQuery, Host, HostError, NotReady, OccasionQuery, Page, PageRequest,
    PingTaken, ResultQuery, SnapshotFacts, TransitionQuery, Write,
};
pub use metrics::{Histogram, Numbers};
pub use ping::public_router;
pub use plugin::{GenerationView, PluginEvent, PluginLife, PluginOrder, PluginView};
pub use reload::{ConfigProblem, ConfigRefused, ReloadMode, Reloaded, Severity};
pub use reply::{ReplyError, take as take_reply};
pub use router::{router, router_within};
pub use routes::{Right, routes};
pub use seen::{Line, Updates};
pub use serve::{Bounds, Caller, Transport, TurnedAway, serve};
pub use status::{Desk, own_link, shown};
pub use watchkeep_core::kind::PluginKind;
