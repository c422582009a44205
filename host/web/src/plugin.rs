//! Plugins as the pages and the API show them.

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
    /// A file is being validated and compiled. If a generation ran before, it continues.
    Compiling {
        live: Option<GenerationView>,
        source: String,
    },
    Live(GenerationView),
    /// The generation is new and watched: if it fails where the one before did not, the host goes back to that one.
    Canary {
        live: GenerationView,
        previous: Digest,
    },
    /// A newer file asks for more than the one that runs, and waits for approval.
    PendingGrant {
        /// The running generation; `None` if its file was removed.
        live: Option<GenerationView>,
        source: String,
        digest: Digest,
        /// Exactly what an approval would allow it in addition, in order.
        asks: Vec<String>,
    },
    /// Checks or receivers name it, but it does not exist.
    Disabled,
    /// A newer file did not load, so the older generation continues.
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
    /// The path of the file below the plugin folder, or `bundled`.
    pub source: String,
    pub size_bytes: u64,
    pub since: Wall,
    /// What it asks for, one sentence each.
    pub requests: Vec<String>,
    /// What `[plugin.NAME.allow]` grants it, as `capability: pattern`.
    pub grants: Vec<String>,
    /// Whether it reads what was attached before, so that a snapshot can be accepted for it.
    pub reads_snapshots: bool,
}

/// What an operator can order about a plugin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PluginOrder {
    /// Let the waiting file run, if it has this digest and asks for exactly these rights.
    Approve { digest: String, rights: Vec<String> },
    /// Go back to the generation before the one that runs.
    RollBack,
}

/// A file that was not accepted, or a generation that was replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginEvent {
    pub at: Wall,
    pub file: String,
    pub digest: Option<Digest>,
    /// How far the file came: `read`, `inspect`, `compile`, `link`, `describe`, `config`, `grant`, `canary` ...
    pub stage: &'static str,
    pub message: String,
    pub hint: Option<String>,
}

impl PluginLife {
    /// The generation that runs.
    pub fn live(&self) -> Option<&GenerationView> {
        match self {
            PluginLife::Live(live) | PluginLife::Canary { live, .. } | PluginLife::Kept { live, .. } => {
                Some(live)
            }
            PluginLife::PendingGrant { live, .. } | PluginLife::Compiling { live, .. } => live.as_ref(),
            PluginLife::Disabled | PluginLife::Failed { .. } => None,
        }
    }
    /// Why nothing runs under the name, for a sentence that begins with the plugin; `None` if something does.
    pub fn absence(&self) -> Option<String> {
        match self {
            PluginLife::Compiling { live: None, source } => Some(format!("`{source}` is being compiled")),
            PluginLife::PendingGrant { live: None, source, .. } => {
                Some(format!("`{source}` asks for more than it may, and waits to be approved"))
            }
            PluginLife::Disabled => {
                Some("there is neither a file nor a bundled plugin of this name".to_owned())
            }
            PluginLife::Failed { source, problem } => Some(format!("`{source}` failed: {problem}")),
            PluginLife::Live(_)
            | PluginLife::Canary { .. }
            | PluginLife::Kept { .. }
            | PluginLife::Compiling { live: Some(_), .. }
            | PluginLife::PendingGrant { live: Some(_), .. } => None,
        }
    }
    /// The file that waits for approval.
    pub fn waiting(&self) -> Option<Digest> {
        match self {
            PluginLife::PendingGrant { digest, .. } => Some(*digest),
            PluginLife::Compiling { .. }
            | PluginLife::Live(_)
            | PluginLife::Canary { .. }
            | PluginLife::Disabled
            | PluginLife::Kept { .. }
            | PluginLife::Failed { .. } => None,
        }
    }
    pub fn problem(&self) -> Option<&str> {
        match self {
            PluginLife::Kept { problem, .. } | PluginLife::Failed { problem, .. } => Some(problem),
            PluginLife::Compiling { .. }
            | PluginLife::Live(_)
            | PluginLife::Canary { .. }
            | PluginLife::PendingGrant { .. }
            | PluginLife::Disabled => None,
        }
    }
    pub const fn as_str(&self) -> &'static str {
        match self {
            PluginLife::Compiling { .. } => "compiling",
            PluginLife::Live(_) => "live",
            PluginLife::Canary { .. } => "canary",
            PluginLife::PendingGrant { .. } => "pending-grant",
            PluginLife::Disabled => "disabled",
            PluginLife::Kept { .. } => "kept",
            PluginLife::Failed { .. } => "failed",
        }
    }
}
