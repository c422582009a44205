//! What a plugin's JSON Schema says about one value of its config: every subschema that applies to it, with the marks
//! `x-watchkeep-grant` and `x-watchkeep-secret`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// How many `$ref` and the like are followed; a schema that leads in a circle ends here.
const DEPTH_MAX: usize = 64;
/// How many subschemas that apply to one value are used; further ones are ignored.
const APPLIED_MAX: usize = 1_000;

/// The subschemas that apply to one value, including those behind `$ref`, `anyOf`, `oneOf` and `allOf`.
#[derive(Clone, Debug)]
pub(crate) struct Applicable<'s> {
    root: &'s Value,
    /// All of them, outer ones first: what is written beside `anyOf` or `$ref` applies to the value as well.
    every: Vec<&'s Map<String, Value>>,
    /// Those that describe the value themselves.
    plain: Vec<&'s Map<String, Value>>,
    /// For each of `plain`, whether it, or what led to it, is marked as a secret.
    secret: Vec<bool>,
    grants: Vec<&'s str>,
    /// Those that were visited, and whether as a secret: a schema may lead to one of them in many ways.
    seen: HashSet<(*const Map<String, Value>, bool)>,
}

impl<'s> Applicable<'s> {
    pub(crate) fn root(schema: &'s Value) -> Self {
        let mut all = Self::nothing(schema);
        all.add(schema, false, 0);
        all
    }
    /// The subschemas for the value under `key` of a table.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut all = Self::nothing(self.root);
        for schema in &self.plain {
            let own = schema.get("properties").and_then(|properties| properties.get(key));
            if let Some(inner) = own.or_else(|| schema.get("additionalProperties")) {
                all.add(inner, false, 0);
            }
        }
        all
    }
    /// The subschemas for the items of a list.
    pub(crate) fn item(&self) -> Self {
        let mut all = Self::nothing(self.root);
        for inner in self.plain.iter().filter_map(|schema| schema.get("items")) {
            all.add(inner, false, 0);
        }
        all
    }
    /// The keys that they name.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'s str> {
        let tables = self.plain.iter().filter_map(|schema| schema.get("properties")?.as_object());
        tables.flat_map(|properties| properties.keys().map(String::as_str))
    }
    /// The identity of its tables: a schema that leads to itself leads to the same ones.
    pub(crate) fn tables(&self) -> Vec<*const Map<String, Value>> {
        let tables = self.plain.iter().filter(|schema| schema.contains_key("properties"));
        tables.map(|schema| std::ptr::from_ref(*schema)).collect()
    }
    pub(crate) fn description(&self) -> Option<&'s str> {
        self.every.iter().find_map(|schema| schema.get("description")?.as_str())
    }
    /// How to write it, in the plugin's own words.
    pub(crate) fn hint(&self) -> Option<&'s str> {
        self.every.iter().find_map(|schema| schema.get("x-watchkeep-hint")?.as_str())
    }
    pub(crate) fn examples(&self) -> Vec<&'s str> {
        let lists = self.every.iter().filter_map(|schema| schema.get("examples")?.as_array());
        lists.flatten().filter_map(Value::as_str).collect()
    }
    /// What the subschemas say under a keyword.
    pub(crate) fn said(&self, keyword: &'static str) -> impl Iterator<Item = &'s Value> {
        self.every.iter().filter_map(move |schema| schema.get(keyword))
    }
    /// Whether the table must have the key.
    pub(crate) fn requires(&self, key: &str) -> bool {
        let mut lists = self.said("required").filter_map(Value::as_array);
        lists.any(|list| list.iter().any(|name| name == key))
    }
    pub(crate) fn takes_secret(&self) -> bool {
        self.secret.contains(&true)
    }
    pub(crate) fn takes_literal(&self) -> bool {
        self.secret.is_empty() || self.secret.contains(&false)
    }
    /// The capabilities that a literal value grants.
    pub(crate) fn grants(&self) -> &[&'s str] {
        &self.grants
    }
    /// Whether a literal value needs the grant of this name.
    pub(crate) fn needs(&self, capability: &str) -> bool {
        let marks = self.every.iter().filter_map(|schema| schema.get("x-watchkeep-needs")?.as_str());
        marks.into_iter().any(|mark| mark == capability)
    }
    /// Adds the marks of a list, which are meant for its items.
    pub(crate) fn inherit_grants(&mut self, list: &Applicable<'s>) {
        let missing = list.grants.iter().filter(|grant| !self.grants.contains(grant));
        let missing: Vec<&'s str> = missing.copied().collect();
        self.grants.extend(missing);
    }
    /// Whether a value of this JSON type is allowed, according to `type`.
    pub(crate) fn takes_type(&self, name: &str) -> bool {
        self.plain.iter().any(|schema| match schema.get("type") {
            Some(Value::String(only)) => only == name,
            Some(Value::Array(several)) => several.iter().any(|one| one == name),
            Some(_) | None => false,
        })
    }

    fn nothing(root: &'s Value) -> Self {
        Self {
            root,
            every: Vec::new(),
            plain: Vec::new(),
            secret: Vec::new(),
            grants: Vec::new(),
            seen: HashSet::new(),
        }
    }
    fn add(&mut self, schema: &'s Value, secret: bool, depth: usize) {
        let Some(object) = schema.as_object() else { return };
        let secret = secret || is_secret(object);
        let is_known = !self.seen.insert((std::ptr::from_ref(object), secret));
        if is_known || depth > DEPTH_MAX || self.seen.len() > APPLIED_MAX {
            return;
        }
        self.every.push(object);
        if let Some(capability) = object.get("x-watchkeep-grant").and_then(Value::as_str)
            && !self.grants.contains(&capability)
        {
            self.grants.push(capability);
        }
        let mut says_itself = true;
        if let Some(target) = object.get("$ref").and_then(Value::as_str)
            && let Some(found) = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer))
        {
            says_itself = false;
            self.add(found, secret, depth + 1);
        }
        for several in ["anyOf", "oneOf", "allOf"] {
            for inner in object.get(several).and_then(Value::as_array).into_iter().flatten() {
                // That is a field that may be left out; TOML has no null.
                if inner.get("type").and_then(Value::as_str) != Some("null") {
                    says_itself = false;
                    self.add(inner, secret, depth + 1);
                }
            }
        }
        if says_itself || object.contains_key("properties") {
            self.plain.push(object);
            self.secret.push(secret);
        }
    }
}

fn is_secret(schema: &Map<String, Value>) -> bool {
    schema.get("x-watchkeep-secret") == Some(&Value::Bool(true))
}

/// The schema with every secret as it is written in a config, `{ secret = "NAME" }`, however the plugin described it.
pub(crate) fn with_references(schema: &Value) -> Value {
    match schema {
        Value::Object(object)
            if is_secret(object) && !object.contains_key("anyOf") && !object.contains_key("oneOf") =>
        {
            let mut reference = json!({
                "type": "object",
                "properties": { "secret": { "type": "string" } },
                "required": ["secret"],
                "additionalProperties": false,
            });
            if let Some(description) = object.get("description") {
                reference["description"] = description.clone();
            }
            reference
        }
        Value::Object(object) => {
            object.iter().map(|(key, inner)| (key.clone(), with_references(inner))).collect()
        }
        Value::Array(list) => list.iter().map(with_references).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_leads_to_itself_by_many_ways_is_looked_at_once() {
        let to_itself: Vec<Value> = (0..8).map(|_| json!({ "$ref": "#" })).collect();
        let own = json!({ "anyOf": to_itself, "properties": { "a": { "$ref": "#", "x-watchkeep-grant": "http" } } });
        let root = Applicable::root(&own);
        assert_eq!(root.key("a").key("a").key("a").grants(), ["http"]);
        let fan = |at: usize| -> Value {
            (0..8).map(|_| json!({ "$ref": format!("#/$defs/d{}", at + 1) })).collect()
        };
        let mut all: Map<String, Value> =
            (0..20).map(|at| (format!("d{at}"), json!({ "anyOf": fan(at) }))).collect();
        all.insert("d20".to_owned(), json!({ "type": "string", "x-watchkeep-secret": true }));
        let bomb = json!({ "$ref": "#/$defs/d0", "$defs": all });
        assert!(Applicable::root(&bomb).takes_secret());
    }
}
