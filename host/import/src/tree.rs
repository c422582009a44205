//! The source as a tree. Its size is bounded before it is kept: a text of a few lines can stand for gigabytes.

mod json;
mod yaml;

pub(crate) use json::{parse as parse_json, parse_several as parse_several_json};
pub(crate) use yaml::parse as parse_yaml;

/// The longest source. A backup with thousands of monitors has a few MiB.
const BYTES_MAX: usize = 16 << 20;
const NODES_MAX: usize = 400_000;
const DEPTH_MAX: usize = 64;

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    /// The line, from 1; 0 if it is not known.
    pub(crate) line: usize,
    pub(crate) value: Scalar,
}

/// A value; a `Number` is kept as it was written.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Scalar {
    Null,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    /// The value of a key; of a key given twice, the last one. A null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let found = self.entries().iter().rev().find(|(name, _)| name == key).map(|(_, node)| node)?;
        (found.value != Scalar::Null).then_some(found)
    }
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Scalar::Table(entries) => entries,
            _ => &[],
        }
    }
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Scalar::List(items) => items,
            _ => &[],
        }
    }
    pub(crate) fn list(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, Scalar::Table(_))
    }
    /// A text, a number or a boolean, as text.
    pub(crate) fn word(&self) -> Option<String> {
        match &self.value {
            Scalar::Text(text) | Scalar::Number(text) => Some(text.clone()),
            Scalar::Flag(flag) => Some(flag.to_string()),
            Scalar::Null | Scalar::List(_) | Scalar::Table(_) => None,
        }
    }
    /// The value of a key as a text that is not blank.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.word().filter(|text| !text.trim().is_empty())
    }
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.text(key)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
    pub(crate) fn count(&self, key: &str) -> Option<u32> {
        self.number(key).map(|number| number as u32)
    }
    /// A boolean, also as databases write it.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match &self.get(key)?.value {
            Scalar::Flag(flag) => Some(*flag),
            Scalar::Number(number) => Some(number != "0"),
            Scalar::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Some(true),
                "false" | "0" | "no" => Some(false),
                _ => None,
            },
            Scalar::Null | Scalar::List(_) | Scalar::Table(_) => None,
        }
    }
    pub(crate) fn is_on(&self, key: &str) -> bool {
        self.flag(key).unwrap_or(false)
    }
    /// A list of words, or one word.
    pub(crate) fn words(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Node { value: Scalar::List(items), .. }) => items.iter().filter_map(Node::word).collect(),
            Some(one) => one.word().into_iter().collect(),
            None => Vec::new(),
        }
    }
    /// The keys that are given and are not in `known`.
    pub(crate) fn others<'n>(&'n self, known: &'n [&str]) -> impl Iterator<Item = &'n str> {
        let given = self.entries().iter().filter(|(_, node)| node.value != Scalar::Null);
        given.map(|(key, _)| key.as_str()).filter(|key| !known.contains(key))
    }
}
