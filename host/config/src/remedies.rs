//! `on_pending` and `on_firing`: which actions a check names, and after what delay.

use std::time::Duration;

use watchkeep_core::ids::ActionName;
use watchkeep_core::recovery::{Occurs, Remedy};

use crate::keys::{AFTER_MAX, Named};
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, wrong_kind};
use crate::source::Span;
use crate::text::{parse_span, write_span};
use crate::tree::{Node, Table, Value};

const AS: &str = "write a name, or `{ action = \"NAME\", after = \"30s\" }`";

/// The actions that a check names, those of `on_pending` first.
pub(crate) fn read(reader: &Reader<'_>, names: &Names, problems: &mut Problems) -> Vec<Remedy> {
    let mut remedies: Vec<Placed<Remedy>> = Vec::new();
    for (key, when) in [("on_pending", Occurs::Pending), ("on_firing", Occurs::Firing)] {
        let Some(node) = reader.node(key, problems) else { continue };
        let path = reader.path.key(key);
        let Value::List(list) = &node.value else {
            let draft = wrong_kind(&node, &path, "a list of actions");
            problems.push(match as_text(&node) {
                Some(text) => draft.hint(format!("write it as `[\"{text}\"]`")),
                None => draft,
            });
            continue;
        };
        for item in list {
            let Some(remedy) = remedy(item, when, names, &path, problems) else { continue };
            match remedies.iter().find(|other| other.value.action == remedy.value.action) {
                Some(first) => {
                    let message = format!("the check names the action `{}` twice", remedy.value.action);
                    let draft = Draft::error(remedy.span, &path, message);
                    let hint = "keep one of the two; `attempts` of the action says how often it acts";
                    problems.push(draft.hint(hint).note(first.span, "first named here"));
                }
                None => remedies.push(remedy),
            }
        }
    }
    remedies.into_iter().map(|remedy| remedy.value).collect()
}

fn remedy(
    node: &Node,
    when: Occurs,
    names: &Names,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Placed<Remedy>> {
    let (name, after) = match (as_text(node), &node.value) {
        (Some(text), _) => (Placed { value: text.to_owned(), span: node.span }, Duration::ZERO),
        (None, Value::Table(table)) => table_of(table, node.span, path, problems)?,
        (None, _) => {
            problems.push(wrong_kind(node, path, "names of actions").hint(AS));
            return None;
        }
    };
    if !names.check(Named::Action, &name, path, problems) {
        return None;
    }
    let action = ActionName::from(name.value.as_str());
    Some(Placed { value: Remedy { action, when, after }, span: name.span })
}

fn table_of(
    table: &Table,
    span: Span,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<(Placed<String>, Duration)> {
    for (key, entry) in table.iter().filter(|(key, _)| !matches!(*key, "action" | "after")) {
        let draft = Draft::error(entry.key, path, format!("unknown key `{key}` beside an action's name"));
        problems.push(draft.hint("its keys are `action` and `after`"));
    }
    let Some(entry) = table.get("action") else {
        problems.push(Draft::error(span, path, "it names no `action`").hint(AS));
        return None;
    };
    let Some(name) = as_text(&entry.node) else {
        problems.push(wrong_kind(&entry.node, &path.key("action"), "a text"));
        return None;
    };
    let name = Placed { value: name.to_owned(), span: entry.node.span };
    let Some(entry) = table.get("after") else { return Some((name, Duration::ZERO)) };
    let path = path.key("after");
    let Some(after) = as_text(&entry.node).and_then(parse_span) else {
        problems.push(wrong_kind(&entry.node, &path, "a duration").hint("write it as `\"30s\"`"));
        return None;
    };
    let longest = Duration::from_millis(AFTER_MAX);
    if after > longest {
        let message = format!("`after` cannot be {}", write_span(after));
        let hint = format!("it goes from 0s to {}", write_span(longest));
        problems.push(Draft::error(entry.node.span, &path, message).hint(hint));
        return None;
    }
    Some((name, after))
}
