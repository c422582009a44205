//! Plugins as pages and API show them.

use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::kind::PluginKind;
use watchkeep_core::time::Wall;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginView {
    pub name: PluginName,
    pub life: PluginLife,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PluginLife {
    /// Being validated or compiled, nothing runs yet.
    Loading {
        source: String,
    },
    Live(GenerationView),
    /// A newer file did not load: the older generation goes on.
    Kept {
        live: GenerationView,
        problem: String,
    },
    Failed {
        source: String,
        problem: String,
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerationView {
    pub digest: Digest,
    pub kind: PluginKind,
    pub version: String,
    pub summary: String,
    /// A file below the plugin folder, or `bundled`.
    pub source: String,
    pub size_bytes: u64,
    pub since: Wall,
    /// What it asks for, one sentence each.
    pub requests: Vec<String>,
    /// What `[plugin.NAME.allow]` grants it, as `capability: pattern`.
    pub grants: Vec<String>,
}

impl PluginLife {
    /// What runs now.
    pub fn live(&self) -> Option<&GenerationView> {
        match self {
            PluginLife::Live(live) | PluginLife::Kept { live, .. } => Some(live),
            PluginLife::Loading { .. } | PluginLife::Failed { .. } => None,
        }
    }
    pub fn problem(&self) -> Option<&str> {
        match self {
            PluginLife::Kept { problem, .. } | PluginLife::Failed { problem, .. } => Some(problem),
            PluginLife::Loading { .. } | PluginLife::Live(_) => None,
        }
    }
    pub const fn as_str(&self) -> &'static str {
        match self {
            PluginLife::Loading { .. } => "loading",
            PluginLife::Live(_) => "live",
            PluginLife::Kept { .. } => "kept",
            PluginLife::Failed { .. } => "failed",
        }
    }
}
