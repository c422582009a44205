//! Compares a new generation with the one before it, and goes back if the core says so.

use std::sync::Arc;

use watchkeep_core::commit::{PluginDecision, PluginDecisionKind};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::input::RunFinished;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::plugin_reload::{Caller, Canary, Ending, Evidence, Ruling};
use watchkeep_core::time::Mono;

use super::super::clock::wall;
use super::super::main_loop::Message;
use super::super::plugins::Plugin;
use super::events::{Event, Stage};
use super::{PluginReloader, is_file};

impl PluginReloader {
    /// Begins to watch a new generation. `old` is what ran until now. If several new ones come in a row, the last
    /// proven one is what the host goes back to.
    pub(super) fn begin_canary(&self, name: &PluginName, old: Plugin, new: Digest) {
        let window = self.in_force.load().config.host.plugin_canary;
        let now = self.clock.mono();
        let mut ledger = self.ledger();
        let life = ledger.life(name);
        let base = match (&life.canary, life.previous.take()) {
            (Some(_), Some(proven)) => proven,
            (_, _) => old,
        };
        life.canary = None;
        // This is the proven one again: nothing is watched, and there is nothing to go back to.
        if base.generation.digest != new {
            let record = life.record.clone();
            life.canary = Some(Canary::begin(new, base.generation.digest, record, now, window));
            life.previous = Some(base);
        }
        drop(ledger);
        self.bell.notify_one();
    }

    /// Cheap for a run without an offence, like nearly every run.
    pub(crate) fn run_finished(self: &Arc<Self>, plugin: &PluginName, finished: &RunFinished) {
        let Outcome::Failed(failure) = &finished.outcome else { return };
        let Some(generation) = finished.generation else { return };
        let caller = Caller::Check(finished.run.check.clone());
        if let Some(ending) = Ending::of(caller, generation, failure.reason, &failure.message) {
            self.offended(plugin, &ending);
        }
    }

    /// Notes how a run ended, or an attempt of a delivery (which the core tries again).
    pub(crate) fn offended(self: &Arc<Self>, plugin: &PluginName, ending: &Ending) {
        let now = self.clock.mono();
        let mut ledger = self.ledger();
        let life = ledger.life(plugin);
        match &mut life.canary {
            None => life.record.note(&ending.caller, ending.offence),
            Some(canary) => match canary.finished(ending, now) {
                Ruling::Watch | Ruling::Keep => {}
                Ruling::RollBack(evidence) => {
                    let (plugin_reloader, plugin, bad) = (self.clone(), plugin.clone(), ending.generation);
                    tokio::spawn(async move { plugin_reloader.give_way(&plugin, bad, &evidence).await });
                }
            },
        }
    }

    /// When the next window closes.
    pub(super) fn next_canary(&self) -> Option<Mono> {
        self.ledger().lives.values().filter_map(|life| Some(life.canary.as_ref()?.until())).min()
    }

    /// Ends the watch over generations whose window has passed: they are good.
    pub(super) fn end_canaries(self: &Arc<Self>) {
        let now = self.clock.mono();
        let mut proven = Vec::new();
        for (name, life) in &mut self.ledger().lives {
            let passed = |canary: &mut Canary| canary.look(now) == Ruling::Keep;
            if let Some(canary) = life.canary.take_if(passed) {
                life.record = canary.into_record();
                proven.push(name.clone());
            }
        }
        for name in &proven {
            tracing::info!(plugin = %name, "the new generation has proven itself");
            self.remember(name);
        }
        if !proven.is_empty() {
            let plugin_reloader = self.clone();
            tokio::spawn(async move {
                let _turn = plugin_reloader.turn.lock().await;
                plugin_reloader.prune();
            });
        }
    }

    async fn give_way(&self, name: &PluginName, bad: Digest, evidence: &Evidence) {
        let _turn = self.turn.lock().await;
        let live = self.in_force.load().catalogue.find(name).map(|plugin| plugin.generation.digest);
        // Another call or an operator was quicker.
        if live != Some(bad) || self.ledger().canary_of(name).is_none() {
            return;
        }
        let Evidence { caller, offence, message } = evidence;
        let what = offence.as_str();
        let message = format!("{what} in {caller}, which the generation before it did not show: {message}");
        // If it cannot go back, that is reported there.
        let _ = self.go_back(name, Stage::Canary, &message);
    }

    /// Needs the turn. Goes back, and marks the generation that ran as bad.
    pub(super) fn go_back(&self, name: &PluginName, stage: Stage, reason: &str) -> Result<(), String> {
        let before = self.in_force.load_full();
        let previous = self.ledger().lives.get(name).and_then(|life| life.previous.clone());
        let (Some(live), Some(previous)) = (before.catalogue.find(name).cloned(), previous) else {
            return Err(format!("there is no generation of plugin `{name}` before the one that runs"));
        };
        let digest = live.generation.digest;
        let event = |message, hint| Event::now(live.source.clone(), Some(digest), stage, message, hint);
        let config = match before.config.refitted(&previous.facts()) {
            Ok(config) => config,
            Err(_) => {
                let message = format!(
                    "cannot go back, since the config no longer fits the generation before it ({reason})"
                );
                self.ledger().life(name).canary = None;
                self.tell(None, event(message.clone(), "put the old config back, then roll back by hand"));
                return Err(message);
            }
        };
        let mark = PluginDecision {
            plugin: name.clone(),
            digest,
            at: wall(),
            kind: PluginDecisionKind::Bad { reason: reason.to_owned() },
        };
        let path = is_file(&live).then(|| live.source.clone().into());
        let next = self.with(&before, name, Some(Plugin { since: wall(), ..previous }), config);
        self.swap(name, next);
        self.put_plugin_decision(mark);
        let life_is_over = |ledger: &mut super::Ledger| {
            let life = ledger.life(name);
            (life.canary, life.previous) = (None, None);
        };
        life_is_over(&mut self.ledger());
        let message = format!("rolled back to the generation before it: {reason}");
        self.tell(path, event(message, "put another build in its place; this one is not tried again"));
        self.remember(name);
        self.prune();
        Ok(())
    }

    pub(super) fn put_plugin_decision(&self, mark: PluginDecision) {
        let forgotten = self.ledger().mark(mark.clone());
        self.send(Message::Mark(mark));
        if let Some(forgotten) = forgotten {
            self.send(Message::Unmark(forgotten.plugin, forgotten.digest));
        }
    }
}
