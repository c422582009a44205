//! One loaded version of a plugin, ready to be called. Immutable; calls under way keep the one they began with.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::InstancePre;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::kind::PluginKind;

use crate::call::CallState;
use crate::contract::{CheckingPre, DescribedPre, NotifyingPre};

/// A right that a plugin asks for beside what its config fields name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// An import's name (`http`).
    pub capability: String,
    /// In that capability's grant grammar.
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
    /// For messages: "plugin `http` (generation 0123456789ab)".
    pub(crate) label: Arc<str>,
    pub(crate) plugin: Arc<str>,
    /// Slots of the pool that one call takes.
    pub(crate) weight: u32,
    pub(crate) described: DescribedPre<CallState>,
    pub(crate) entry: Entry,
}

/// What is called when the plugin does its work.
pub(crate) enum Entry {
    Check(CheckingPre<CallState>),
    Notifier(NotifyingPre<CallState>),
}

impl Entry {
    pub(crate) fn new(kind: PluginKind, pre: InstancePre<CallState>) -> wasmtime::Result<Option<Entry>> {
        Ok(match kind {
            PluginKind::Check => Some(Entry::Check(CheckingPre::new(pre)?)),
            PluginKind::Notifier => Some(Entry::Notifier(NotifyingPre::new(pre)?)),
            PluginKind::Action => None,
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
