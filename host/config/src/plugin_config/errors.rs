//! What a schema finds wrong, in the config's own words. Values are not repeated: one of them may be a secret
//! in the wrong place.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value as Json;

use super::{Given, with_user};
use crate::marks::Applicable;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::source::Span;
use crate::text::nearest;
use crate::tree::{Table, Value};

pub(super) fn tell(
    facts: &PluginFacts,
    validator: &Validator,
    instance: &Json,
    given: &Given<'_>,
    told: &[Span],
    problems: &mut Problems,
) {
    for error in validator.iter_errors(instance) {
        let pointer = error.instance_path().to_string();
        let steps: Vec<String> =
            pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let found = find(given, &steps);
        if told.contains(&found.span) {
            continue;
        }
        // The same steps as a path for people, made on the heap since their number is open.
        let mut text = given.path.to_string();
        steps.iter().for_each(|step| text.push_str(&format!(".{step}")));
        let root = KeyPath::Root;
        let path = root.key(&text);
        let schemas = steps.iter().fold(Applicable::root(&facts.schema), |schemas, step| {
            if step.bytes().all(|byte| byte.is_ascii_digit()) { schemas.item() } else { schemas.key(step) }
        });
        let is_key = |step: &&String| !step.bytes().all(|byte| byte.is_ascii_digit());
        let name = steps.iter().rev().find(is_key).map_or("config", String::as_str);
        for draft in drafts(&error, name, facts, &found, &schemas, &path, given) {
            problems.push(draft);
        }
    }
}

/// Where the value stands, and its table if it is one.
struct Found<'a> {
    span: Span,
    table: Option<&'a Table>,
    kind: &'static str,
}

fn find<'a>(given: &Given<'a>, steps: &[String]) -> Found<'a> {
    let mut found = Found { span: given.whole, table: Some(given.table), kind: "a table" };
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
            kind: node.value.kind(),
        };
    }
    found
}

fn drafts(
    error: &ValidationError<'_>,
    name: &str,
    facts: &PluginFacts,
    found: &Found<'_>,
    schemas: &Applicable<'_>,
    path: &KeyPath<'_>,
    given: &Given<'_>,
) -> Vec<Draft> {
    let plugin = &facts.name;
    let about = match schemas.description() {
        Some(words) => format!("`{name}`: {words}"),
        None => format!("`watchkeep plugin inspect {plugin}` shows what it takes"),
    };
    let at = |message: String| {
        with_user(Draft::error(found.span, path, message), found.span, given).hint(about.clone())
    };
    let one = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|key| unknown_key(key, plugin.as_str(), found, schemas, path, given))
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            at(format!("plugin `{plugin}` needs `{key}` in `{name}`"))
                .may_follow()
                .hint(format!("add `{key} = ...`"))
        }
        ValidationErrorKind::Type { kind } => {
            let draft = at(format!("`{name}` wants {}, not {}", wanted(kind), found.kind));
            let is_text = matches!(kind, TypeKind::Single(JsonType::String));
            let lacks_quotes = is_text && matches!(found.kind, "a number" | "true or false");
            if lacks_quotes { draft.hint("put it in quotes") } else { draft }
        }
        ValidationErrorKind::Enum { options } => {
            let known: Vec<&str> =
                options.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let near = error.instance().as_str().and_then(|text| nearest(text, known.iter().copied()));
            at(format!("`{name}` cannot be this")).hint(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of `{}`", known.join("`, `")),
            })
        }
        ValidationErrorKind::Constant { expected_value } => {
            at(format!("`{name}` has to be {expected_value}"))
        }
        ValidationErrorKind::Minimum { limit } => at(format!("`{name}` is below {limit}")),
        ValidationErrorKind::Maximum { limit } => at(format!("`{name}` is above {limit}")),
        ValidationErrorKind::ExclusiveMinimum { limit } => at(format!("`{name}` has to be above {limit}")),
        ValidationErrorKind::ExclusiveMaximum { limit } => at(format!("`{name}` has to be below {limit}")),
        ValidationErrorKind::MinItems { limit } => at(format!("`{name}` wants at least {limit} items")),
        ValidationErrorKind::MaxItems { limit } => at(format!("`{name}` takes at most {limit} items")),
        ValidationErrorKind::MinLength { limit: 1 } => at(format!("`{name}` is empty")),
        ValidationErrorKind::MinLength { limit } => at(format!("`{name}` wants at least {limit} characters")),
        ValidationErrorKind::MaxLength { limit } => at(format!("`{name}` takes at most {limit} characters")),
        ValidationErrorKind::Pattern { pattern } => {
            at(format!("`{name}` is not written as plugin `{plugin}` wants it"))
                .hint(format!("it has to match `{pattern}`"))
        }
        ValidationErrorKind::Format { format } => at(format!("`{name}` is no {format}")),
        ValidationErrorKind::UniqueItems => at(format!("`{name}` has an item twice")),
        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            at(format!("`{name}` has none of the forms that plugin `{plugin}` takes"))
        }
        other => at(format!(
            "`{name}` is refused by the config schema of plugin `{plugin}` (`{}`)",
            other.keyword()
        )),
    };
    vec![one]
}

fn unknown_key(
    key: &str,
    plugin: &str,
    found: &Found<'_>,
    schemas: &Applicable<'_>,
    path: &KeyPath<'_>,
    given: &Given<'_>,
) -> Draft {
    let span = found.table.and_then(|table| table.get(key)).map_or(found.span, |entry| entry.key);
    let draft = Draft::error(span, &path.key(key), format!("plugin `{plugin}` has no `{key}` in its config"));
    let known = || schemas.keys();
    with_user(draft, span, given).hint(match nearest(key, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its keys are `{}`", known().collect::<Vec<_>>().join("`, `")),
    })
}

fn wanted(kind: &TypeKind) -> String {
    let words = |name: &str| match name {
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a table".to_owned(),
        other => other.to_owned(),
    };
    match kind {
        TypeKind::Single(one) => words(one.as_str()),
        TypeKind::Multiple(several) => {
            several.iter().map(|one| words(one.as_str())).collect::<Vec<_>>().join(" or ")
        }
    }
}
