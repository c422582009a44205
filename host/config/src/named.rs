//! Two questions about a config that can be answered without plugins: which plugins it names, and which values of a
//! plugin's own config grant something.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::files;
use crate::gather::gather;
use crate::marks::Applicable;
use crate::problems::Problems;
use crate::reader::as_text;
use crate::source::Sources;

/// The plugins that checks, templates, receivers, actions and `[plugin.NAME]` name, so that others need not be loaded for it.
/// `None` if that cannot be determined: nothing can be read, or a name is a placeholder.
pub fn plugins_named(path: &Path) -> Option<BTreeSet<String>> {
    let mut sources = Sources::default();
    // `load` reports them.
    let mut problems = Problems::default();
    let files = files::read_all(path, &mut sources, &mut problems);
    if files.is_empty() {
        return None;
    }
    let gathered = gather(&files, &mut problems);
    let mut named = BTreeSet::new();
    let listed = ["check", "receiver", "action"].into_iter().flat_map(|section| gathered.many(section));
    let from_lists = listed.filter_map(|element| as_text(&element.table.get("plugin")?.node));
    named.extend(from_lists.map(str::to_owned));
    for (_, entry) in gathered.named("template") {
        if let crate::tree::Value::Table(table) = &entry.node.value
            && let Some(plugin) = table.get("plugin").and_then(|plugin| as_text(&plugin.node))
        {
            named.insert(plugin.to_owned());
        }
    }
    named.extend(gathered.named("plugin").map(|(name, _)| name.to_owned()));
    named.iter().all(|name| !name.contains("${")).then_some(named)
}

/// The capability and value of everything in `config` that the plugin's schema marks with `x-watchkeep-grant`.
pub fn granting_values(schema: &Json, config: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&Applicable::root(schema), config, &mut found);
    found
}

/// The names of the secrets that `config` has where the plugin's schema accepts one.
pub fn secrets_named(schema: &Json, config: &Json) -> Vec<String> {
    let mut found = Vec::new();
    collect_secrets(&Applicable::root(schema), config, &mut found);
    found
}

fn collect_secrets(applicable: &Applicable<'_>, value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Object(fields) => match (fields.len(), fields.get("secret").and_then(Json::as_str)) {
            (1, Some(name)) if applicable.takes_secret() || applicable.key("secret").takes_type("string") => {
                found.push(name.to_owned());
            }
            _ => fields.iter().for_each(|(key, field)| collect_secrets(&applicable.key(key), field, found)),
        },
        Json::Array(items) => {
            let inner = applicable.item();
            items.iter().for_each(|item| collect_secrets(&inner, item, found));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn collect(applicable: &Applicable<'_>, value: &Json, found: &mut Vec<(String, String)>) {
    match value {
        Json::String(text) => {
            found.extend(
                applicable.grants().iter().map(|capability| ((*capability).to_owned(), text.clone())),
            );
        }
        Json::Array(items) => {
            let mut inner = applicable.item();
            inner.inherit_grants(applicable);
            for item in items {
                collect(&inner, item, found);
            }
        }
        Json::Object(fields) => {
            for (key, field) in fields {
                collect(&applicable.key(key), field, found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_secrets_that_a_config_names() {
        let schema = json!({
            "properties": {
                "bot": { "type": "object", "x-watchkeep-secret": true },
                // As plugins without the Rust SDK write it.
                "token": { "type": "object", "properties": { "secret": { "type": "string" } } },
                "keys": { "type": "array", "items": { "x-watchkeep-secret": true } },
                "note": { "type": "object", "properties": { "text": { "type": "string" } } },
            },
        });
        let config = json!({
            "bot": { "secret": "a" },
            "token": { "secret": "b" },
            "keys": [{ "secret": "c" }, "plain"],
            "note": { "text": "secret" },
            "unknown": { "secret": "d" },
        });
        let mut named = secrets_named(&schema, &config);
        named.sort();
        assert_eq!(named, ["a", "b", "c"]);
        assert!(secrets_named(&json!({}), &json!({"secret": "x"})).is_empty());
    }

    #[test]
    fn finds_the_values_that_grant_also_in_lists() {
        let schema = json!({
            "type": "object",
            "properties": {
                "url": { "type": "string", "x-watchkeep-grant": "http" },
                "also": { "type": "array", "items": { "type": "string", "x-watchkeep-grant": "dns" } },
                "note": { "type": "string" },
            },
        });
        let config =
            json!({ "url": "https://a.example/", "also": ["b.example"], "note": "https://c.example/" });
        let mut found = granting_values(&schema, &config);
        found.sort();
        let expected = [("dns", "b.example"), ("http", "https://a.example/")];
        assert_eq!(found, expected.map(|(capability, value)| (capability.to_owned(), value.to_owned())));
    }
}
