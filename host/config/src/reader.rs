//! Reads one section's keys from layers of tables; the first layer that has a key wins. A wrong value is reported at
//! its place, and the key then counts as not given.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::grant::{Allow, Origin};

use crate::each::Placeholders;
use crate::keys::{Kind, Section};
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::source::{Sources, Span};
use crate::text::{nearest, parse_size, parse_span, write_size, write_span};
use crate::tree::{Entry, Node, Table, Value};

#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) section: &'static Section,
    /// The tables, of which the first wins.
    pub(crate) layers: &'a [&'a Table],
    pub(crate) path: KeyPath<'a>,
    pub(crate) placeholders: Placeholders<'a>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// Labels that the host sets.
const DERIVED: [&str; 6] = ["check", "plugin", "state", "severity", "kind", "finding"];

/// Reports every key of `table` that the section does not have, or not yet.
pub(crate) fn refuse_unknown_keys(
    section: &Section,
    table: &Table,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) {
    for (name, entry) in table.iter() {
        let path = path.key(name);
        match section.find(name).map(|key| key.kind) {
            Some(Kind::NotYet) => {
                let message = format!("`{name}` is not yet supported by this version");
                let draft = Draft::error(entry.key, &path, message);
                problems.push(draft.hint("take it out until a later version reads it"));
            }
            Some(_) => {}
            None => {
                let draft =
                    Draft::error(entry.key, &path, format!("unknown key `{name}` in {}", section.noun));
                problems.push(draft.hint(match nearest(name, section.names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its keys are `{}`", section.names().collect::<Vec<_>>().join("`, `")),
                }));
            }
        }
    }
}

/// A problem that reads "`x` wants ..., not ...".
pub(crate) fn wrong_kind(node: &Node, path: &KeyPath<'_>, wanted: &str) -> Draft {
    let name = match path {
        KeyPath::Root => "",
        KeyPath::Key(_, name) => name,
    };
    let hint = match (&node.value, wanted) {
        (Value::Integer(_) | Value::Float(_) | Value::Flag(_) | Value::Moment(_), "a text" | "texts") => {
            "put it in quotes".to_owned()
        }
        (_, "a table") => "write a table: a header of its own, or braces".to_owned(),
        _ => format!("write {wanted}"),
    };
    Draft::error(node.span, path, format!("`{name}` wants {wanted}, not {}", node.value.kind())).hint(hint)
}

pub(crate) fn as_text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) | Value::Cell(text) => Some(text),
        Value::Integer(_)
        | Value::Float(_)
        | Value::Flag(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Table(_) => None,
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }
    /// The value with its placeholders filled.
    pub(crate) fn node(&self, key: &str, problems: &mut Problems) -> Option<Cow<'a, Node>> {
        self.placeholders.fill(&self.entry(key)?.node, &self.path.key(key), problems)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str, problems: &mut Problems) -> Option<Placed<String>> {
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        match as_text(&node) {
            Some("") => {
                problems.push(
                    Draft::error(node.span, &path, format!("`{key}` is empty"))
                        .hint("fill it in, or take it out"),
                );
                None
            }
            Some(text) => Some(Placed { value: text.to_owned(), span: node.span }),
            None => {
                problems.push(wrong_kind(&node, &path, "a text"));
                None
            }
        }
    }
    /// The name that something is given: letters, digits and `-_.:`.
    pub(crate) fn own_name(&self, whole: Span, problems: &mut Problems) -> Option<Placed<String>> {
        if self.entry("name").is_none() {
            let draft = Draft::error(whole, &self.path, format!("{} has no `name`", self.section.noun));
            problems.push(draft.hint("add `name = \"...\"`").may_follow());
            return None;
        }
        let name = self.text("name", problems)?;
        check_name(&name.value, name.span, &self.path.key("name"), problems).then_some(name)
    }
    pub(crate) fn flag(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let node = self.node(key, problems)?;
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Cell(text) if text == "true" || text == "false" => Some(text == "true"),
            _ => {
                problems.push(wrong_kind(&node, &self.path.key(key), "`true` or `false`"));
                None
            }
        }
    }
    pub(crate) fn count(&self, key: &str, problems: &mut Problems) -> Option<u32> {
        let Kind::Count { min, max } = self.section.key(key).kind else { return None };
        let node = self.node(key, problems)?;
        let number = match &node.value {
            Value::Integer(number) => Some(*number),
            Value::Cell(text) => text.parse().ok(),
            _ => None,
        };
        let path = self.path.key(key);
        let Some(number) = number else {
            problems.push(wrong_kind(&node, &path, "a whole number"));
            return None;
        };
        match u32::try_from(number) {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => {
                let message = format!("`{key}` cannot be {number}");
                let hint = format!("it goes from {min} to {max}");
                problems.push(Draft::error(node.span, &path, message).hint(hint));
                None
            }
        }
    }
    pub(crate) fn nonzero(&self, key: &str, problems: &mut Problems) -> Option<NonZeroU32> {
        self.count(key, problems).and_then(NonZeroU32::new)
    }
    pub(crate) fn span(&self, key: &str, problems: &mut Problems) -> Option<Duration> {
        let Kind::Span { min, max } = self.section.key(key).kind else { return None };
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        let Some(span) = as_text(&node).and_then(parse_span) else {
            const AS: &str = "write it as `\"1h30m\"` or `\"500ms\"`";
            problems.push(match &node.value {
                Value::Text(text) | Value::Cell(text) => {
                    Draft::error(node.span, &path, format!("`{text}` is not a duration")).hint(AS)
                }
                Value::Integer(number) => wrong_kind(&node, &path, "a duration")
                    .hint(format!("write it with its unit: `\"{number}s\"`")),
                _ => wrong_kind(&node, &path, "a duration").hint(AS),
            });
            return None;
        };
        let (min, max) = (Duration::from_millis(min), Duration::from_millis(max));
        if span < min || span > max {
            let draft = Draft::error(node.span, &path, format!("`{key}` cannot be {}", write_span(span)));
            problems.push(draft.hint(format!("it goes from {} to {}", write_span(min), write_span(max))));
            return None;
        }
        Some(span)
    }
    pub(crate) fn size(&self, key: &str, problems: &mut Problems) -> Option<u64> {
        let Kind::Size { min, max } = self.section.key(key).kind else { return None };
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        let Some(size) = as_text(&node).and_then(parse_size) else {
            const AS: &str = "write it as `\"32MiB\"`";
            problems.push(match &node.value {
                Value::Text(text) => {
                    Draft::error(node.span, &path, format!("`{text}` is not a size")).hint(AS)
                }
                _ => wrong_kind(&node, &path, "a size").hint(AS),
            });
            return None;
        };
        if size < min || size > max {
            let draft = Draft::error(node.span, &path, format!("`{key}` cannot be {}", write_size(size)));
            problems.push(draft.hint(format!("it goes from {} to {}", write_size(min), write_size(max))));
            return None;
        }
        Some(size)
    }
    /// The value of a key that has a fixed set of choices.
    pub(crate) fn choice(&self, key: &str, problems: &mut Problems) -> Option<&'static str> {
        let Kind::Choice(choices) = self.section.key(key).kind else { return None };
        let text = self.text(key, problems)?;
        let found = choices.iter().find(|choice| **choice == text.value);
        if found.is_none() {
            let message = format!("`{key}` cannot be `{}`", text.value);
            let hint = format!("it is one of `{}`", choices.join("`, `"));
            problems.push(Draft::error(text.span, &self.path.key(key), message).hint(hint));
        }
        found.copied()
    }
    pub(crate) fn zone(&self, key: &str, problems: &mut Problems) -> Option<Tz> {
        let text = self.text(key, problems)?;
        match Tz::from_str(&text.value) {
            Ok(zone) => Some(zone),
            Err(_) => {
                let draft = Draft::error(
                    text.span,
                    &self.path.key(key),
                    format!("unknown time zone `{}`", text.value),
                );
                let near = nearest(&text.value, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
                problems.push(match near {
                    Some(near) => draft.hint(format!("did you mean `{near}`?")),
                    None => draft.hint("write its IANA name, such as `Europe/Oslo`"),
                });
                None
            }
        }
    }
    /// The address of a page, without a trailing slash.
    pub(crate) fn url(&self, key: &str, problems: &mut Problems) -> Option<String> {
        let text = self.text(key, problems)?;
        let is_web = text.value.starts_with("http://") || text.value.starts_with("https://");
        let problem = match Origin::of_url(&text.value) {
            Ok(_) if is_web => return Some(text.value.trim_end_matches('/').to_owned()),
            Ok(_) => "it begins neither with `https://` nor with `http://`".to_owned(),
            Err(error) => error.problem,
        };
        let message = format!("`{key}` is not a URL: {problem}");
        let draft = Draft::error(text.span, &self.path.key(key), message);
        problems.push(draft.hint("write it as `\"https://watch.example.com\"`"));
        None
    }
    pub(crate) fn path(&self, key: &str, sources: &Sources, problems: &mut Problems) -> Option<PathBuf> {
        let text = self.text(key, problems)?;
        Some(sources.folder(text.span.file).join(text.value))
    }
    /// The name of something that must exist.
    pub(crate) fn name(&self, key: &str, names: &Names, problems: &mut Problems) -> Option<Placed<String>> {
        let Kind::Name(named) = self.section.key(key).kind else { return None };
        let text = self.text(key, problems)?;
        names.check(named, &text, &self.path.key(key), problems).then_some(text)
    }
    pub(crate) fn names(
        &self,
        key: &str,
        names: &Names,
        problems: &mut Problems,
    ) -> Option<Vec<Placed<String>>> {
        let Kind::Names(named) = self.section.key(key).kind else { return None };
        let texts = self.texts(key, problems)?;
        let path = self.path.key(key);
        Some(texts.into_iter().filter(|text| names.check(named, text, &path, problems)).collect())
    }
    /// A name, or a list of names, of things that must exist.
    pub(crate) fn one_or_more(
        &self,
        key: &str,
        names: &Names,
        problems: &mut Problems,
    ) -> Option<Vec<Placed<String>>> {
        let Kind::OneOrMore(named) = self.section.key(key).kind else { return None };
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        let texts = match (as_text(&node), &node.value) {
            (Some(text), _) => vec![Placed { value: text.to_owned(), span: node.span }],
            (None, Value::List(_)) => texts_of(&node, &path, problems)?,
            (None, _) => {
                problems.push(wrong_kind(&node, &path, "a name or a list of names"));
                return None;
            }
        };
        Some(texts.into_iter().filter(|text| names.check(named, text, &path, problems)).collect())
    }
    /// A list of texts, none twice.
    pub(crate) fn texts(&self, key: &str, problems: &mut Problems) -> Option<Vec<Placed<String>>> {
        let node = self.node(key, problems)?;
        texts_of(&node, &self.path.key(key), problems)
    }

    /// Labels of all layers, earlier layers over later ones, all of them over `below`.
    pub(crate) fn labels(&self, below: &mut BTreeMap<String, String>, problems: &mut Problems) {
        let path = self.path.key("labels");
        for layer in self.layers.iter().rev() {
            let Some(entry) = layer.get("labels") else { continue };
            let Some(node) = self.placeholders.fill(&entry.node, &path, problems) else { continue };
            let Value::Table(table) = &node.value else {
                let draft = wrong_kind(&node, &path, "a table of texts");
                problems.push(draft.hint("write it as `labels = { team = \"web\" }`"));
                continue;
            };
            for (name, entry) in table.iter() {
                if let Some(value) = label(name, entry, &path.key(name), problems) {
                    below.insert(name.to_owned(), value);
                }
            }
        }
    }
    /// The grants of all layers together.
    pub(crate) fn allow(&self, names: &Names, problems: &mut Problems) -> Allow {
        let mut allow = Allow::default();
        let path = self.path.key("allow");
        for layer in self.layers.iter().rev() {
            let Some(entry) = layer.get("allow") else { continue };
            let Some(node) = self.placeholders.fill(&entry.node, &path, problems) else { continue };
            allow.merge(&crate::allow::read(&node, &path, names, problems));
        }
        allow
    }
}

fn label(name: &str, entry: &Entry, path: &KeyPath<'_>, problems: &mut Problems) -> Option<String> {
    if DERIVED.contains(&name) {
        let draft = Draft::error(entry.key, path, format!("the label `{name}` is made by the host"));
        problems.push(draft.hint("give the label another name"));
        return None;
    }
    let is_good = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if !is_good {
        let draft = Draft::error(entry.key, path, format!("`{name}` is not a valid label name"));
        problems.push(draft.hint("use letters, digits and `_`, and no digit in front"));
        return None;
    }
    match as_text(&entry.node) {
        Some(text) => Some(text.to_owned()),
        None => {
            problems.push(wrong_kind(&entry.node, path, "a text").hint("put it in quotes"));
            None
        }
    }
}

pub(crate) fn texts_of(
    node: &Node,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<Placed<String>>> {
    let Value::List(list) = &node.value else {
        let draft = wrong_kind(node, path, "a list of texts");
        problems.push(match as_text(node) {
            Some(text) => draft.hint(format!("write it as `[\"{text}\"]`")),
            None => draft,
        });
        return None;
    };
    let mut all: Vec<Placed<String>> = Vec::with_capacity(list.len());
    for item in list {
        match as_text(item) {
            Some(text) if all.iter().any(|other| other.value == text) => {
                problems.push(
                    Draft::warning(item.span, path, format!("`{text}` is listed twice"))
                        .hint("keep one of the two"),
                );
            }
            Some(text) => all.push(Placed { value: text.to_owned(), span: item.span }),
            None => problems.push(wrong_kind(item, path, "texts")),
        }
    }
    Some(all)
}

/// Checks a name. Names are part of addresses, labels and command lines.
pub(crate) fn check_name(name: &str, span: Span, path: &KeyPath<'_>, problems: &mut Problems) -> bool {
    const LENGTH_MAX: usize = 200;
    let odd = name.chars().find(|char| !char.is_alphanumeric() && !"-_.:".contains(*char));
    let message = match odd {
        Some(odd) => format!("a name cannot have `{}` in it", odd.escape_debug()),
        None if name.is_empty() => "the name is empty".to_owned(),
        None if name.len() > LENGTH_MAX => format!("the name has more than {LENGTH_MAX} bytes"),
        None => return true,
    };
    problems.push(Draft::error(span, path, message).hint("use letters, digits and `-_.:`"));
    false
}
