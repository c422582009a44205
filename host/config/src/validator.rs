//! A plugin's JSON Schema as a validator that finds what is wrong with a value. The schema comes from a stranger: it
//! loads nothing from anywhere, and its patterns are matched in linear time.

use std::error::Error;
use std::fmt;

use boon::{
    Compiler, Draft, ErrorKind, InstanceToken, SchemaIndex, Schemas, Type, UrlLoader, ValidationError,
};
use serde_json::Value;

use crate::budget;

/// The name of a schema that has no `$id`; nothing is ever fetched from there.
const PLACE: &str = "https://plugin.invalid/config";

/// The most faults that are reported for one value; nobody reads more.
const FAULTS_MAX: usize = 100;

pub(crate) struct Validator {
    schema: Value,
    schemas: Schemas,
    index: SchemaIndex,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}

/// One thing that is wrong. Values are not repeated, because one of them may be a secret in the wrong place.
pub(crate) struct Fault {
    /// The keys and indices of items, from the root.
    pub(crate) steps: Vec<String>,
    pub(crate) wrong: Wrong,
}

impl Fault {
    /// The innermost key, by which people call the place.
    pub(crate) fn name(&self) -> &str {
        let is_key = |step: &&String| !step.bytes().all(|byte| byte.is_ascii_digit());
        self.steps.iter().rev().find(is_key).map_or("config", String::as_str)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
    UnknownKeys(Vec<String>),
    Missing(Vec<String>),
    /// What it should be, in words, and whether a text was wanted.
    Type {
        wanted: String,
        only_text: bool,
    },
    /// None of the texts that are allowed.
    NoneOf(Vec<String>),
    Constant(String),
    /// A bound was exceeded. What follows the name of the key, in words.
    Bound(String),
    Pattern(String),
    /// It would take too many steps to find out.
    TooCostly,
    /// Another keyword of the schema.
    Other(&'static str),
}

/// A loader for schemas elsewhere, which loads nothing.
struct Nowhere;

impl UrlLoader for Nowhere {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("`{url}` is outside of the plugin").into())
    }
}

impl Validator {
    /// A validator for a schema, or a sentence that says why it is not a valid schema.
    pub(crate) fn new(schema: Value) -> Result<Self, String> {
        budget::look_at(&schema)?;
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(Nowhere));
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource(PLACE, schema.clone()).map_err(|error| reason(&error))?;
        let index = compiler.compile(PLACE, &mut schemas).map_err(|error| reason(&error))?;
        Ok(Self { schema, schemas, index })
    }

    pub(crate) fn is_valid(&self, instance: &Value) -> bool {
        budget::affords(&self.schema, instance) && self.schemas.validate(instance, self.index).is_ok()
    }

    /// Everything that is wrong, in the order of the schema.
    pub(crate) fn faults(&self, instance: &Value) -> Vec<Fault> {
        if !budget::affords(&self.schema, instance) {
            return vec![Fault { steps: Vec::new(), wrong: Wrong::TooCostly }];
        }
        let mut found = Vec::new();
        if let Err(error) = self.schemas.validate(instance, self.index) {
            collect(&error, &mut found);
        }
        found.truncate(FAULTS_MAX);
        found
    }
}

/// Collects the innermost causes. If none of several forms fits, that is the cause.
fn collect(error: &ValidationError<'_, '_>, found: &mut Vec<Fault>) {
    let is_one = matches!(error.kind, ErrorKind::AnyOf | ErrorKind::OneOf(_) | ErrorKind::Not);
    if !is_one && !error.causes.is_empty() {
        for cause in &error.causes {
            collect(cause, found);
        }
        return;
    }
    let steps = error.instance_location.tokens.iter().map(|token| match token {
        InstanceToken::Prop(key) => key.to_string(),
        InstanceToken::Item(place) => place.to_string(),
    });
    found.push(Fault { steps: steps.collect(), wrong: wrong(&error.kind) });
}

fn wrong(kind: &ErrorKind<'_, '_>) -> Wrong {
    let bound = |words: String| Wrong::Bound(words);
    match kind {
        ErrorKind::AdditionalProperties { got } => {
            Wrong::UnknownKeys(got.iter().map(ToString::to_string).collect())
        }
        ErrorKind::Required { want } => Wrong::Missing(want.iter().map(ToString::to_string).collect()),
        ErrorKind::Type { want, .. } => {
            let types: Vec<Type> = want.iter().collect();
            let words: Vec<&str> = types.iter().map(|one| words(*one)).collect();
            Wrong::Type { wanted: words.join(" or "), only_text: matches!(types[..], [Type::String]) }
        }
        ErrorKind::Enum { want } => {
            Wrong::NoneOf(want.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        ErrorKind::Const { want } => Wrong::Constant(want.to_string()),
        ErrorKind::Minimum { want, .. } => bound(format!("is below {want}")),
        ErrorKind::Maximum { want, .. } => bound(format!("is above {want}")),
        ErrorKind::ExclusiveMinimum { want, .. } => bound(format!("has to be above {want}")),
        ErrorKind::ExclusiveMaximum { want, .. } => bound(format!("has to be below {want}")),
        ErrorKind::MinItems { want, .. } => bound(format!("wants at least {want} items")),
        ErrorKind::MaxItems { want, .. } => bound(format!("takes at most {want} items")),
        ErrorKind::MinLength { want: 1, .. } => bound("is empty".to_owned()),
        ErrorKind::MinLength { want, .. } => bound(format!("wants at least {want} characters")),
        ErrorKind::MaxLength { want, .. } => bound(format!("takes at most {want} characters")),
        ErrorKind::Format { want, .. } => bound(format!("is not a valid {want}")),
        ErrorKind::UniqueItems { .. } => bound("has an item twice".to_owned()),
        ErrorKind::Pattern { want, .. } => Wrong::Pattern((*want).to_owned()),
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => Wrong::Other("anyOf"),
        ErrorKind::OneOf(Some(_)) => Wrong::Other("oneOf"),
        ErrorKind::AllOf => Wrong::Other("allOf"),
        ErrorKind::Not => Wrong::Other("not"),
        ErrorKind::FalseSchema => Wrong::Other("false"),
        ErrorKind::MultipleOf { .. } => Wrong::Other("multipleOf"),
        ErrorKind::MinProperties { .. } => Wrong::Other("minProperties"),
        ErrorKind::MaxProperties { .. } => Wrong::Other("maxProperties"),
        ErrorKind::PropertyName { .. } => Wrong::Other("propertyNames"),
        ErrorKind::Dependency { .. } => Wrong::Other("dependencies"),
        ErrorKind::DependentRequired { .. } => Wrong::Other("dependentRequired"),
        ErrorKind::Contains => Wrong::Other("contains"),
        ErrorKind::MinContains { .. } => Wrong::Other("minContains"),
        ErrorKind::MaxContains { .. } => Wrong::Other("maxContains"),
        ErrorKind::AdditionalItems { .. } => Wrong::Other("items"),
        ErrorKind::ContentEncoding { .. } => Wrong::Other("contentEncoding"),
        ErrorKind::ContentMediaType { .. } => Wrong::Other("contentMediaType"),
        ErrorKind::ContentSchema => Wrong::Other("contentSchema"),
        ErrorKind::RefCycle { .. } | ErrorKind::Reference { .. } => Wrong::Other("$ref"),
        ErrorKind::Group | ErrorKind::Schema { .. } => Wrong::Other("schema"),
    }
}

fn words(one: Type) -> &'static str {
    match one {
        Type::String => "a text",
        Type::Integer => "a whole number",
        Type::Number => "a number",
        Type::Boolean => "`true` or `false`",
        Type::Array => "a list",
        Type::Object => "a table",
        Type::Null => "null",
    }
}

impl Wrong {
    /// A sentence about the key `name` of `plugin`, which has a value of this `kind`.
    pub(crate) fn sentence(&self, name: &str, plugin: &str, kind: &str) -> String {
        let list = |keys: &[String]| keys.join("`, `");
        match self {
            Wrong::UnknownKeys(keys) => format!("plugin `{plugin}` has no `{}` in its config", list(keys)),
            Wrong::Missing(keys) => format!("plugin `{plugin}` needs `{}` in `{name}`", list(keys)),
            Wrong::Type { wanted, .. } => format!("`{name}` wants {wanted}, not {kind}"),
            Wrong::NoneOf(_) => format!("`{name}` cannot be this"),
            Wrong::Constant(value) => format!("`{name}` has to be {value}"),
            Wrong::Bound(words) => format!("`{name}` {words}"),
            Wrong::Pattern(_) => format!("`{name}` is not written as plugin `{plugin}` wants it"),
            Wrong::TooCostly => {
                format!(
                    "`{name}` takes too many steps to be held against the config schema of plugin `{plugin}`"
                )
            }
            Wrong::Other("anyOf") => format!("`{name}` has none of the forms that plugin `{plugin}` takes"),
            Wrong::Other(keyword) => {
                format!("`{name}` is refused by the config schema of plugin `{plugin}` (`{keyword}`)")
            }
        }
    }
}

/// The error as one line, with `it` in place of the made-up name of the schema.
fn reason(error: &dyn Error) -> String {
    error.to_string().replace(PLACE, "it").lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_read_from_outside() {
        for url in ["file:///etc/hostname", "https://example.com/schema.json", "/etc/hostname"] {
            let error = Validator::new(json!({"$ref": url})).expect_err("it is not there");
            assert!(error.len() < 300 && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_schema_that_leads_to_itself_and_a_costly_pattern_end() {
        let own = Validator::new(json!({"properties": {"a": {"$ref": "#"}}})).unwrap();
        assert!(own.is_valid(&json!({"a": {"a": {}}})));
        match Validator::new(json!({"$ref": "#"})) {
            Ok(circle) => assert!(!circle.is_valid(&json!({}))),
            Err(error) => assert!(!error.is_empty()),
        }
        let costly = Validator::new(json!({"pattern": "^(a+)+$"})).unwrap();
        assert!(!costly.is_valid(&json!("a".repeat(10_000) + "b")));
    }

    /// A schema in which each of `depth` definitions leads to the next `width` times.
    fn fan(keyword: &str, width: usize, depth: usize) -> Value {
        let to = |at: usize| json!({ "$ref": format!("#/$defs/d{at}") });
        let mut definitions = serde_json::Map::new();
        for at in 0..depth {
            let all: Vec<Value> = (0..width).map(|_| to(at + 1)).collect();
            definitions.insert(format!("d{at}"), json!({ keyword: all }));
        }
        definitions.insert(format!("d{depth}"), json!({}));
        json!({ "$ref": "#/$defs/d0", "$defs": definitions })
    }

    #[test]
    fn a_schema_that_takes_more_steps_than_there_are_atoms_is_not_walked() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let bomb = Validator::new(fan(keyword, 8, 60)).unwrap();
            assert!(!bomb.is_valid(&json!({})), "{keyword}");
            let faults = bomb.faults(&json!({}));
            assert!(matches!(faults[..], [Fault { wrong: Wrong::TooCostly, .. }]), "{keyword}");
            assert!(Validator::new(fan(keyword, 2, 3)).unwrap().faults(&json!({})).len() < 2, "{keyword}");
        }
        // Nor is one walked that grows with the value.
        let to_itself: Vec<Value> = (0..8).map(|_| json!({ "$ref": "#" })).collect();
        let inner = json!({ "properties": { "a": { "allOf": to_itself } } });
        let deep = (0..40).fold(json!({}), |inner, _| json!({ "a": inner }));
        assert!(!Validator::new(inner.clone()).unwrap().is_valid(&deep));
        assert!(Validator::new(inner).unwrap().is_valid(&json!({ "a": { "a": {} } })));
        // Nor is one that is very long, though each step leads only to the next.
        let mut long: serde_json::Map<String, Value> = (0..500)
            .map(|at| (format!("d{at}"), json!({ "$ref": format!("#/$defs/d{}", at + 1) })))
            .collect();
        long.insert("d500".to_owned(), json!({}));
        let long = json!({ "$ref": "#/$defs/d0", "$defs": long });
        assert!(!Validator::new(long).unwrap().is_valid(&json!({})));
        // Nor are eight that lead to themselves at once.
        let circle = json!({ "allOf": to_itself_all() });
        assert!(Validator::new(circle).map_or(true, |circle| !circle.is_valid(&json!({}))));
    }

    fn to_itself_all() -> Vec<Value> {
        (0..8).map(|_| json!({ "$ref": "#" })).collect()
    }

    #[test]
    fn what_cannot_be_counted_is_no_schema() {
        let many: Vec<Value> = (0..30_000).map(|at| json!({ "minimum": at })).collect();
        let patterns: Vec<Value> = (0..300).map(|at| json!({ "pattern": format!("a{at}") })).collect();
        for (schema, says) in [
            (json!({ "allOf": many }), "parts"),
            (json!({ "allOf": patterns }), "patterns"),
            (json!({ "pattern": "(?:(?:a{1,1000}){1,1000}){1,1000}" }), "too large"),
            (json!({ "patternProperties": { "(?:\\w{1,500}){1,500}": {} } }), "too large"),
            (json!({ "pattern": "a".repeat(2_000) }), "characters"),
            (json!({ "$dynamicRef": "#x" }), "`$dynamicRef`"),
            (json!({ "properties": { "a": { "$id": "https://a.test/", "allOf": [] } } }), "`$id`"),
            (json!({ "$ref": "#a" }), "pointer"),
            (json!({ "$ref": "config#/$defs/a", "$defs": { "a": {} } }), "pointer"),
            (json!({ "$ref": "#/%24defs/a", "$defs": { "a": {} } }), "pointer"),
        ] {
            let error = Validator::new(schema).expect_err(says);
            assert!(error.contains(says) && error.len() < 200, "{error}");
        }
        // Keys of a config may have any name.
        Validator::new(json!({ "properties": { "id": { "type": "string" }, "$anchor": {}, "pattern": {} } }))
            .unwrap();
    }

    #[test]
    fn every_cause_is_told_with_its_place() {
        let schema = json!({
            "properties": {"urls": {"items": {"type": "string", "minLength": 1}}, "mode": {"enum": ["a", "b"]}},
            "required": ["name", "urls"],
            "additionalProperties": false,
        });
        let faults =
            Validator::new(schema).unwrap().faults(&json!({"urls": ["", 7], "mode": "c", "more": 1}));
        let mut told: Vec<String> = faults
            .iter()
            .map(|fault| {
                format!("{}: {}", fault.steps.join("/"), fault.wrong.sentence("it", "p", "a number"))
            })
            .collect();
        told.sort();
        assert_eq!(
            told,
            [
                ": plugin `p` has no `more` in its config",
                ": plugin `p` needs `name` in `it`",
                "mode: `it` cannot be this",
                "urls/0: `it` is empty",
                "urls/1: `it` wants a text, not a number",
            ]
        );
    }
}
