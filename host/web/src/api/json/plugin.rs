//! A plugin, and the generation of it that runs.

use serde::Serialize;

use super::time;
use crate::plugin::{GenerationView, PluginEvent, PluginLife, PluginView};

#[derive(Serialize)]
pub(crate) struct PluginItem {
    name: String,
    status: &'static str,
    problem: Option<String>,
    pending: Option<Pending>,
    generation: Option<GenerationItem>,
    checks: usize,
    receivers: usize,
}

/// What an approval has to name.
#[derive(Serialize)]
struct Pending {
    source: String,
    digest: String,
    rights: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct PluginEventItem {
    at: String,
    file: String,
    digest: Option<String>,
    stage: &'static str,
    message: String,
    hint: Option<String>,
}

impl PluginEventItem {
    pub(crate) fn of(event: PluginEvent) -> Self {
        let PluginEvent { at, file, digest, stage, message, hint } = event;
        Self { at: time(at), file, digest: digest.map(|digest| digest.to_string()), stage, message, hint }
    }
}

#[derive(Serialize)]
struct GenerationItem {
    digest: String,
    kind: &'static str,
    version: String,
    summary: String,
    source: String,
    size_bytes: u64,
    since: String,
    requests: Vec<String>,
    grants: Vec<String>,
}

impl PluginItem {
    pub(crate) fn of(plugin: &PluginView, checks: usize, receivers: usize) -> Self {
        let generation = |live: &GenerationView| GenerationItem {
            digest: live.digest.to_string(),
            kind: live.kind.as_str(),
            version: live.version.clone(),
            summary: live.summary.clone(),
            source: live.source.clone(),
            size_bytes: live.size_bytes,
            since: time(live.since),
            requests: live.requests.clone(),
            grants: live.grants.clone(),
        };
        Self {
            name: plugin.name.to_string(),
            status: plugin.life.as_str(),
            problem: plugin.life.problem().map(str::to_owned),
            pending: match &plugin.life {
                PluginLife::PendingGrant { source, digest, asks, .. } => {
                    Some(Pending { source: source.clone(), digest: digest.to_string(), rights: asks.clone() })
                }
                PluginLife::Compiling { .. }
                | PluginLife::Live(_)
                | PluginLife::Canary { .. }
                | PluginLife::Disabled
                | PluginLife::Kept { .. }
                | PluginLife::Failed { .. } => None,
            },
            generation: plugin.life.live().map(generation),
            checks,
            receivers,
        }
    }
}
