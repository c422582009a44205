//! What a schema finds wrong, in the config's own words. Values are not repeated, because one of them may be a secret
//! in the wrong place.

use serde_json::Value as Json;

use super::{MergedConfig, with_user};
use crate::marks::Applicable;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::source::Span;
use crate::text::nearest;
use crate::tree::{Table, Value};
use crate::validator::{Validator, Wrong};

pub(super) fn tell(
    facts: &PluginFacts,
    validator: &Validator,
    instance: &Json,
    given: &MergedConfig<'_>,
    told: &[Span],
    problems: &mut Problems,
) {
    for fault in validator.faults(instance) {
        let steps = &fault.steps;
        let found = find(given, steps);
        if told.contains(&found.span) {
            continue;
        }
        // The same steps as a path for people, on the heap because there may be any number of them.
        let mut text = given.path.to_string();
        steps.iter().for_each(|step| text.push_str(&format!(".{step}")));
        let root = KeyPath::Root;
        let path = root.key(&text);
        let schemas = steps.iter().fold(Applicable::root(&facts.schema), |schemas, step| {
            if step.bytes().all(|byte| byte.is_ascii_digit()) { schemas.item() } else { schemas.key(step) }
        });
        for draft in drafts(&fault.wrong, fault.name(), facts, &found, &schemas, &path, given) {
            problems.push(draft);
        }
    }
}

/// The place of the value, and its table if it is one.
struct Found<'a> {
    span: Span,
    table: Option<&'a Table>,
    text: Option<&'a str>,
    kind: &'static str,
}

fn find<'a>(given: &MergedConfig<'a>, steps: &[String]) -> Found<'a> {
    let mut found = Found { span: given.whole, table: Some(given.table), text: None, kind: "a table" };
    let mut list: Option<&'a [crate::tree::Node]> = None;
    for step in steps {
        let node = match (found.table, list) {
            (Some(table), _) => table.get(step).map(|entry| &entry.node),
            (None, Some(list)) => step.parse::<usize>().ok().and_then(|at| list.get(at)),
            (None, None) => None,
        };
        let Some(node) = node else { break };
        list = match &node.value {
            Value::List(items) => Some(items),
            _ => None,
        };
        found = Found {
            span: node.span,
            table: match &node.value {
                Value::Table(table) => Some(table),
                _ => None,
            },
            text: match &node.value {
                Value::Text(text) | Value::Cell(text) => Some(text),
                _ => None,
            },
            kind: node.value.kind(),
        };
    }
    found
}

fn drafts(
    wrong: &Wrong,
    name: &str,
    facts: &PluginFacts,
    found: &Found<'_>,
    schemas: &Applicable<'_>,
    path: &KeyPath<'_>,
    given: &MergedConfig<'_>,
) -> Vec<Draft> {
    let plugin = facts.name.as_str();
    let about = match schemas.description() {
        Some(words) => format!("`{name}`: {words}"),
        None => format!("`watchkeep plugin inspect {plugin}` shows what it takes"),
    };
    let of = |wrong: &Wrong| {
        let message = wrong.sentence(name, plugin, found.kind);
        with_user(Draft::error(found.span, path, message), found.span, given).hint(about.clone())
    };
    let one = of(wrong);
    vec![match wrong {
        Wrong::UnknownKeys(keys) => {
            return keys.iter().map(|key| unknown_key(key, plugin, found, schemas, path, given)).collect();
        }
        Wrong::Missing(keys) => {
            let missing = |key: &String| of(&Wrong::Missing(vec![key.clone()]));
            return keys
                .iter()
                .map(|key| missing(key).may_follow().hint(format!("add `{key} = ...`")))
                .collect();
        }
        Wrong::Type { only_text: true, .. } if matches!(found.kind, "a number" | "true or false") => {
            one.hint("put it in quotes")
        }
        Wrong::NoneOf(known) => {
            let near = found.text.and_then(|text| nearest(text, known.iter().map(String::as_str)));
            one.hint(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of `{}`", known.join("`, `")),
            })
        }
        Wrong::Pattern(pattern) => one.hint(match (schemas.hint(), schemas.examples()) {
            (Some(hint), _) => hint.to_owned(),
            (None, examples) if !examples.is_empty() => format!("write it as `{}`", examples.join("` or `")),
            (None, _) => format!("it has to match `{pattern}`"),
        }),
        Wrong::Type { .. } | Wrong::Constant(_) | Wrong::Bound(_) | Wrong::TooCostly | Wrong::Other(_) => one,
    }]
}

fn unknown_key(
    key: &str,
    plugin: &str,
    found: &Found<'_>,
    schemas: &Applicable<'_>,
    path: &KeyPath<'_>,
    given: &MergedConfig<'_>,
) -> Draft {
    let span = found.table.and_then(|table| table.get(key)).map_or(found.span, |entry| entry.key);
    let draft = Draft::error(span, &path.key(key), format!("plugin `{plugin}` has no `{key}` in its config"));
    let known = || schemas.keys();
    with_user(draft, span, given).hint(match nearest(key, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its keys are `{}`", known().collect::<Vec<_>>().join("`, `")),
    })
}
