//! YAML, from the parser's events. The size of an alias is counted before it is copied, so that ten lines cannot become
//! gigabytes.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{BYTES_MAX, DEPTH_MAX, NODES_MAX, Node, Scalar};
use crate::error::ImportError;

/// Parses the first document; an empty text is a table without keys.
pub(crate) fn parse(text: &str) -> Result<Node, ImportError> {
    if text.len() > BYTES_MAX {
        return Err(too_much());
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, span) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            ImportError::new(
                format!("it is not YAML at line {line}, column {column}"),
                "check the indentation and the quotes there",
            )
        })?;
        if matches!(event, Event::DocumentEnd) && builder.root.is_some() {
            break;
        }
        builder.take(event, span.start.line())?;
    }
    Ok(builder.root.unwrap_or(Node { line: 1, value: Scalar::Table(Vec::new()) }))
}

fn too_much() -> ImportError {
    ImportError::new(
        "the file, with what its aliases stand for, is larger or nested deeper than any config is",
        "import it in parts, and write out what aliases repeat",
    )
}

/// The node of an anchor, and what a copy of it costs.
struct Anchor {
    node: Node,
    nodes: usize,
    bytes: usize,
}

enum Open {
    List(Vec<Node>),
    Table { entries: Vec<(String, Node)>, key: Option<String> },
}

struct Level {
    open: Open,
    line: usize,
    anchor: usize,
    /// What had been counted when it began.
    nodes: usize,
    bytes: usize,
}

#[derive(Default)]
struct Builder {
    stack: Vec<Level>,
    anchors: BTreeMap<usize, Anchor>,
    nodes: usize,
    bytes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), ImportError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let (nodes, bytes) = (self.nodes, self.bytes);
                self.spend(1, text.len())?;
                let value =
                    if style == ScalarStyle::Plain { plain(&text) } else { Scalar::Text(text.into()) };
                self.keep(Node { line, value }, anchor, nodes, bytes);
                Ok(())
            }
            Event::SequenceStart(anchor, _) => self.open(Open::List(Vec::new()), line, anchor),
            Event::MappingStart(anchor, _) => {
                self.open(Open::Table { entries: Vec::new(), key: None }, line, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some(Anchor { nodes, bytes, .. }) = self.anchors.get(&anchor) else {
                    // The alias is inside its own anchor.
                    return Err(too_much());
                };
                let (nodes, bytes) = (*nodes, *bytes);
                self.spend(nodes, bytes)?;
                let node = self.anchors.get(&anchor).map(|anchor| anchor.node.clone());
                node.into_iter().for_each(|node| self.put(node));
                Ok(())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn spend(&mut self, nodes: usize, bytes: usize) -> Result<(), ImportError> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > NODES_MAX || self.bytes > BYTES_MAX { Err(too_much()) } else { Ok(()) }
    }

    fn open(&mut self, open: Open, line: usize, anchor: usize) -> Result<(), ImportError> {
        let (nodes, bytes) = (self.nodes, self.bytes);
        self.spend(1, 0)?;
        if self.stack.len() >= DEPTH_MAX {
            return Err(too_much());
        }
        self.stack.push(Level { open, line, anchor, nodes, bytes });
        Ok(())
    }

    fn close(&mut self) {
        let Some(level) = self.stack.pop() else { return };
        let value = match level.open {
            Open::List(items) => Scalar::List(items),
            Open::Table { entries, .. } => Scalar::Table(merged(entries)),
        };
        self.keep(Node { line: level.line, value }, level.anchor, level.nodes, level.bytes);
    }

    /// Keeps a node. The copy for its anchor is counted as well.
    fn keep(&mut self, node: Node, anchor: usize, nodes: usize, bytes: usize) {
        if anchor != 0 {
            let (nodes, bytes) = (self.nodes - nodes, self.bytes - bytes);
            self.anchors.insert(anchor, Anchor { node: node.clone(), nodes, bytes });
            self.nodes += nodes;
            self.bytes += bytes;
        }
        self.put(node);
    }

    fn put(&mut self, node: Node) {
        match self.stack.last_mut().map(|level| &mut level.open) {
            None => self.root = self.root.take().or(Some(node)),
            Some(Open::List(items)) => items.push(node),
            Some(Open::Table { entries, key }) => match key.take() {
                None => *key = Some(node.word().unwrap_or_default()),
                Some(key) => entries.push((key, node)),
            },
        }
    }
}

/// The entries, with those of `<<` added whose keys are not given.
fn merged(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    const MERGE: &str = "<<";
    if !entries.iter().any(|(key, _)| key == MERGE) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key == MERGE);
    let tables = merges.into_iter().flat_map(|(_, node)| match node.value {
        Scalar::List(items) => items,
        _ => vec![node],
    });
    for table in tables {
        let Scalar::Table(more) = table.value else { continue };
        let given: std::collections::BTreeSet<String> = own.iter().map(|(key, _)| key.clone()).collect();
        own.extend(more.into_iter().filter(|(key, _)| !given.contains(key)));
    }
    own
}

/// The value of a word without quotes.
fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Flag(true),
        "false" | "False" | "FALSE" => Scalar::Flag(false),
        _ if is_number(text) => Scalar::Number(text.to_owned()),
        _ => Scalar::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_merges_are_written_out() {
        let tree = parse("base: &b {a: 1, b: two}\nother:\n  <<: *b\n  b: 3\nlist: [*b, \"4\"]\n").unwrap();
        let other = tree.get("other").unwrap();
        assert_eq!((other.text("a"), other.text("b")), (Some("1".to_owned()), Some("3".to_owned())));
        assert_eq!(tree.list("list")[0].text("b").unwrap(), "two");
        assert_eq!(tree.list("list")[1].value, Scalar::Text("4".to_owned()));
        assert_eq!(other.line, 3);
    }

    #[test]
    fn a_text_that_stands_for_more_than_any_config_ends_in_a_sentence() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let of = vec![format!("*a{}", level - 1); 10].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{of}]\n"));
        }
        let deep = format!("{}x", "- ".repeat(2_000));
        let within = "a: &a [*a]\n";
        let many = "- x\n".repeat(NODES_MAX + 1);
        for text in [bomb.as_str(), &deep, within, &many] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains("larger or nested deeper than any config is; hint:"), "{said}");
        }
        // The parser itself has a bound for these.
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        let said = parse("a: 1\nb: [1, 2\nc: 'x").unwrap_err().to_string();
        assert!(said.contains("it is not YAML at line "), "{said}");
    }
}
