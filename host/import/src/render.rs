//! The TOML of an import.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{Entry, EntryKind, Import, Note, NoteKind, SecretSource};
use crate::value::Value;

/// The longest `config` that is written as one line.
const LINE_MAX: usize = 110;

/// The TOML of an import: readable, and always the same for the same import. `from` is the name of the source.
pub fn render(import: &Import, from: &str) -> String {
    let mut text = String::new();
    let tool = import.tool.word();
    comment(&mut text, &format!("Made by `watchkeep import {tool}` of {from}."));
    comment(&mut text, "Who is told of what is not in it: that is said by [[receiver]] and [[route]].");
    secrets(&mut text, import);
    for entry in &import.entries {
        text.push('\n');
        self::entry(&mut text, entry);
    }
    // What an entry lost is written above it.
    let kept: BTreeSet<&str> = import.entries.iter().map(|entry| entry.origin.as_str()).collect();
    let is_lost = |note: &&Note| note.kind == NoteKind::NotCarriedOver && !kept.contains(note.place.as_str());
    let lost: Vec<&Note> = import.notes.iter().filter(is_lost).collect();
    if !lost.is_empty() {
        text.push('\n');
        comment(&mut text, "Not carried over:");
        for note in lost {
            comment(&mut text, &format!("- {}: {}", note.place, note.text));
        }
    }
    text
}

fn secrets(text: &mut String, import: &Import) {
    if import.secrets.is_empty() {
        return;
    }
    text.push_str("\n[secrets]\n");
    for secret in &import.secrets {
        let mut entries = match &secret.source {
            SecretSource::File { path, .. } => vec![("file".to_owned(), Value::from(path.as_str()))],
            SecretSource::Env(variable) => vec![("env".to_owned(), Value::from(variable.as_str()))],
        };
        if !secret.to.is_empty() {
            entries.push(("to".to_owned(), Value::from(secret.to.clone())));
        }
        key(text, &secret.name);
        text.push_str(" = ");
        inline(text, &Value::Table(entries), Dollars::Plain);
        text.push('\n');
    }
}

fn entry(text: &mut String, entry: &Entry) {
    comment(text, &entry.origin);
    for line in &entry.comments {
        comment(text, line);
    }
    let section = match entry.kind {
        EntryKind::Template => {
            text.push_str("[template.");
            key(text, &entry.name);
            text.push_str("]\n");
            None
        }
        EntryKind::Check => Some("check"),
        EntryKind::Heartbeat => Some("heartbeat"),
    };
    if let Some(section) = section {
        let _ = writeln!(text, "[[{section}]]");
        line(text, "name", &Value::from(entry.name.as_str()));
    }
    for (key, value) in &entry.keys {
        line(text, key, value);
    }
    config(text, entry);
}

fn config(text: &mut String, entry: &Entry) {
    if entry.config.is_empty() {
        return;
    }
    let mut short = String::from("config = ");
    inline(&mut short, &Value::Table(entry.config.clone()), Dollars::Doubled);
    if short.chars().count() <= LINE_MAX {
        text.push_str(&short);
        text.push('\n');
        return;
    }
    match entry.kind {
        EntryKind::Template => {
            text.push_str("[template.");
            key(text, &entry.name);
            text.push_str(".config]\n");
        }
        EntryKind::Check | EntryKind::Heartbeat => text.push_str("[check.config]\n"),
    }
    for (name, value) in &entry.config {
        line(text, name, value);
    }
}

/// Writes a key. A list that does not fit on one line gets a line for each of its items.
fn line(text: &mut String, name: &str, value: &Value) {
    let mut short = String::new();
    key(&mut short, name);
    short.push_str(" = ");
    let front = short.len();
    inline(&mut short, value, Dollars::Doubled);
    match value {
        Value::List(items) if short.chars().count() > LINE_MAX => {
            short.truncate(front);
            short.push_str("[\n");
            for item in items {
                short.push_str("  ");
                inline(&mut short, item, Dollars::Doubled);
                short.push_str(",\n");
            }
            short.push(']');
        }
        _ => {}
    }
    text.push_str(&short);
    text.push('\n');
}

fn comment(text: &mut String, line: &str) {
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(text, "# {}", line.trim_end());
}

/// Whether `${` has a meaning in this text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dollars {
    Plain,
    Doubled,
}

fn inline(text: &mut String, value: &Value, dollars: Dollars) {
    match value {
        Value::Text(value) => quoted(text, value, dollars),
        Value::Integer(number) => {
            let _ = write!(text, "{number}");
        }
        // With a point, because it would otherwise be a whole number.
        Value::Float(number) => {
            let _ = write!(text, "{number:?}");
        }
        Value::Flag(flag) => {
            let _ = write!(text, "{flag}");
        }
        Value::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                inline(text, item, dollars);
            }
            text.push(']');
        }
        Value::Table(entries) if entries.is_empty() => text.push_str("{}"),
        Value::Table(entries) => {
            text.push_str("{ ");
            for (at, (name, value)) in entries.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                key(text, name);
                text.push_str(" = ");
                inline(text, value, dollars);
            }
            text.push_str(" }");
        }
    }
}

fn key(text: &mut String, name: &str) {
    let is_bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { text.push_str(name) } else { quoted(text, name, Dollars::Plain) }
}

fn quoted(text: &mut String, value: &str, dollars: Dollars) {
    text.push('"');
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '$' if dollars == Dollars::Doubled => {
                let mut count = 1;
                while rest.next_if_eq(&'$').is_some() {
                    count += 1;
                }
                // Before a brace, two stand for one.
                let times = if rest.peek() == Some(&'{') { 2 * count } else { count };
                text.extend(std::iter::repeat_n('$', times));
            }
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04X}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
