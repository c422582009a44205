//! A plugin's config keys as a Markdown table, so that a README can be held to the schema.

use serde_json::Value;

use crate::Manifest;

/// The keys of a manifest's config, the required ones first; keys of inner tables follow as `outer.inner`.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Page {
///     /// What to fetch.
///     #[config(grants = "http")]
///     url: String,
/// }
/// #[check(name = "page", summary = "Fetches a page")]
/// fn run(_: Page, _: Run) -> Report {
///     Report::ok("there")
/// }
/// # fn main() {
/// assert_eq!(
///     watchkeep_sdk::testing::config_table(&MANIFEST),
///     "| Key | Value | Default | Meaning |\n\
///      | --- | --- | --- | --- |\n\
///      | `url` | string | required | What to fetch. Its own grant (`http`). |\n",
/// );
/// # }
/// ```
#[track_caller]
pub fn config_table(manifest: &Manifest) -> String {
    let mut table = String::from("| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n");
    rows(&super::schema(manifest), "", &mut table);
    table
}

fn rows(object: &Value, prefix: &str, table: &mut String) {
    let required = object["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(properties) = object["properties"].as_object() else { return };
    // An order of its own: that of the map depends on how serde_json was built.
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_by_key(|(name, _)| (!required.iter().any(|required| required == *name), *name));
    for (name, field) in properties {
        let key = format!("{prefix}{name}");
        let default = match field.get("default") {
            Some(default) => format!("`{default}`"),
            None if required.iter().any(|required| required == name) => "required".to_owned(),
            None => String::new(),
        };
        let description =
            field["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let grant = match field["x-watchkeep-grant"].as_str() {
            Some(capability) => format!(" Its own grant (`{capability}`)."),
            None => String::new(),
        };
        table.push_str(&format!("| `{key}` | {} | {default} | {description}{grant} |\n", kind(field)));
        if field["x-watchkeep-secret"] != true {
            rows(field, &format!("{key}."), table);
            rows(&field["items"], &format!("{key}[]."), table);
        }
    }
}

fn kind(schema: &Value) -> String {
    if schema["x-watchkeep-secret"] == true {
        return "`{ secret = \"NAME\" }`".to_owned();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let bounds = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(low), Some(high)) if high <= 1e6 => format!(", {low} to {high}"),
        (_, _) => String::new(),
    };
    match &schema["type"] {
        Value::String(kind) => match kind.as_str() {
            "array" => format!("list of {}", self::kind(&schema["items"])),
            "object" if schema["additionalProperties"].is_object() => {
                format!("table of {}", self::kind(&schema["additionalProperties"]))
            }
            "object" => "table".to_owned(),
            // As it is written: with its line ends escaped.
            "string" => match &schema["examples"][0] {
                example @ Value::String(_) => format!("string such as `{example}`"),
                _ => "string".to_owned(),
            },
            other => format!("{other}{bounds}"),
        },
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "anything".to_owned(),
    }
}
