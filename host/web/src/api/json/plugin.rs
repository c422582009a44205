//! A plugin and the generation of it that runs.

use serde::Serialize;

use super::time;
use crate::plugin::{GenerationView, PluginView};

#[derive(Serialize)]
pub(crate) struct PluginItem {
    name: String,
    status: &'static str,
    problem: Option<String>,
    generation: Option<GenerationItem>,
    checks: usize,
    receivers: usize,
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
            generation: plugin.life.live().map(generation),
            checks,
            receivers,
        }
    }
}
