//! The summary of an import: what was made, and what was not.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use watchkeep_import::{EntryKind, Import, Note, NoteKind, SecretSource};

use crate::cli::output::counted;

/// How many entries of a list are shown; the config and `--json` have all of them.
const SHOWN_MAX: usize = 200;

pub(super) fn text(import: &Import, out: Option<&Path>) -> String {
    let mut text = format!("from {}: {}", import.tool.word(), made(import));
    if let Some(out) = out {
        let _ = write!(text, ", in `{}`", out.display());
    }
    text.push('\n');
    for kind in [NoteKind::NotCarriedOver, NoteKind::Differs, NoteKind::Renamed, NoteKind::ToDo] {
        let notes: Vec<&Note> = import.notes.iter().filter(|note| note.kind == kind).collect();
        list(&mut text, kind.word(), notes.iter().map(|note| format!("{}: {}", note.place, note.text)));
    }
    if out.is_none() {
        let files = import.secrets.iter().filter_map(|secret| match &secret.source {
            SecretSource::File { path, .. } => Some(path.clone()),
            SecretSource::Env(_) => None,
        });
        list(&mut text, "write these files beside the config, for their owner alone (`--out` does)", files);
    }
    let variables = import.secrets.iter().filter_map(|secret| match &secret.source {
        SecretSource::Env(variable) => Some(variable.clone()),
        SecretSource::File { .. } => None,
    });
    list(&mut text, "set these variables for the host", variables);
    text
}

fn made(import: &Import) -> String {
    let count = |kind: EntryKind| import.entries.iter().filter(|entry| entry.kind == kind).count();
    let mut parts = vec![counted(count(EntryKind::Check), "check")];
    for (kind, noun) in [(EntryKind::Heartbeat, "heartbeat"), (EntryKind::Template, "template")] {
        match count(kind) {
            0 => {}
            several => parts.push(counted(several, noun)),
        }
    }
    if !import.secrets.is_empty() {
        parts.push(counted(import.secrets.len(), "secret"));
    }
    parts.join(", ")
}

fn list(text: &mut String, head: &str, lines: impl Iterator<Item = String>) {
    let mut count = 0;
    for line in lines {
        if count == 0 {
            let _ = writeln!(text, "{head}:");
        }
        if count < SHOWN_MAX {
            let _ = writeln!(text, "  {line}");
        }
        count += 1;
    }
    if count > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more, which `--json` lists", count - SHOWN_MAX);
    }
}

pub(super) fn json(import: &Import, toml: &str, out: Option<&Path>) -> Value {
    let entries: Vec<Value> = import
        .entries
        .iter()
        .map(|entry| {
            let kind = match entry.kind {
                EntryKind::Check => "check",
                EntryKind::Heartbeat => "heartbeat",
                EntryKind::Template => "template",
            };
            json!({ "kind": kind, "name": entry.name, "plugin": entry.plugin(), "place": entry.origin })
        })
        .collect();
    let secrets: Vec<Value> = import
        .secrets
        .iter()
        .map(|secret| match &secret.source {
            SecretSource::File { path, .. } => json!({ "name": secret.name, "file": path, "to": secret.to }),
            SecretSource::Env(variable) => json!({ "name": secret.name, "env": variable, "to": secret.to }),
        })
        .collect();
    let notes: Vec<Value> = import
        .notes
        .iter()
        .map(|note| json!({ "kind": note.kind.word(), "place": note.place, "text": note.text }))
        .collect();
    json!({
        "tool": import.tool.word(),
        "out": out,
        "toml": if out.is_none() { Some(toml) } else { None },
        "entries": entries,
        "secrets": secrets,
        "notes": notes,
    })
}
