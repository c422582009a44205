//! Storage. One redb file below the data folder holds results, transitions, open alerts, groups, the outbox, the
//! history of deliveries, decisions, actions, silences and maintenance, plugins' key-value pairs, who may use the host
//! and the log of what they did.
//!
//! Invariants:
//! - Commits become durable in the order in which they were sent, each one whole or not at all.
//! - What `Progress::Durable` announced is on disk: every transaction is synced before it is announced.
//! - A transaction that failed is kept in memory and tried again. Only results that were not promised to anybody are
//!   dropped, oldest first, beyond a bound, and counted.
//! - No row is read whose version this crate does not know.
//!
//! It decides nothing: what to write comes as a `Commit`, what time it is comes from `Options::wall_clock`.
//! The format is described in docs/format.md.

mod clock;
mod error;
mod options;
mod progress;

mod meta;
mod row;
mod tables;

mod blobs;
mod file;
mod guard;
mod names;
mod shared;
mod stretches;

mod appender;
mod apply;
mod index;

mod merge;
mod pack;
mod packing;
mod retention;
mod rollup;
mod trust;
mod upkeep;

mod query;
mod restore;
mod stats;
mod store;

mod audit;
mod backup;
mod erase;

mod inbox;
mod pending;
mod writer;

pub use appender::Appender;
pub use audit::Violation;
pub use backup::{BackupError, BackupFacts};
pub use blobs::BlobError;
pub use erase::{EraseError, EraseMode, Erased, erase};
pub use error::{OpenError, ReadError, Unwritten, WriteError};
pub use options::{Backend, Options, Retention};
pub use progress::Progress;
pub use query::{
    ActionsQuery, AuditHead, AuditQuery, Cursor, DeliveriesQuery, DeliveryFilter, EVER, HistoryQuery, Page,
    ResultsQuery, Sample, SamplesQuery, Snapshot, StoredDelivery, TransitionsOf, TransitionsQuery,
};
pub use stats::{Histogram, RowCounts, Stats, TableSpace};
pub use store::Store;
pub use upkeep::Upkeep;
pub use writer::Writer;
