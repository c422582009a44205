//! Plugins as pages and API show them.

use std::path::Path;

use watchkeep_core::ids::PluginName;
use watchkeep_core::setup::Work;
use watchkeep_web::{GenerationView, PluginEvent, PluginLife, PluginView};

use super::plugin_reloader::{PluginReloader, Waiting, Why};
use super::plugins::{Plugin, stem};
use super::prepared::InForce;

/// The plugins in name order. `plugin_reloader` is given while a host runs.
pub(crate) fn views(in_force: &InForce, plugin_reloader: Option<&PluginReloader>) -> Vec<PluginView> {
    let catalogue = &in_force.catalogue;
    let mut views: Vec<PluginView> = catalogue
        .iter()
        .map(|(name, plugin)| PluginView {
            name: name.clone(),
            life: life(name, plugin, in_force, plugin_reloader),
        })
        .collect();
    views.extend(catalogue.broken.iter().filter(|_| plugin_reloader.is_none()).map(|(path, problem)| {
        let life = PluginLife::Failed { source: path.display().to_string(), problem: problem.clone() };
        PluginView { name: stem(path), life }
    }));
    if let Some(plugin_reloader) = plugin_reloader {
        let ledger = plugin_reloader.ledger();
        // Waiting files under whose names nothing runs.
        for waiting in ledger.waiting() {
            let name = &waiting.generation.name;
            if let (Why::Grant(asks), None) = (&waiting.why, catalogue.find(name)) {
                views.push(PluginView { name: name.clone(), life: pending(None, &waiting, asks) });
            }
        }
        // These are shown with what runs under the name.
        let shown = |path: &Path| {
            let source = path.display().to_string();
            catalogue.find(&stem(path)).is_some()
                || catalogue.iter().any(|(_, plugin)| plugin.source == source)
        };
        let waits = |path: &Path| ledger.waiting().iter().any(|waiting| waiting.path == path);
        let compiling = plugin_reloader.loads.sources();
        let compiles = |path: &Path| compiling.iter().any(|source| Path::new(source) == path);
        let broken = ledger.broken().filter(|(path, _)| !shown(path) && !waits(path) && !compiles(path));
        views.extend(broken.map(|(path, event)| PluginView {
            name: stem(path),
            life: PluginLife::Failed { source: event.file.clone(), problem: event.text() },
        }));
        for source in compiling {
            let name = stem(Path::new(&source));
            match views.iter_mut().find(|view| view.name == name) {
                Some(view) => {
                    let live = view.life.live().cloned();
                    view.life = PluginLife::Compiling { live, source };
                }
                None => views.push(PluginView { name, life: PluginLife::Compiling { live: None, source } }),
            }
        }
    }
    let setup = &in_force.config.setup;
    // Heartbeats and rules have no plugin: the host judges them itself.
    let by_plugin = setup.checks.values().filter(|spec| match spec.work {
        Work::Plugin => true,
        Work::Rule(_) | Work::Heartbeat(_) => false,
    });
    let used = by_plugin.map(|spec| &spec.plugin);
    let used = used.chain(setup.receivers.values().map(|spec| &spec.plugin));
    let used = used.chain(setup.actions.values().map(|spec| &spec.plugin));
    for name in used {
        if !views.iter().any(|view| view.name == *name) {
            views.push(PluginView { name: name.clone(), life: PluginLife::Disabled });
        }
    }
    views.sort_by(|a, b| a.name.cmp(&b.name));
    views
}

fn pending(live: Option<GenerationView>, waiting: &Waiting, asks: &[String]) -> PluginLife {
    PluginLife::PendingGrant {
        live,
        source: waiting.source(),
        digest: waiting.generation.digest,
        asks: asks.to_vec(),
    }
}

/// The events, newest first.
pub(crate) fn events(plugin_reloader: &PluginReloader) -> Vec<PluginEvent> {
    let of = |event: &super::plugin_reloader::Event| PluginEvent {
        at: event.at,
        file: event.file.clone(),
        digest: event.digest,
        stage: event.stage.as_str(),
        message: event.message.clone(),
        hint: event.hint.clone(),
    };
    plugin_reloader.ledger().events().map(of).collect()
}

fn life(
    name: &PluginName,
    plugin: &Plugin,
    in_force: &InForce,
    plugin_reloader: Option<&PluginReloader>,
) -> PluginLife {
    let live = generation(plugin, in_force);
    let Some(plugin_reloader) = plugin_reloader else { return PluginLife::Live(live) };
    let ledger = plugin_reloader.ledger();
    if let Some(waiting) = ledger.waiting_of(name)
        && let Why::Grant(asks) = &waiting.why
    {
        return pending(Some(live), waiting, asks);
    }
    if let Some(previous) = ledger.canary_of(name) {
        return PluginLife::Canary { live, previous };
    }
    let waits = ledger.waiting_of(name).map(|waiting| waiting.path.clone());
    let path = waits.unwrap_or_else(|| plugin.source.clone().into());
    // The plugin that runs may be bundled, or come from a file with another name.
    let of_the_name = || ledger.broken().find(|(path, _)| stem(path) == *name).map(|(_, event)| event);
    match ledger.problem_of(&path).or_else(of_the_name) {
        Some(event) => PluginLife::Kept { live, problem: event.text() },
        None => PluginLife::Live(live),
    }
}

fn generation(plugin: &Plugin, in_force: &InForce) -> GenerationView {
    let generation = &plugin.generation;
    let grants = in_force.config.plugins.get(&generation.name);
    GenerationView {
        digest: generation.digest,
        kind: generation.kind,
        version: generation.version.clone(),
        summary: generation.summary.clone(),
        source: plugin.source.clone(),
        size_bytes: generation.size as u64,
        since: plugin.since,
        requests: generation
            .requests
            .iter()
            .map(|request| format!("{}: {} ({})", request.capability, request.target, request.reason))
            .collect(),
        grants: grants
            .iter()
            .flat_map(|settings| settings.allow.entries())
            .map(|(capability, pattern)| format!("{}: {pattern}", capability.as_str()))
            .collect(),
        reads_snapshots: generation.imports.iter().any(|import| import == "snapshots"),
    }
}
