//! What is wrong with a config, told so that it can be put right.

use std::path::PathBuf;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The config is refused.
    Error,
    /// The config is taken, but it hardly says what was meant.
    Warning,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One problem. Never holds a secret's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub severity: Severity,
    pub place: Place,
    /// Where in the config, as `check.shop.interval`; empty for a whole file.
    pub key: String,
    pub message: String,
    pub hint: Option<String>,
    /// Other places that belong to it, such as where the name was given first.
    pub notes: Vec<Note>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub place: Place,
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    pub file: PathBuf,
    /// From 1; 0 if the problem is about the file as a whole.
    pub line: u32,
    /// From 1, in characters; 0 if the problem is about the file as a whole.
    pub column: u32,
    pub snippet: Option<Snippet>,
}

/// The line that a problem stands on, without its end, and which characters of it are meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Snippet {
    pub text: String,
    /// Characters from `Place::column` on that are meant; at least 1.
    pub length: u32,
}
