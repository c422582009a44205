//! Holds a new generation against the one before it, and goes back if the core says so.

use std::sync::Arc;

use watchkeep_core::commit::{MarkKind, PluginMark};
use watchkeep_core::hot::{Canary, Fault, Offence, Ruling};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::input::RunFinished;
use watchkeep_core::time::Mono;

use super::super::clock::wall;
use super::super::main_loop::Message;
use super::super::plugins::Plugin;
use super::ledger::Event;
use super::{Hot, is_file};

impl Hot {
    /// `old` is what ran until now. Of several new ones in a row, the last that was proven is what is gone back to.
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
        // Back at what was proven: nothing is watched, and there is nothing to go back to.
        if base.generation.digest != new {
            let record = life.record.clone();
            life.canary = Some(Canary::begin(new, base.generation.digest, record, now, window));
            life.previous = Some(base);
        }
        drop(ledger);
        self.bell.notify_one();
    }

    /// Cheap for what is no offence, which is nearly every run.
    pub(crate) fn run_finished(self: &Arc<Self>, plugin: &PluginName, finished: &RunFinished) {
        let Some(offence) = Offence::of(&finished.outcome) else { return };
        let now = self.clock.mono();
        let mut ledger = self.ledger();
        let life = ledger.life(plugin);
        let check = &finished.run.check;
        match &mut life.canary {
            None => life.record.note(check, offence),
            Some(canary) => match canary.finished(check, finished.generation, &finished.outcome, now) {
                Ruling::Watch | Ruling::Keep => {}
                Ruling::RollBack(fault) => {
                    let (hot, plugin, bad) = (self.clone(), plugin.clone(), finished.generation);
                    tokio::spawn(async move { hot.give_way(&plugin, bad, &fault).await });
                }
            },
        }
    }

    /// When the next window closes.
    pub(super) fn next_canary(&self) -> Option<Mono> {
        self.ledger().lives.values().filter_map(|life| Some(life.canary.as_ref()?.until())).min()
    }

    /// What has passed its window is good.
    pub(super) fn end_canaries(&self) {
        let now = self.clock.mono();
        let mut proven = Vec::new();
        for (name, life) in &mut self.ledger().lives {
            let passed = |canary: &mut Canary| canary.look(now) == Ruling::Keep;
            if let Some(canary) = life.canary.take_if(passed) {
                life.record = canary.into_record();
                proven.push(name.clone());
            }
        }
        for name in proven {
            tracing::info!(plugin = %name, "the new generation has proven itself");
            self.remember(&name);
        }
    }

    async fn give_way(&self, name: &PluginName, bad: Option<Digest>, fault: &Fault) {
        let _turn = self.turn.lock().await;
        let live = self.in_force.load().catalogue.find(name).map(|plugin| plugin.generation.digest);
        // Another fault, or an operator, was quicker.
        if live != bad || self.ledger().canary_of(name).is_none() {
            return;
        }
        let what = fault.offence.as_str();
        let message = format!(
            "{what} in check `{}`, which the generation before it did not show: {}",
            fault.check, fault.message
        );
        // That it cannot go back is told there.
        let _ = self.go_back(name, "canary", &message);
    }

    /// Needs the turn. The generation that runs is bad from now on.
    pub(super) fn go_back(&self, name: &PluginName, stage: &'static str, reason: &str) -> Result<(), String> {
        let before = self.in_force.load_full();
        let previous = self.ledger().lives.get(name).and_then(|life| life.previous.clone());
        let (Some(live), Some(previous)) = (before.catalogue.find(name).cloned(), previous) else {
            return Err(format!("there is no generation of plugin `{name}` before the one that runs"));
        };
        let digest = live.generation.digest;
        let event = |message: String, hint: &str| Event {
            at: wall(),
            file: live.source.clone(),
            digest: Some(digest),
            stage,
            message,
            hint: Some(hint.to_owned()),
        };
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
        let mark = PluginMark {
            plugin: name.clone(),
            digest,
            at: wall(),
            kind: MarkKind::Bad { reason: reason.to_owned() },
        };
        let path = is_file(&live).then(|| live.source.clone().into());
        let next = self.with(&before, name, Some(Plugin { since: wall(), ..previous }), config);
        self.swap(name, next);
        self.put_mark(mark);
        let life_is_over = |ledger: &mut super::Ledger| {
            let life = ledger.life(name);
            (life.canary, life.previous) = (None, None);
        };
        life_is_over(&mut self.ledger());
        let message = format!("rolled back to the generation before it: {reason}");
        self.tell(path, event(message, "put another build in its place; this one is not tried again"));
        self.remember(name);
        Ok(())
    }

    pub(super) fn put_mark(&self, mark: PluginMark) {
        let forgotten = self.ledger().mark(mark.clone());
        self.send(Message::Mark(mark));
        if let Some(forgotten) = forgotten {
            self.send(Message::Unmark(forgotten.plugin, forgotten.digest));
        }
    }
}
