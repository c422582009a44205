//! The fields of a plugin's config as a person reads them, from its JSON Schema: what each is for, its default, and how
//! it may be written.

use serde_json::{Map, Value, json};

use crate::marks::Applicable;

/// How deep tables within tables are described.
const DEPTH_MAX: usize = 6;
const FIELDS_MAX: usize = 500;
const CHOICES_MAX: usize = 100;
/// How deep tables in an example are nested.
const EXAMPLE_DEPTH_MAX: usize = 2;
/// The most keys of a table in an example; if more are required, there is no example.
const EXAMPLE_KEYS_MAX: usize = 8;

/// One field.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldDoc {
    /// The path from the top: `auth.user`; `[]` stands for an item of a list, `*` for any key.
    pub path: String,
    /// The type in the words of JSON: `string`, `array of integer`, `string or object`.
    pub kind: String,
    /// All allowed values, if the schema lists them; for a list, those of its items.
    pub choices: Vec<Value>,
    /// The least and the greatest allowed value.
    pub bounds: (Option<Value>, Option<Value>),
    pub required: bool,
    pub default: Option<Value>,
    /// The plugin's own example, else one that its schema accepts; `None` if only the plugin knows one.
    pub example: Option<Value>,
    /// How to write it, in the plugin's words.
    pub hint: Option<String>,
    pub description: Option<String>,
    /// The capabilities that writing it grants.
    pub grants: Vec<String>,
    /// Whether it may be `{ secret = "NAME" }`.
    pub takes_secret: bool,
}

/// The fields of a plugin's config in the order of its schema, a table before what is in it. A table within itself
/// (such as a step that has the keys of all) is described once.
pub fn fields(schema: &Value) -> Vec<FieldDoc> {
    let mut found = Vec::new();
    collect(&Applicable::root(schema), "", &[], &mut found);
    found
}

/// The tables that contain a field.
type Above<'a> = &'a [Vec<*const Map<String, Value>>];

fn collect(table: &Applicable<'_>, before: &str, above: Above<'_>, found: &mut Vec<FieldDoc>) {
    let own = table.tables();
    if above.iter().flatten().any(|outer| own.contains(outer)) {
        return;
    }
    let above = &[above, &[own]].concat();
    let mut seen = std::collections::BTreeSet::new();
    for key in table.keys().filter(|key| seen.insert(*key)) {
        let path = if before.is_empty() { key.to_owned() } else { format!("{before}.{key}") };
        one(&table.key(key), path, table.requires(key), above, found);
    }
}

fn one(field: &Applicable<'_>, path: String, required: bool, above: Above<'_>, found: &mut Vec<FieldDoc>) {
    if found.len() >= FIELDS_MAX || above.len() > DEPTH_MAX + 1 {
        return;
    }
    let default = field.said("default").next().cloned();
    found.push(FieldDoc {
        kind: kind(field),
        choices: choices(field),
        bounds: (field.said("minimum").next().cloned(), field.said("maximum").next().cloned()),
        required,
        example: example(field, default.as_ref(), 0),
        default,
        hint: field.hint().map(str::to_owned),
        description: field.description().map(str::to_owned),
        grants: field.grants().iter().map(|grant| (*grant).to_owned()).collect(),
        takes_secret: field.takes_secret(),
        path: path.clone(),
    });
    if field.takes_secret() {
        return;
    }
    collect(field, &path, above, found);
    collect(&field.item(), &format!("{path}[]"), above, found);
}

fn kind(field: &Applicable<'_>) -> String {
    let mut kinds: Vec<String> = Vec::new();
    if field.takes_secret() {
        kinds.push("secret".to_owned());
    }
    for name in ["string", "integer", "number", "boolean", "array", "object"] {
        // A secret is a table only in JSON.
        let is_secret = name == "object" && field.takes_secret();
        if !field.takes_type(name) || is_secret {
            continue;
        }
        let items = if name == "array" { kind(&field.item()) } else { String::new() };
        kinds.push(if items.is_empty() { name.to_owned() } else { format!("array of {items}") });
    }
    if kinds.is_empty() { "any".to_owned() } else { kinds.join(" or ") }
}

fn choices(field: &Applicable<'_>) -> Vec<Value> {
    let item = field.item();
    let mut all: Vec<Value> = Vec::new();
    let lists = field.said("enum").chain(item.said("enum")).filter_map(Value::as_array);
    for choice in lists.flatten().filter(|choice| !choice.is_null()) {
        if all.len() < CHOICES_MAX && !all.contains(choice) {
            all.push(choice.clone());
        }
    }
    all
}

fn example(field: &Applicable<'_>, default: Option<&Value>, depth: usize) -> Option<Value> {
    let own = field.said("examples").find_map(|list| list.as_array()?.first()).cloned();
    let known = own.or_else(|| default.filter(|default| !default.is_null()).cloned());
    let known = known.or_else(|| field.said("enum").find_map(|list| list.as_array()?.first()).cloned());
    known.or_else(|| made_up(field, depth))
}

/// A value that the schema accepts, if the schema alone is enough to tell.
fn made_up(field: &Applicable<'_>, depth: usize) -> Option<Value> {
    if depth > EXAMPLE_DEPTH_MAX {
        return None;
    }
    if field.takes_secret() {
        return Some(json!({ "secret": "NAME" }));
    }
    if field.takes_type("boolean") {
        return Some(json!(true));
    }
    if field.takes_type("integer") || field.takes_type("number") {
        return Some(field.said("minimum").next().cloned().unwrap_or_else(|| json!(1)));
    }
    if field.takes_type("array") {
        return example(&field.item(), None, depth + 1).map(|item| json!([item]));
    }
    if field.takes_type("object") {
        return table(field, depth);
    }
    let is_free = ["pattern", "format", "const"].iter().all(|word| field.said(word).next().is_none());
    match field.grants() {
        ["http", ..] => Some(json!("https://example.com/")),
        ["net", ..] => Some(json!("example.com:5432")),
        [] if is_free && field.hint().is_none() => Some(json!("text")),
        _ => None,
    }
}

/// A table with the keys that are required, or with one if none are; a table with free keys has one.
fn table(field: &Applicable<'_>, depth: usize) -> Option<Value> {
    let keys: Vec<&str> = field.keys().collect();
    let needed: Vec<&str> = keys.iter().copied().filter(|key| field.requires(key)).collect();
    let shown = match (needed.is_empty(), keys.first()) {
        (false, _) => needed,
        (true, Some(first)) => vec![*first],
        (true, None) => vec!["NAME"],
    };
    if shown.len() > EXAMPLE_KEYS_MAX {
        return None;
    }
    let one = |key: &str| Some((key.to_owned(), example(&field.key(key), None, depth + 1)?));
    shown.into_iter().map(one).collect::<Option<Map<_, _>>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &Value, path: &str) -> FieldDoc {
        let all = fields(schema);
        let found = all.iter().find(|field| field.path == path);
        found.unwrap_or_else(|| panic!("{path} is not in {all:#?}")).clone()
    }

    #[test]
    fn every_field_has_its_kind_its_default_and_an_example() {
        let schema = json!({
            "required": ["url"],
            "properties": {
                "url": { "type": "string", "x-watchkeep-grant": "http", "description": "What is asked." },
                "wait": {
                    "type": "string", "pattern": "^[0-9]+s$", "default": "5s", "examples": ["30s"],
                    "x-watchkeep-hint": "write `30s`",
                },
                "code": { "type": "string", "pattern": "^[0-9x]+$", "x-watchkeep-hint": "write `2xx`" },
                "at_most": { "type": "integer", "minimum": 3 },
                "mode": { "enum": ["head", "get"], "type": "string" },
                "words": {
                    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                    "description": "What has to be there.", "default": ["here"], "examples": ["there"],
                },
                "modes": { "anyOf": [
                    { "enum": ["head", "get"], "type": "string" },
                    { "type": "array", "items": { "enum": ["head", "get"], "type": "string" } },
                ] },
                "token": { "anyOf": [{ "$ref": "#/$defs/secret" }, { "type": "null" }] },
                "codes": { "type": "array", "items": { "type": "integer", "minimum": 100 } },
                "headers": { "type": "object", "additionalProperties": { "$ref": "#/$defs/secret" } },
                "anything": { "description": "Whatever it is." },
                "auth": { "type": "object", "required": ["user"], "properties": { "user": { "type": "string" } } },
                "rows": { "type": "array", "items": { "type": "object", "properties": { "key": { "type": "string" } } } },
            },
            "$defs": { "secret": { "type": "object", "x-watchkeep-secret": true } },
        });
        let kinds = ["url", "wait", "at_most", "token", "codes", "auth", "auth.user", "rows", "rows[].key"]
            .map(|path| of(&schema, path).kind);
        assert_eq!(
            kinds,
            [
                "string",
                "string",
                "integer",
                "secret",
                "array of integer",
                "object",
                "string",
                "array of object",
                "string"
            ]
        );
        let example = |path: &str| of(&schema, path).example;
        assert_eq!(example("url"), Some(json!("https://example.com/")));
        assert_eq!(example("wait"), Some(json!("30s")));
        assert_eq!(example("code"), None, "only the plugin knows, and its hint says it");
        assert_eq!(example("at_most"), Some(json!(3)));
        assert_eq!(example("mode"), Some(json!("head")));
        assert_eq!(example("token"), Some(json!({"secret": "NAME"})));
        assert_eq!(example("codes"), Some(json!([100])));
        assert_eq!(example("auth"), Some(json!({"user": "text"})));
        assert_eq!(example("rows"), Some(json!([{"key": "text"}])));
        assert_eq!(example("headers"), Some(json!({"NAME": {"secret": "NAME"}})));
        assert_eq!(
            (of(&schema, "anything").kind.as_str(), example("anything")),
            ("any", Some(json!("text")))
        );
        let words = of(&schema, "words");
        assert_eq!(
            (words.description.as_deref(), words.kind.as_str()),
            (Some("What has to be there."), "string or array of string")
        );
        assert_eq!((words.default, words.example), (Some(json!(["here"])), Some(json!("there"))));
        for path in ["mode", "modes"] {
            assert_eq!(of(&schema, path).choices, [json!("head"), json!("get")], "{path}");
        }
        assert_eq!(of(&schema, "at_most").bounds, (Some(json!(3)), None));
        let wait = of(&schema, "wait");
        assert_eq!((wait.default, wait.hint.as_deref()), (Some(json!("5s")), Some("write `30s`")));
        assert!(
            of(&schema, "url").required && of(&schema, "auth.user").required && !of(&schema, "auth").required
        );
        assert_eq!(of(&schema, "url").grants, ["http"]);
    }

    #[test]
    fn a_schema_that_leads_to_itself_ends() {
        let looped: Vec<Value> = (0..8).map(|_| json!({ "$ref": "#" })).collect();
        let mut schema = json!({ "anyOf": looped, "properties": {} });
        for key in ["a", "b", "c", "d", "e", "f"] {
            schema["properties"][key] = json!({ "$ref": "#" });
        }
        let told: Vec<_> = fields(&schema).into_iter().map(|field| field.path).collect();
        assert_eq!(told, ["a", "b", "c", "d", "e", "f"]);
        assert!(fields(&json!({ "properties": 3 })).is_empty() && fields(&json!(null)).is_empty());
    }
}
