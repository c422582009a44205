//! TOML as a tree whose keys and values know their places.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problems::{Draft, KeyPath, Problems};
use crate::source::{FileId, Span};

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// A field of a CSV file: a text that may be meant as a number.
    Cell(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    /// A date, a time or both, as it was written.
    Moment(String),
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// The kind with its article, for sentences.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) | Value::Cell(_) => "a text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Moment(_) => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) node: Node,
}

/// A table, ordered by the names of its keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(pub(crate) BTreeMap<String, Entry>);

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(key, entry)| (key.as_str(), entry))
    }
    /// The entries, in the order of the text.
    pub(crate) fn in_text_order(&self) -> Vec<(&str, &Entry)> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(_, entry)| entry.key);
        entries
    }
}

impl Node {
    /// The end of the last value in it: a table's own span may be only its header.
    fn end(&self) -> u32 {
        match &self.value {
            Value::Table(table) => table.end().max(self.span.end),
            Value::List(list) => list.iter().map(Node::end).max().unwrap_or(0).max(self.span.end),
            _ => self.span.end,
        }
    }
}

impl Table {
    fn end(&self) -> u32 {
        self.0.values().map(|entry| entry.node.end()).max().unwrap_or(0)
    }
    /// The span from the header to the end of the last value.
    pub(crate) fn extent(&self, header: Span) -> Span {
        Span { end: self.end().max(header.end), ..header }
    }
}

/// The most parts of a dotted key, which nobody reaches; the parser would recurse once for each.
const KEY_PARTS_MAX: usize = 128;

/// Parses what can be read of `text`, and reports every syntax error in it.
pub(crate) fn parse(file: FileId, text: &str, problems: &mut Problems) -> Table {
    if let Some(at) = endless_key(text) {
        let span = Span { file, start: at as u32, end: at as u32 + 1 };
        let message = format!("a key has more than {KEY_PARTS_MAX} parts");
        problems.syntax(span, Draft::error(span, &KeyPath::Root, message).hint("give it fewer parts"));
        return Table::default();
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let range = error.span().unwrap_or(0..0);
        let span = span(file, range);
        let message = syntax_message(error.message(), text.get(span.start as usize..span.end as usize));
        let draft = Draft::error(span, &KeyPath::Root, message);
        problems.syntax(span, draft.hint(syntax_hint(error.message())));
    }
    table(file, document.into_inner(), problems)
}

fn syntax_message(message: &str, at: Option<&str>) -> String {
    match (message, at) {
        ("duplicate key", Some(key)) => format!("`{key}` is given twice in this file"),
        (message, Some("")) if message.starts_with("string values") => {
            "not TOML: a value is missing".to_owned()
        }
        (message, Some(_)) if message.starts_with("string values") => {
            "not TOML: a text without quotes".to_owned()
        }
        (message, _) => format!("not TOML: {message}"),
    }
}

fn syntax_hint(message: &str) -> &'static str {
    match message {
        "duplicate key" => "keep one of the two",
        message if message.contains("string") => {
            "texts, durations and sizes stand in quotes: `interval = \"30s\"`"
        }
        _ => "write `key = value` lines under `[section]` headers; texts stand in quotes",
    }
}

/// Where a dotted key has too many parts.
fn endless_key(text: &str) -> Option<usize> {
    let mut parts = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'.' => parts += 1,
            b'-' | b'_' | b'"' | b'\'' | b' ' | b'\t' => {}
            byte if byte.is_ascii_alphanumeric() => {}
            _ => parts = 0,
        }
        if parts >= KEY_PARTS_MAX {
            return Some(at);
        }
    }
    None
}

fn span(file: FileId, range: std::ops::Range<usize>) -> Span {
    Span { file, start: range.start as u32, end: range.end as u32 }
}

fn table(file: FileId, table: DeTable<'_>, problems: &mut Problems) -> Table {
    let entries = table.into_iter().map(|(key, value)| {
        let key_span = span(file, key.span());
        (key.into_inner().into_owned(), Entry { key: key_span, node: node(file, value, problems) })
    });
    Table(entries.collect())
}

fn node(file: FileId, value: Spanned<DeValue<'_>>, problems: &mut Problems) -> Node {
    let span = span(file, value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                problems.push(
                    Draft::error(span, &KeyPath::Root, "the number is out of range")
                        .hint("numbers have 64 bits"),
                );
                Value::Integer(0)
            }
        },
        DeValue::Float(float) => match float.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Float(number),
            _ => {
                problems.push(
                    Draft::error(span, &KeyPath::Root, "the number is not finite")
                        .hint("write a finite number"),
                );
                Value::Float(0.0)
            }
        },
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(moment) => Value::Moment(moment.to_string()),
        DeValue::Array(list) => {
            Value::List(list.into_iter().map(|item| node(file, item, problems)).collect())
        }
        DeValue::Table(inner) => Value::Table(table(file, inner, problems)),
    };
    Node { span, value }
}
