//! `each`: one check for every entry. `${each.key}` and `${each.FIELD}` stand for what the entry says.

use std::borrow::Cow;
use std::path::Path;

use crate::files::read_text;
use crate::problems::{Draft, KeyPath, Problems};
use crate::source::{Sources, Span};
use crate::text::nearest;
use crate::tree::{Entry, Node, Table, Value};

/// The entry that one expanded check is made from.
#[derive(Clone, Debug)]
pub(crate) struct EachEntry<'a> {
    pub(crate) key: &'a str,
    pub(crate) span: Span,
    pub(crate) fields: &'a Table,
}

/// How placeholders in texts are treated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Placeholders<'a> {
    /// They have no meaning here, and stay as they are.
    Literal,
    /// A template read by itself: what has placeholders is read with the checks that use it.
    Later,
    /// A check without `each`, where they are an error.
    Forbidden,
    Fill(&'a EachEntry<'a>),
}

impl Placeholders<'_> {
    /// The node with its placeholders filled; `None` if it cannot be, or not yet.
    pub(crate) fn fill<'n>(
        &self,
        node: &'n Node,
        path: &KeyPath<'_>,
        problems: &mut Problems,
    ) -> Option<Cow<'n, Node>> {
        match self {
            Placeholders::Literal => Some(Cow::Borrowed(node)),
            _ if !has_placeholder(node) => Some(Cow::Borrowed(node)),
            Placeholders::Later => None,
            Placeholders::Forbidden => filled(node, None, path, problems).map(Cow::Owned),
            Placeholders::Fill(entry) => filled(node, Some(entry), path, problems).map(Cow::Owned),
        }
    }
}

pub(crate) fn has_placeholder(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.contains("${"),
        Value::List(list) => list.iter().any(has_placeholder),
        Value::Table(table) => table.iter().any(|(_, entry)| has_placeholder(&entry.node)),
        Value::Cell(_) | Value::Integer(_) | Value::Float(_) | Value::Flag(_) | Value::Moment(_) => false,
    }
}

fn filled(
    node: &Node,
    entry: Option<&EachEntry<'_>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Node> {
    let value = match &node.value {
        Value::Text(text) => fill_text(text, node.span, entry, path, problems)?,
        Value::List(list) => {
            // All items are filled, so that every problem is reported.
            let items: Vec<Option<Node>> =
                list.iter().map(|item| filled(item, entry, path, problems)).collect();
            Value::List(items.into_iter().collect::<Option<_>>()?)
        }
        Value::Table(table) => {
            let entries: Vec<Option<(String, Entry)>> = table
                .iter()
                .map(|(key, inner)| {
                    let node = filled(&inner.node, entry, &path.key(key), problems)?;
                    Some((key.to_owned(), Entry { key: inner.key, node }))
                })
                .collect();
            Value::Table(Table(entries.into_iter().collect::<Option<_>>()?))
        }
        other => other.clone(),
    };
    Some(Node { span: node.span, value })
}

/// Fills a text. One that is a single placeholder and nothing else gets the type of the field.
fn fill_text(
    text: &str,
    span: Span,
    entry: Option<&EachEntry<'_>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Value> {
    let mut all = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        // Before a brace, `$$` stands for `$`, so that both `${` itself and a `$` before a placeholder can be written.
        let before = rest[..=at].trim_end_matches('$');
        let dollars = at + 1 - before.len();
        all.push_str(before);
        all.push_str(&"$".repeat(dollars / 2));
        if dollars.is_multiple_of(2) {
            all.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        let inner = &rest[at + 2..];
        let Some(end) = inner.find('}') else {
            let draft = Draft::error(span, path, "a placeholder is not closed");
            problems.push(draft.hint("write `${each.FIELD}`, or `$${` for `${` itself"));
            return None;
        };
        let value = placeholder(&inner[..end], span, entry, path, problems)?;
        rest = &inner[end + 1..];
        if all.is_empty() && rest.is_empty() {
            return Some(value.into_owned());
        }
        match value.as_ref() {
            Value::Text(text) | Value::Cell(text) | Value::Moment(text) => all.push_str(text),
            Value::Integer(number) => all.push_str(&number.to_string()),
            Value::Float(number) => all.push_str(&number.to_string()),
            Value::Flag(flag) => all.push_str(&flag.to_string()),
            Value::List(_) | Value::Table(_) => {
                let message =
                    format!("`${{{}}}` is {} and cannot be inside a text", &inner[..end], value.kind());
                let hint = "a placeholder for a list or a table has to be the whole text";
                problems.push(Draft::error(span, path, message).hint(hint));
                return None;
            }
        }
    }
    all.push_str(rest);
    Some(Value::Text(all))
}

fn placeholder<'e>(
    name: &str,
    span: Span,
    entry: Option<&EachEntry<'e>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Cow<'e, Value>> {
    let Some(field) = name.strip_prefix("each.") else {
        let draft = Draft::error(span, path, format!("unknown placeholder `${{{name}}}`"));
        problems.push(draft.hint("write `${each.key}` or `${each.FIELD}`, or `$${` for `${` itself"));
        return None;
    };
    let Some(entry) = entry else {
        let message = format!("`${{{name}}}` stands for nothing: the check has no `each`");
        let draft = Draft::error(span, path, message);
        problems.push(draft.hint("give the check `each` or `each_file`, or write `$${` for `${` itself"));
        return None;
    };
    if field == "key" {
        return Some(Cow::Owned(Value::Text(entry.key.to_owned())));
    }
    if let Some(found) = entry.fields.get(field) {
        return Some(Cow::Borrowed(&found.node.value));
    }
    let known = || entry.fields.iter().map(|(name, _)| name);
    let message = format!("`${{{name}}}`: the entry `{}` has no `{field}`", entry.key);
    let draft = Draft::error(span, path, message).note(entry.span, "the entry");
    problems.push(match nearest(field, known()) {
        Some(near) => draft.hint(format!("did you mean `${{each.{near}}}`?")),
        None => draft.hint(format!(
            "its fields are `key`{}",
            known().map(|name| format!(", `{name}`")).collect::<String>()
        )),
    });
    None
}

/// The entries of a CSV file with a header line.
pub(crate) fn read_csv(
    path: &Path,
    named: Span,
    key: &KeyPath<'_>,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Table> {
    let text = read_text(path, named.into(), key, problems)?;
    let file = sources.add(path.to_owned(), text);
    let text = sources.text(file);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let line_of = |position: Option<&csv::Position>| {
        let start = position.map_or(0, |position| position.byte() as usize).min(text.len());
        let start = start + text[start..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let length = text[start..].find(['\r', '\n']).unwrap_or(text.len() - start);
        Span { file, start: start as u32, end: (start + length) as u32 }
    };
    let headers = reader.headers().cloned().unwrap_or_default();
    for (place, name) in headers.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if headers.iter().take(place).any(|other| other == name) {
            let draft =
                Draft::error(line_of(None), key, format!("the column `{name}` is in the header twice"));
            problems.push(draft.hint("each column has a name of its own: rename one, or take it out"));
        }
    }
    let key_column = headers.iter().position(|name| name == "key").unwrap_or(0);
    let mut all = Table::default();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let message = match error.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        format!("fields: {len} on this line, {expected_len} in the header")
                    }
                    _ => "the line is not CSV".to_owned(),
                };
                let draft = Draft::error(line_of(error.position()), key, message);
                problems.push(draft.hint("put texts with commas into double quotes"));
                continue;
            }
        };
        let span = line_of(record.position());
        let name = record.get(key_column).unwrap_or_default();
        let fields = headers.iter().zip(record.iter()).map(|(header, cell)| {
            (header.to_owned(), Entry { key: span, node: Node { span, value: Value::Cell(cell.to_owned()) } })
        });
        let node = Node { span, value: Value::Table(Table(fields.collect())) };
        if let Some(first) = all.get(name) {
            let draft = Draft::error(span, key, format!("the key `{name}` is given twice"));
            problems.push(
                draft.hint("keys are unique in one file: rename one").note(first.key, "first given here"),
            );
        } else {
            all.0.insert(name.to_owned(), Entry { key: span, node });
        }
    }
    Some(all)
}
