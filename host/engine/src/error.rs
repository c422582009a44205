//! What a person reads when a plugin does not load: file, digest, stage, cause and fix in one sentence.

use std::fmt;

use watchkeep_core::ids::Digest;

/// How far loading got.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoadStage {
    /// Reading the bytes: size, format, kind, contract version, imports.
    Inspect,
    Compile,
    /// Matching imports with what the host offers.
    Link,
    /// Asking the plugin for its manifest, without rights.
    Describe,
    /// The host itself failed.
    Host,
}

impl LoadStage {
    pub const fn as_str(self) -> &'static str {
        match self {
            LoadStage::Inspect => "inspect",
            LoadStage::Compile => "compile",
            LoadStage::Link => "link",
            LoadStage::Describe => "describe",
            LoadStage::Host => "host",
        }
    }
}

/// A plugin could not be loaded. The old generation stays as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The file, or `bundled`.
    pub source_name: String,
    pub digest: Digest,
    pub stage: LoadStage,
    /// One sentence.
    pub message: String,
    /// What to change.
    pub hint: Option<String>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (generation {}) {}", self.source_name, self.digest.short(), self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}
impl std::error::Error for LoadError {}

/// What is wrong, before the file's name is put in front of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) stage: LoadStage,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Refusal {
    pub(crate) fn new(stage: LoadStage, message: impl Into<String>) -> Self {
        Self { stage, message: one_line(message.into()), hint: None }
    }
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub(crate) fn of(self, source_name: &str, digest: Digest) -> LoadError {
        let Refusal { stage, message, hint } = self;
        LoadError { source_name: source_name.to_owned(), digest, stage, message, hint }
    }
}

/// How long a message may be. A file may contain names of any length.
const MESSAGE_BYTES_MAX: usize = 2 << 10;

/// Makes a message that quotes a hostile file one line, which moves no cursor and fills no screen.
fn one_line(mut message: String) -> String {
    if message.chars().any(char::is_control) {
        message = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    if message.len() > MESSAGE_BYTES_MAX {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
        message.push('…');
    }
    message
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("cannot prepare the cache folder `{path}`; hint: it must be writable for the host's user")]
    CacheDir {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("wasmtime cannot start on this machine: {0}")]
    Wasmtime(String),
    #[error("cannot start the clock of the engine")]
    Ticker(#[source] std::io::Error),
    #[error("extra root certificates are not readable: {0}; hint: give certificates in PEM form")]
    Roots(String),
}
