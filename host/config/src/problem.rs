//! What is wrong with a config, described so that it can be fixed.

use std::path::PathBuf;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The config is refused.
    Error,
    /// The config is accepted, but it is hardly what was meant.
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
    /// The key in the config, as in `check.shop.interval`; empty for a whole file.
    pub key: String,
    pub message: String,
    pub hint: Option<String>,
    /// Other places that belong to it, such as where the name was first given.
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
    /// The line, from 1; 0 if the problem is about the file as a whole.
    pub line: u32,
    /// The column, from 1, in characters; 0 if the problem is about the file as a whole.
    pub column: u32,
    pub snippet: Option<Snippet>,
}

/// The line with a problem, without its line end, and which of its characters are meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Snippet {
    pub text: String,
    /// How many characters from `Place::column` on are meant; at least 1.
    pub length: u32,
}
