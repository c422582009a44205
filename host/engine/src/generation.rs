//! One loaded version of a plugin, ready to be called. Immutable; calls under way keep the one they began with.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::kind::PluginKind;

use crate::call::CallState;
use crate::contract::{ActingPre, CheckingPre, DescribedPre, ListeningPre, NotifyingPre};
use crate::interfaces::wasi::Wasi;
use crate::load::KindName;

/// A right that a plugin asks for besides those that its config fields name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// An import's name (`http`).
    pub capability: String,
    /// In the grant grammar of that capability.
    pub target: String,
    pub reason: String,
}

pub struct Generation {
    pub digest: Digest,
    /// A file, or `bundled`.
    pub source_name: String,
    pub name: PluginName,
    pub version: String,
    pub kind: PluginKind,
    pub summary: String,
    /// JSON Schema of the plugin's config.
    pub schema: serde_json::Value,
    pub requests: Vec<Request>,
    /// Bytes of the file.
    pub size: usize,
    /// Interfaces that it imports, without package and version (`http`, `log`).
    pub imports: Vec<String>,
    /// The version of the contract that it was built for; `None` for a program.
    pub contract: Option<String>,
    /// For messages: "plugin `http` (generation 0123456789ab)".
    pub(crate) label: Arc<str>,
    pub(crate) plugin: Arc<str>,
    /// Slots of the pool that one call takes.
    pub(crate) weight: u32,
    pub(crate) wasi: WasiUse,
    /// `None` for a program, which cannot describe itself.
    pub(crate) described: Option<DescribedPre<CallState>>,
    pub(crate) entry: Entry,
}

impl Generation {
    /// For messages: "plugin `http` (generation 0123456789ab)".
    pub fn label(&self) -> &str {
        &self.label
    }
    /// The world of the contract that it fits.
    pub const fn world(&self) -> &'static str {
        match self.entry {
            Entry::Check(_) => "watchkeep:plugin/check-plugin",
            Entry::Notifier { listen: None, .. } => "watchkeep:plugin/notifier-plugin",
            Entry::Notifier { listen: Some(_), .. } => "watchkeep:plugin/listening-notifier-plugin",
            Entry::Action(_) => "watchkeep:plugin/action-plugin",
            Entry::Program(_) => "wasi:cli/command",
        }
    }
}

/// What is called for the plugin to do its work.
pub(crate) enum Entry {
    Check(CheckingPre<CallState>),
    Notifier {
        deliver: NotifyingPre<CallState>,
        /// If it hears of pressed buttons.
        listen: Option<ListeningPre<CallState>>,
    },
    Action(ActingPre<CallState>),
    /// A program of the Nagios convention, run as a check.
    Program(CommandPre<CallState>),
}

/// Whether a plugin imports WASI. Only then is it linked with WASI, and only then do its calls carry it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WasiUse {
    None,
    Imported,
}

impl WasiUse {
    /// What the calls of a plugin that is not a program carry.
    pub(crate) fn of_call(self) -> Wasi {
        match self {
            WasiUse::None => Wasi::Unused,
            WasiUse::Imported => Wasi::Empty,
        }
    }
}

impl Entry {
    pub(crate) fn new(kind: KindName, listens: bool, pre: InstancePre<CallState>) -> wasmtime::Result<Entry> {
        Ok(match kind {
            KindName::Check => Entry::Check(CheckingPre::new(pre)?),
            KindName::Notifier => Entry::Notifier {
                listen: listens.then(|| ListeningPre::new(pre.clone())).transpose()?,
                deliver: NotifyingPre::new(pre)?,
            },
            KindName::Action => Entry::Action(ActingPre::new(pre)?),
            KindName::Program => Entry::Program(CommandPre::new(pre)?),
        })
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("digest", &self.digest)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
