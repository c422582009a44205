//! The result of an import.

use std::fmt;

use crate::value::Value;

/// The tool that the config was written for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    Gatus,
    Blackbox,
    Kuma,
    StatusCake,
}

impl Tool {
    /// Its name on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Tool::Gatus => "gatus",
            Tool::Blackbox => "blackbox",
            Tool::Kuma => "kuma",
            Tool::StatusCake => "statuscake",
        }
    }
}

/// Everything that was made from a config.
#[derive(Debug)]
pub struct Import {
    pub tool: Tool,
    /// The entries in the order of the source, except that templates come first and heartbeats last.
    pub entries: Vec<Entry>,
    pub secrets: Vec<Secret>,
    pub notes: Vec<Note>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    Template,
    Check,
    Heartbeat,
}

/// A check, a template or a heartbeat.
#[derive(Debug)]
pub struct Entry {
    pub kind: EntryKind,
    pub name: String,
    /// Its place in the source.
    pub origin: String,
    /// What a reader should know; each is a comment above the entry.
    pub comments: Vec<String>,
    /// Its keys except `name`, in the order in which they are written.
    pub keys: Vec<(&'static str, Value)>,
    /// The config of its plugin.
    pub config: Vec<(String, Value)>,
}

impl Entry {
    /// The plugin of a check or template; a heartbeat has none.
    pub fn plugin(&self) -> Option<&str> {
        self.keys.iter().find_map(|(key, value)| match value {
            Value::Text(plugin) if *key == "plugin" => Some(plugin.as_str()),
            _ => None,
        })
    }
}

/// A secret, which a config names as `{ secret = "NAME" }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    pub name: String,
    pub source: SecretSource,
    /// The origins that it may be sent to.
    pub to: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file below the config, and its content.
    File { path: String, value: String },
    /// A variable of the host's environment.
    Env(String),
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::File { path, .. } => write!(f, "File({path})"),
            SecretSource::Env(variable) => write!(f, "Env({variable})"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoteKind {
    /// It was in the source and is not in the result.
    NotCarriedOver,
    /// It is in the result, with a slightly different meaning.
    Differs,
    /// It has another name now.
    Renamed,
    /// Somebody has to do something that no import can do.
    ToDo,
}

impl NoteKind {
    pub const fn word(self) -> &'static str {
        match self {
            NoteKind::NotCarriedOver => "not carried over",
            NoteKind::Differs => "differs",
            NoteKind::Renamed => "renamed",
            NoteKind::ToDo => "to do",
        }
    }
}

/// One thing that a person who imports should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub kind: NoteKind,
    /// The place in the source.
    pub place: String,
    pub text: String,
}
