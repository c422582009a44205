//! The sections of all files, by name. A name given twice is reported with both places.

use std::collections::BTreeMap;

use crate::files::File;
use crate::keys::{NOT_YET, Shape, TOP_LEVEL, TopLevel};
use crate::problems::{Draft, KeyPath, Problems};
use crate::source::Span;
use crate::text::nearest;
use crate::tree::{Entry, Node, Table, Value};

/// One element of `[[check]]` or a similar section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The span of its header.
    pub(crate) span: Span,
    pub(crate) table: &'a Table,
}

#[derive(Debug, Default)]
pub(crate) struct Gathered<'a> {
    one: BTreeMap<&'static str, Table>,
    named: BTreeMap<&'static str, BTreeMap<&'a str, &'a Entry>>,
    many: BTreeMap<&'static str, Vec<Element<'a>>>,
}

impl<'a> Gathered<'a> {
    /// `[host]` or `[defaults]`, from all files.
    pub(crate) fn one(&self, name: &str) -> Option<&Table> {
        self.one.get(name)
    }
    /// `[site.NAME]` and similar sections, by name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        self.named.get(name).into_iter().flatten().map(|(name, entry)| (*name, *entry))
    }
    /// `[[check]]` and similar sections, in the order of the files and their texts.
    pub(crate) fn many(&self, name: &str) -> &[Element<'a>] {
        self.many.get(name).map_or(&[], Vec::as_slice)
    }
}

pub(crate) fn gather<'a>(files: &'a [File], problems: &mut Problems) -> Gathered<'a> {
    let mut gathered = Gathered::default();
    for file in files {
        for (name, entry) in file.table.in_text_order() {
            match TOP_LEVEL.iter().find(|top| top.name == name) {
                Some(top) => gathered.add(top, entry, problems),
                None => unknown_section(name, entry, problems),
            }
        }
    }
    gathered
}

impl<'a> Gathered<'a> {
    fn add(&mut self, top: &'static TopLevel, entry: &'a Entry, problems: &mut Problems) {
        let path = KeyPath::Root.key(top.name);
        match (top.shape, &entry.node.value) {
            (Shape::One, Value::Table(table)) => {
                let all = self.one.entry(top.name).or_default();
                for (key, entry) in table.iter() {
                    match all.get(key) {
                        // Every file may have one of its own.
                        Some(_) if key == "include" => {}
                        Some(first) => {
                            problems.push(twice(&format!("`{key}`"), entry, first, &path.key(key)))
                        }
                        None => {
                            all.0.insert(key.to_owned(), entry.clone());
                        }
                    }
                }
            }
            (Shape::Named | Shape::Inline | Shape::Lists, Value::Table(table)) => {
                let all = self.named.entry(top.name).or_default();
                for (name, entry) in table.iter() {
                    match all.get(name) {
                        Some(first) => {
                            let what = format!("{} `{name}`", bare(top.section.noun));
                            problems.push(twice(&what, entry, first, &path.key(name)));
                        }
                        None => {
                            all.insert(name, entry);
                        }
                    }
                }
            }
            (Shape::Many, Value::List(list)) => {
                let all = self.many.entry(top.name).or_default();
                for node in list {
                    match node {
                        Node { value: Value::Table(table), span } => all.push(Element { span: *span, table }),
                        node => problems.push(wrong_shape(top, node)),
                    }
                }
            }
            (Shape::One | Shape::Named | Shape::Inline | Shape::Many | Shape::Lists, _) => {
                problems.push(wrong_shape(top, &entry.node));
            }
        }
    }
}

/// A noun such as "a check" without its article.
pub(crate) fn bare(noun: &str) -> &str {
    noun.strip_prefix("a ").or_else(|| noun.strip_prefix("an ")).unwrap_or(noun)
}

fn twice(what: &str, second: &Entry, first: &Entry, path: &KeyPath<'_>) -> Draft {
    Draft::error(second.key, path, format!("{what} is given twice"))
        .hint("keep one of the two, or rename one")
        .note(first.key, "first given here")
}

fn wrong_shape(top: &TopLevel, node: &Node) -> Draft {
    let path = KeyPath::Root;
    let header = top.section.header;
    Draft::error(node.span, &path.key(top.name), format!("{} is written as `{header}`", top.section.noun))
        .hint(format!("write the header `{header}`"))
}

fn unknown_section(name: &str, entry: &Entry, problems: &mut Problems) {
    let root = KeyPath::Root;
    let path = root.key(name);
    if NOT_YET.contains(&name) {
        let message = format!("`{name}` is not yet supported by this version");
        problems
            .push(Draft::error(entry.key, &path, message).hint("take it out until a later version reads it"));
        return;
    }
    let known = || TOP_LEVEL.iter().map(|top| top.name);
    let draft = Draft::error(entry.key, &path, format!("unknown section `{name}`"));
    problems.push(match nearest(name, known()) {
        Some(near) => draft.hint(format!("did you mean `{near}`?")),
        None => draft.hint(format!("sections are `{}`", known().collect::<Vec<_>>().join("`, `"))),
    });
}
