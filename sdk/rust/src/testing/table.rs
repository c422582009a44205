//! A plugin's config keys as a Markdown table, so that a README can be compared with the schema.

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

const HEADING: &str = "## Config\n";
const HEAD: &str = "| Key | Value | Default | Meaning |\n";

/// Checks a plugin's page, `README.md` in `folder`, against its manifest: the table of its config's keys must be the
/// one that the schema makes. With `UPDATE_DOCS=1` in the environment, the table is written instead, below the heading
/// `## Config`.
///
/// ```no_run
/// # use watchkeep_sdk::prelude::*;
/// # #[derive(Config)] struct Page {}
/// # #[check(name = "page", summary = "Fetches a page")] fn run(_: Page, _: Run) -> Report { Report::ok("there") }
/// # fn main() {
/// watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
/// # }
/// ```
///
/// # Panics
/// If there is no such page, or its table is another.
#[track_caller]
pub fn page(manifest: &Manifest, folder: &str) {
    let file = std::path::Path::new(folder).join("README.md");
    let page = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", file.display()));
    let name = format!("`{}`", manifest.name);
    assert!(page.lines().next().is_some_and(|title| title.contains(&name)), "the title does not name {name}");
    let table = config_table(manifest);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&file, with_table(&page, &table))
            .unwrap_or_else(|error| panic!("`{}` cannot be written: {error}", file.display()));
        return;
    }
    assert!(
        page.contains(&table),
        "the table in `{}` should be this; hint: UPDATE_DOCS=1 writes it:\n{table}",
        file.display()
    );
}

/// The page with this table in place of the one that it has, or below its heading.
fn with_table(page: &str, table: &str) -> String {
    if let Some(at) = page.find(HEAD) {
        let (before, rest) = page.split_at(at);
        let old: usize =
            rest.split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
        return format!("{before}{table}{}", &rest[old..]);
    }
    match page.find(HEADING) {
        Some(at) => {
            let (before, rest) = page.split_at(at + HEADING.len());
            format!("{before}\n{table}{}", rest.trim_start_matches('\n'))
        }
        None => format!("{}\n\n{HEADING}\n{table}", page.trim_end()),
    }
}

fn rows(object: &Value, prefix: &str, table: &mut String) {
    let required = object["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(properties) = object["properties"].as_object() else { return };
    // Sorted explicitly, because the order of the map depends on how serde_json was built.
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

#[cfg(test)]
mod tests {
    use super::with_table;

    #[test]
    fn a_table_is_put_in_its_place_and_what_is_around_it_stays() {
        let new = "| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n| `a` | x |  | y |\n";
        let old = "| Key | Value | Default | Meaning |\n| --- |\n| `old` |\n";
        for (page, with) in [
            (
                format!("# The check `p`\n\n## Config\n\n{old}\nMore.\n"),
                format!("# The check `p`\n\n## Config\n\n{new}\nMore.\n"),
            ),
            (
                format!("# The check `p`\n\n## Config\n\n{old}"),
                format!("# The check `p`\n\n## Config\n\n{new}"),
            ),
            ("# The check `p`\n\n## Config\n\n".to_owned(), format!("# The check `p`\n\n## Config\n\n{new}")),
            ("# The check `p`\n".to_owned(), format!("# The check `p`\n\n## Config\n\n{new}")),
        ] {
            assert_eq!(with_table(&page, new), with);
        }
    }
}
