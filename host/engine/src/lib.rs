//! Runs plugins: loads a component, calls it in a sandbox under grants and limits, and says how the call ended.
//!
//! In the order in which a plugin meets them: `load` makes a `Generation` from bytes (in a child process, because the
//! bytes are hostile); `call` runs one export in a store of its own and classifies how it ended; `interfaces` are what
//! a guest may call, each call decided by `watchkeep_core::grant`; `http` is the broker that speaks HTTP for guests;
//! `network` is shared by all that uses the network, `machine` by all that uses files and programs; `tape` records
//! answers to host calls, or gives recorded ones; `shortage` distinguishes what this machine lacked from what a target
//! did.
//!
//! Invariants: a guest's fault never stops the host; nothing of one call is left for the next; only a report
//! judges the target; compiled code is only ever read from the engine's own folder; no secret reaches a guest
//! that may not reveal it, and none leaves by a report, a log line, a kv value or an error.

mod contract;
mod error;
mod inheritance;
mod open_files;
mod options;
mod ports;

mod engine;
mod ticker;
mod wasm;

mod generation;
mod load;

mod call;
mod interfaces;
mod tape;

mod http;
mod machine;
mod network;
mod places;
mod shortage;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use call::{Acted, ActionCall, Attempted, CheckCall, ConfigProblem, Ended, ListenCall, NotifierCall};
pub use engine::Engine;
pub use error::{EngineError, LoadError, LoadStage};
pub use generation::{Generation, Request};
pub use inheritance::{HugePages, Inheritance};
pub use interfaces::replies::{Invited, Taker};
pub use load::compile_child_main;
pub use open_files::{OpenFiles, raise_open_files};
pub use options::{CompileLimits, CompilerCommand, EngineOptions, Limits, Pool, Systemd};
pub use ports::{
    KeptSnapshot, KvReadError, KvReader, NoSnapshots, Ports, Secret, SecretSource, SnapshotReadError,
    SnapshotReader, Which,
};
pub use tape::{RecordedCall, Refused, Tape};
pub use wasm::Allocation;
pub use watchkeep_core::kind::PluginKind;
