//! Files below folders that the operator named. They can be read, and never written.

use std::fmt;
use std::time::Duration;

use crate::backend;
use crate::ending::{Fault, Stop};
use crate::report::Report;
use crate::transport::millis;

pub use crate::bindings::imports::watchkeep::plugin::files::{Entry, FileError, FileKind, Hashing};

/// The size of one page of entries.
const PAGE: u32 = 1_000;
const PIECE: u32 = 1 << 20;

/// A folder, by the name that the operator gave it.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn failed(day: &str) -> Result<usize, files::Failure> {
///     let log = files::root("logs").read_text(&format!("backup/{day}.log"))?;
///     Ok(log.lines().filter(|line| line.contains("failed")).count())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Root {
    name: String,
}

pub fn root(name: impl Into<String>) -> Root {
    Root { name: name.into() }
}

/// Why a path cannot be read.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    pub root: String,
    /// The path below the root.
    pub path: String,
    pub error: FileError,
}

impl Root {
    /// What is at the path. A link is described, and not followed.
    pub fn stat(&self, path: &str) -> Result<Entry, Failure> {
        backend::files_stat(&self.name, path).map_err(|error| self.failure(path, error))
    }
    /// All entries of a folder, ordered by name, read page by page; `""` is the root itself.
    pub fn entries(&self, path: &str) -> Result<Vec<Entry>, Failure> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let after = all.last().map(|entry| entry.path.as_str());
            let page = backend::files_entries(&self.name, path, after, PAGE)
                .map_err(|error| self.failure(path, error))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
    /// At most `max` bytes from `offset`; possibly fewer, and none at the end.
    pub fn read_at(&self, path: &str, offset: u64, max: u32) -> Result<Vec<u8>, Failure> {
        backend::files_read(&self.name, path, offset, max).map_err(|error| self.failure(path, error))
    }
    /// The whole file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        loop {
            let piece = self.read_at(path, all.len() as u64, PIECE)?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend(piece);
        }
    }
    /// The whole file; what is not UTF-8 becomes U+FFFD.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        self.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
    /// Continues hashing for at most `budget`; the digest is there once the end is reached. The result may be kept, and
    /// passed as `resume` in the next run.
    pub fn sha256(&self, path: &str, resume: Option<&Hashing>, budget: Duration) -> Result<Hashing, Failure> {
        backend::files_sha256(&self.name, path, resume, millis(budget))
            .map_err(|error| self.failure(path, error))
    }
    fn failure(&self, path: &str, error: FileError) -> Failure {
        Failure { root: self.name.clone(), path: path.to_owned(), error }
    }
}

impl Entry {
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
    /// The time between its last change and `now`, which is in milliseconds since the Unix epoch.
    pub fn age(&self, now: u64) -> Duration {
        Duration::from_millis(now.saturating_sub(self.modified))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { root, path, error } = self;
        match error {
            // These messages already say what to do.
            FileError::Denied(message) | FileError::Limit(message) => f.write_str(message),
            FileError::NotFound => write!(f, "no file `{path}` in `{root}`"),
            FileError::NotAFile => write!(f, "`{path}` in `{root}` is not a regular file"),
            FileError::Changed => write!(f, "`{path}` in `{root}` became another while it was read"),
            FileError::Other(message) => write!(f, "`{path}` in `{root}`: {message}"),
        }
    }
}

impl std::error::Error for Failure {}

/// A file that is missing, or is something else, is critical; what the host could not do judges nothing.
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        let told = failure.to_string();
        match failure.error {
            FileError::NotFound | FileError::NotAFile => Report::critical(told).into(),
            FileError::Denied(_) | FileError::Limit(_) => Fault::Denied(told).into(),
            FileError::Changed => Fault::inconclusive(told).into(),
            FileError::Other(_) => Fault::other(told).into(),
        }
    }
}
