//! `watchkeep plugin inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::load;
use crate::cli::{Global, output, validate};

pub(super) const EXAMPLES: &str = "\
Example: watchkeep plugin inspect plugins/first-check.wasm";

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// A component, or the name of a bundled plugin.
    file: PathBuf,
}

pub(super) async fn inspect(global: &Global, args: InspectArgs) -> Result<ExitCode> {
    let engine = validate::scratch_engine()?;
    let generation = load(&engine, &args.file).await?;
    let requests: Vec<String> = generation
        .requests
        .iter()
        .map(|request| format!("{}: {} ({})", request.capability, request.target, request.reason))
        .collect();
    if global.json {
        output::print_json(&json!({
            "name": generation.name.as_str(),
            "kind": generation.kind.as_str(),
            "version": generation.version,
            "summary": generation.summary,
            "digest": generation.digest.to_string(),
            "size_bytes": generation.size,
            "imports": generation.imports,
            "requests": requests,
            "config_schema": generation.schema,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let listed = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    output::print_line(&format!(
        "{} {} ({})\n  {}\n  digest    {}\n  size      {} bytes\n  imports   {}\n  requests  {}\n  config",
        generation.name,
        generation.version,
        generation.kind,
        output::plain(&generation.summary),
        generation.digest,
        generation.size,
        listed(&generation.imports),
        listed(&requests),
    ))?;
    for line in config_keys(&generation.schema) {
        output::print_line(&format!("    {line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One line a key: name, type, whether it must be there, what it is.
fn config_keys(schema: &Value) -> Vec<String> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut lines: Vec<String> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let must = if required.contains(&name.as_str()) { ", required" } else { "" };
            let granted = match property.get("x-watchkeep-grant").and_then(Value::as_str) {
                Some(capability) => format!(", grants {capability}"),
                None => String::new(),
            };
            let what = output::field(property, "description");
            let kind = output::field(property, "type");
            output::plain(&format!("{name} ({kind}{must}{granted})  {what}"))
        })
        .collect();
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    lines
}
