//! What hot loading knows besides what runs: the state of each file when it was last looked at, what each plugin waits
//! for or falls back to, what was decided about files, and the last failures.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_core::commit::{PluginDecision, PluginDecisionKind};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::plugin_reload::{Canary, Record};
use watchkeep_engine::Generation;

use super::super::plugins::Plugin;
use super::events::Event;

const EVENTS_MAX: usize = 64;
/// How many decisions about files of one plugin are remembered; the oldest are forgotten first.
const MARKS_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(super) seen: BTreeMap<PathBuf, KnownFile>,
    pub(super) lives: BTreeMap<PluginName, Life>,
    marks: BTreeMap<(PluginName, Digest), PluginDecision>,
    events: VecDeque<Event>,
    pub(super) folder_problem: Option<String>,
}

/// A file as it was last read.
pub(super) struct KnownFile {
    pub(super) digest: Option<Digest>,
    /// Why it is not live.
    pub(super) problem: Option<Event>,
}

#[derive(Default)]
pub(super) struct Life {
    /// What to go back to.
    pub(super) previous: Option<Plugin>,
    pub(super) canary: Option<Canary>,
    /// How the live generation's runs have ended since it was proven.
    pub(super) record: Record,
    pub(super) waiting: Option<Waiting>,
    /// What ran until its file was removed. A replacement is compared with its rights.
    pub(super) removed: Option<Plugin>,
}

/// A generation that loaded and may not run yet.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) why: Why,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// It asks for more rights: these, as sorted texts.
    Grant(Vec<String>),
    /// The config in force does not fit it. A reload with a config that does takes both.
    Config,
}

impl Ledger {
    pub(super) fn with_marks(marks: Vec<PluginDecision>) -> Ledger {
        let marks = marks.into_iter().map(|mark| ((mark.plugin.clone(), mark.digest), mark));
        Ledger { marks: marks.collect(), ..Ledger::default() }
    }

    pub(super) fn bad(&self, digest: Digest) -> Option<&PluginDecision> {
        self.marks
            .values()
            .find(|mark| mark.digest == digest && matches!(mark.kind, PluginDecisionKind::Bad { .. }))
    }

    pub(super) fn is_approved(&self, plugin: &PluginName, digest: Digest, asked: &[String]) -> bool {
        let mark = self.marks.get(&(plugin.clone(), digest));
        mark.is_some_and(
            |mark| matches!(&mark.kind, PluginDecisionKind::Approved { rights } if rights == asked),
        )
    }

    /// Adds a mark. Returns the one that is forgotten for it.
    pub(super) fn mark(&mut self, mark: PluginDecision) -> Option<PluginDecision> {
        let plugin = mark.plugin.clone();
        self.marks.insert((plugin.clone(), mark.digest), mark);
        let of_plugin = || self.marks.values().filter(|mark| mark.plugin == plugin);
        if of_plugin().count() <= MARKS_MAX {
            return None;
        }
        let oldest = of_plugin().min_by_key(|mark| mark.at)?.digest;
        self.marks.remove(&(plugin, oldest))
    }

    pub(super) fn add(&mut self, event: Event) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    pub(super) fn life(&mut self, plugin: &PluginName) -> &mut Life {
        self.lives.entry(plugin.clone()).or_default()
    }

    /// Whether these bytes of the file were dealt with already, and would end the same way again.
    pub(super) fn is_dealt_with(&self, path: &Path, digest: Digest) -> bool {
        let seen = self.seen.get(path).filter(|seen| seen.digest == Some(digest));
        let may_change = |problem: &Event| problem.stage.is_worth_another_try();
        seen.is_some_and(|seen| !seen.problem.as_ref().is_some_and(may_change))
    }

    /// Forgets what waits from this file, which is another by now, or gone: nobody may approve what it was.
    pub(super) fn forget_waiting(&mut self, path: &Path) {
        for life in self.lives.values_mut() {
            life.waiting.take_if(|waiting| waiting.path == path);
        }
    }

    pub(super) fn removed(&self, plugin: &PluginName) -> Option<Plugin> {
        self.lives.get(plugin)?.removed.clone()
    }

    pub(super) fn previous(&self) -> impl Iterator<Item = &Plugin> {
        self.lives.values().filter_map(|life| life.previous.as_ref())
    }

    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        self.lives.values().filter_map(|life| life.waiting.clone()).collect()
    }

    pub(crate) fn waiting_of(&self, plugin: &PluginName) -> Option<&Waiting> {
        self.lives.get(plugin)?.waiting.as_ref()
    }

    /// The digest that a plugin on probation would go back to.
    pub(crate) fn canary_of(&self, plugin: &PluginName) -> Option<Digest> {
        let life = self.lives.get(plugin)?;
        life.canary.as_ref().and(life.previous.as_ref()).map(|previous| previous.generation.digest)
    }

    /// Why the file at `path` is not live.
    pub(crate) fn problem_of(&self, path: &Path) -> Option<&Event> {
        self.seen.get(path)?.problem.as_ref()
    }

    /// The files that are not live, and why.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (&PathBuf, &Event)> {
        self.seen.iter().filter_map(|(path, seen)| Some((path, seen.problem.as_ref()?)))
    }

    /// The events, newest first.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_engine::LoadStage;

    use super::super::events::Stage;
    use super::*;

    fn dealt_with(stage: Option<Stage>) -> bool {
        let (path, digest) = (Path::new("plugins/slow.wasm"), Digest::of(b"slow"));
        let event = |stage| Event::now(path.display().to_string(), Some(digest), stage, "why".to_owned(), "");
        let mut ledger = Ledger::default();
        ledger.seen.insert(path.to_owned(), KnownFile { digest: Some(digest), problem: stage.map(event) });
        assert!(!ledger.is_dealt_with(path, Digest::of(b"others")), "other bytes are another file");
        ledger.is_dealt_with(path, digest)
    }

    #[test]
    fn what_failed_for_a_reason_of_the_machine_is_tried_again_when_it_is_asked_for() {
        for stage in [Stage::Load(LoadStage::Compile), Stage::Load(LoadStage::Host), Stage::Read, Stage::Keep]
        {
            assert!(!dealt_with(Some(stage)), "{stage:?}");
        }
        for stage in
            [Stage::Load(LoadStage::Inspect), Stage::Load(LoadStage::Describe), Stage::Grant, Stage::Bad]
        {
            assert!(dealt_with(Some(stage)), "{stage:?}");
        }
        assert!(dealt_with(None), "what is live is not loaded again");
    }
}
