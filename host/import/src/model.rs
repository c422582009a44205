//! What comes out of an import.

use std::fmt;

use crate::value::Value;

/// Whose config it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    Gatus,
    Blackbox,
    Kuma,
    StatusCake,
}

impl Tool {
    /// As it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Tool::Gatus => "gatus",
            Tool::Blackbox => "blackbox",
            Tool::Kuma => "kuma",
            Tool::StatusCake => "statuscake",
        }
    }
}

/// All that was made of a config.
#[derive(Debug)]
pub struct Import {
    pub tool: Tool,
    /// In the order of the source, templates first and heartbeats last.
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
    /// Where it stood in the source.
    pub origin: String,
    /// What a reader should know; each stands as a comment above it.
    pub comments: Vec<String>,
    /// Its keys but for `name`, in the order in which they are written.
    pub keys: Vec<(&'static str, Value)>,
    /// What its plugin reads.
    pub config: Vec<(String, Value)>,
}

impl Entry {
    /// Of a check or template; a heartbeat has none.
    pub fn plugin(&self) -> Option<&str> {
        self.keys.iter().find_map(|(key, value)| match value {
            Value::Text(plugin) if *key == "plugin" => Some(plugin.as_str()),
            _ => None,
        })
    }
}

/// What a config names as `{ secret = "NAME" }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    pub name: String,
    pub source: SecretSource,
    /// The origins that it may be sent to.
    pub to: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file below the config, and what has to stand in it.
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
    /// It is in the result, and says something slightly else there.
    Differs,
    /// It has another name now.
    Renamed,
    /// Somebody has to do something that no import can.
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

/// One thing that whoever imports should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub kind: NoteKind,
    /// In the source.
    pub place: String,
    pub text: String,
}
