//! The JSON Schema of the whole config, for editors. It is made from the table of keys and from the plugins' own
//! schemas, and helps while typing; `load` is what decides.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use watchkeep_core::grant::Capability;
use watchkeep_core::ids::PluginName;

use crate::keys::{CHECK, Key, Kind, Named, Section, Shape, TEMPLATE, TOP_LEVEL};
use crate::marks::with_references;
use crate::plugin_facts::PluginFacts;
use watchkeep_core::kind::PluginKind;

/// The JSON Schema 2020-12 of the config, with the plugins' own parts.
pub fn config_schema(plugins: &BTreeMap<PluginName, PluginFacts>) -> Value {
    let mut properties = Map::new();
    let mut definitions = Map::new();
    for facts in plugins.values() {
        definitions.insert(format!("plugin-{}", facts.name), plugin_part(facts));
    }
    for top in TOP_LEVEL {
        let mut one = section(top.section, plugins);
        let kind = match top.name {
            "check" | "template" => Some(PluginKind::Check),
            "receiver" => Some(PluginKind::Notifier),
            "action" => Some(PluginKind::Action),
            _ => None,
        };
        let of_kind = kind.map(|kind| plugins.values().filter(move |facts| facts.kind == kind));
        let parts: Vec<Value> = of_kind.into_iter().flatten().map(when_plugin).collect();
        if !parts.is_empty() {
            one["allOf"] = parts.into();
        }
        let whole = match top.shape {
            Shape::One => one,
            Shape::Named | Shape::Inline => {
                json!({ "type": "object", "description": top.section.doc, "additionalProperties": one })
            }
            Shape::Many => {
                json!({ "type": "array", "description": top.section.doc, "items": one })
            }
            Shape::Lists => {
                let list = json!({ "type": "array", "items": one });
                json!({ "type": "object", "description": top.section.doc, "additionalProperties": list })
            }
        };
        properties.insert(top.name.to_owned(), whole);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Watchkeep config",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// A plugin's schema as one of our definitions: what it requires may come from a template, and every text may be a
/// placeholder.
fn plugin_part(facts: &PluginFacts) -> Value {
    let mut schema = with_references(&facts.schema);
    let prefix = format!("#/$defs/plugin-{}", facts.name);
    move_references(&mut schema, &prefix);
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.remove("required");
        if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
            for inner in properties.values_mut() {
                *inner = json!({ "anyOf": [inner.take(), { "type": "string", "pattern": "\\$\\{each\\." }] });
            }
        }
    }
    schema
}

/// Adjusts references such as `#/$defs/X`, because the plugin's own document is now a part of ours.
fn move_references(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match inner {
                    Value::String(target) if key == "$ref" => {
                        if let Some(pointer) = target.strip_prefix('#') {
                            *target = format!("{prefix}{pointer}");
                        }
                    }
                    inner => move_references(inner, prefix),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| move_references(inner, prefix)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn when_plugin(facts: &PluginFacts) -> Value {
    let name = facts.name.as_str();
    json!({
        "if": { "properties": { "plugin": { "const": name } }, "required": ["plugin"] },
        "then": { "properties": { "config": { "$ref": format!("#/$defs/plugin-{name}") } } },
    })
}

fn section(section: &Section, plugins: &BTreeMap<PluginName, PluginFacts>) -> Value {
    let supported = section.keys().filter(|key| !matches!(key.kind, Kind::NotYet));
    let properties: Map<String, Value> =
        supported.map(|key| (key.name.to_owned(), property(key, section.header, plugins))).collect();
    let required: Vec<&str> = section.keys().filter(|key| key.is_required()).map(|key| key.name).collect();
    json!({
        "type": "object",
        "description": section.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(key: &Key, header: &str, plugins: &BTreeMap<PluginName, PluginFacts>) -> Value {
    let mut schema = of_kind(&key.kind, plugins);
    let may_be_placeholder = matches!(key.kind, Kind::Count { .. } | Kind::Flag | Kind::Choice(_))
        && (header == CHECK.header || header == TEMPLATE.header);
    if may_be_placeholder {
        schema = json!({ "anyOf": [schema, { "type": "string", "pattern": "\\$\\{each\\." }] });
    }
    let default = match key.default {
        "" => String::new(),
        default => format!(" Default: {default}"),
    };
    schema["description"] = json!(format!("{}{default}", key.doc));
    schema
}

fn of_kind(kind: &Kind, plugins: &BTreeMap<PluginName, PluginFacts>) -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let table_of = |inner: Value| json!({ "type": "object", "additionalProperties": inner });
    match kind {
        Kind::Text | Kind::Path | Kind::Address | Kind::Url | Kind::Zone | Kind::Cron | Kind::Moment => {
            text()
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Count { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Span { .. } => {
            json!({ "type": "string", "pattern": "^([0-9]+(w|d|h|m|s|ms))+$|\\$\\{each\\." })
        }
        Kind::Size { .. } => json!({ "type": "string", "pattern": "^[0-9]+([KMGT]i?B|B)$" }),
        Kind::Choice(choices) => json!({ "enum": choices }),
        Kind::Failures => json!({ "type": "string", "pattern": "^ *[0-9]+ of [0-9]+ *$" }),
        Kind::Name(Named::Plugin) => {
            let known: Vec<&str> = plugins.keys().map(PluginName::as_str).collect();
            json!({ "type": "string", "examples": known })
        }
        Kind::Name(_) => text(),
        Kind::Names(_) | Kind::Texts | Kind::Networks | Kind::Matchers | Kind::Origins => texts(),
        Kind::OneOrMore(_) => json!({ "anyOf": [text(), texts()] }),
        Kind::Most => json!({ "type": "string", "pattern": "^ *[0-9]+ in ([0-9]+(w|d|h|m|s|ms))+ *$" }),
        Kind::Remedies => {
            let after = of_kind(&Kind::Span { min: 0, max: 0 }, plugins);
            let table = json!({
                "type": "object",
                "properties": { "action": text(), "after": after },
                "required": ["action"],
                "additionalProperties": false,
            });
            json!({ "type": "array", "items": { "anyOf": [text(), table] } })
        }
        Kind::Parents => json!({ "type": "array", "items": { "anyOf": [text(), texts()] } }),
        Kind::Labels | Kind::TextTable => table_of(text()),
        Kind::Allow => {
            let lists: Map<String, Value> =
                Capability::ALL.iter().map(|capability| (capability.as_str().to_owned(), texts())).collect();
            json!({ "type": "object", "properties": lists, "additionalProperties": false })
        }
        Kind::Number => json!({ "type": "number" }),
        Kind::SecretReference => secret_reference(),
        Kind::TextOrSecret => json!({ "anyOf": [text(), secret_reference()] }),
        Kind::PluginConfig => json!({ "type": "object" }),
        Kind::Hours | Kind::Exceptions => table_of(texts()),
        Kind::Holidays => json!({ "type": ["array", "string"] }),
        Kind::Entries => table_of(json!({ "type": "object" })),
        Kind::Section(inner) => section(inner, plugins),
        Kind::Tables(inner) => json!({ "type": "array", "items": section(inner, plugins) }),
        Kind::NotYet => json!({}),
    }
}

fn secret_reference() -> Value {
    json!({
        "type": "object",
        "properties": { "secret": { "type": "string" } },
        "required": ["secret"],
        "additionalProperties": false,
    })
}
