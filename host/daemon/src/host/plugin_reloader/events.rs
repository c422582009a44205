//! What is reported about a file that was refused, or a generation that was rolled back: one line in the log and one
//! event in a bounded list, with the stage, the cause and the fix.

use std::path::{Path, PathBuf};

use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;
use watchkeep_engine::LoadStage;

use super::super::clock::wall;
use super::ledger::KnownFile;
use super::{PluginReloader, source_of};

/// How far a file got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Reading its bytes.
    Read,
    /// The file was rolled back before.
    Bad,
    /// The engine refused it.
    Load(LoadStage),
    /// Another file states the same name.
    Name,
    /// The config in force, or the plugin's own `validate`, does not fit it.
    Config,
    /// It asks for more rights.
    Grant,
    /// It could not be stored for the next start.
    Keep,
    /// It ran, and failed where the one before it did not.
    Canary,
    /// It ran, and an operator went back.
    Operator,
    /// Its file is gone.
    Removed,
}

impl Stage {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Stage::Read => "read",
            Stage::Bad => "bad",
            Stage::Load(stage) => stage.as_str(),
            Stage::Name => "name",
            Stage::Config => "config",
            Stage::Grant => "grant",
            Stage::Keep => "keep",
            Stage::Canary => "canary",
            Stage::Operator => "operator",
            Stage::Removed => "removed",
        }
    }

    /// Whether the reason is elsewhere and may pass by itself. If so, the same bytes are tried again when the folder is
    /// next listed.
    const fn may_pass(self) -> bool {
        match self {
            Stage::Read | Stage::Keep | Stage::Load(LoadStage::Host) => true,
            Stage::Bad
            | Stage::Load(LoadStage::Inspect | LoadStage::Compile | LoadStage::Link | LoadStage::Describe)
            | Stage::Name
            | Stage::Config
            | Stage::Grant
            | Stage::Canary
            | Stage::Operator
            | Stage::Removed => false,
        }
    }
}

impl Stage {
    /// Whether the same bytes may succeed another time, so that they are tried again when somebody touches the file or
    /// reloads. On a machine that is busy or short of memory, compiling may fail through no fault of the file; if the
    /// file is at fault, it fails again.
    pub(super) const fn is_worth_another_try(self) -> bool {
        self.may_pass() || matches!(self, Stage::Load(LoadStage::Compile))
    }
}

/// A failure, as one sentence with its fix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) at: Wall,
    pub(crate) file: String,
    pub(crate) digest: Option<Digest>,
    pub(crate) stage: Stage,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Event {
    pub(crate) fn now(
        file: String,
        digest: Option<Digest>,
        stage: Stage,
        message: String,
        hint: &str,
    ) -> Event {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Event { at: wall(), file, digest, stage, message, hint }
    }

    pub(crate) fn text(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
        format!("{}: {}{hint}", self.stage.as_str(), self.message)
    }

    pub(super) fn log(&self) {
        let digest = self.digest.map(|digest| digest.to_string()).unwrap_or_default();
        let (file, stage, problem) = (&self.file, self.stage.as_str(), &self.message);
        let hint = self.hint.as_deref().unwrap_or_default();
        match self.stage {
            Stage::Grant => {
                tracing::warn!(%file, %digest, stage, %problem, %hint, "a plugin's file waits");
            }
            Stage::Removed => tracing::warn!(%file, stage, %problem, %hint, "a plugin's file is gone"),
            Stage::Operator => tracing::warn!(%file, %digest, stage, %problem, %hint, "plugin rolled back"),
            Stage::Canary => tracing::error!(%file, %digest, stage, %problem, %hint, "plugin rolled back"),
            Stage::Read | Stage::Bad | Stage::Load(_) | Stage::Name | Stage::Config | Stage::Keep => {
                tracing::error!(%file, %digest, stage, %problem, %hint, "plugin not taken");
            }
        }
    }
}

impl PluginReloader {
    /// Reports a refusal. The file stays where it is, and what runs continues.
    pub(super) fn refuse(
        &self,
        path: &Path,
        digest: Option<Digest>,
        stage: Stage,
        message: String,
        hint: &str,
    ) {
        let event = Event::now(source_of(path), digest, stage, message, hint);
        let is_told = self.ledger().problem_of(path).is_some_and(|old| {
            (old.digest, old.stage, &old.message) == (event.digest, event.stage, &event.message)
        });
        // A file that is tried again and again is reported once.
        if !is_told {
            self.tell(Some(path.to_owned()), event);
        }
    }

    /// Reports an event. `path` is the file that it is about.
    pub(super) fn tell(&self, path: Option<PathBuf>, event: Event) {
        event.log();
        let mut ledger = self.ledger();
        if let Some(path) = path {
            let digest = event.digest.filter(|_| !event.stage.may_pass());
            ledger.seen.insert(path, KnownFile { digest, problem: Some(event.clone()) });
        }
        ledger.add(event);
    }
}
