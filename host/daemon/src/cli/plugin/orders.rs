//! `watchkeep plugin approve` and `watchkeep plugin rollback`.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use serde_json::Value;

use crate::cli::client::{Client, escaped};
use crate::cli::{Global, output};

/// Approves what the list shows now: the host refuses if another file, or other rights, wait by then.
pub(super) async fn approve(global: &Global, name: &str, digest: Option<String>) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let items = client.whole("/api/v1/plugins").await?;
    let plugin = items.iter().find(|item| output::field(item, "name") == name).ok_or_else(|| {
        anyhow!("plugin `{name}` is not there; hint: `watchkeep plugin list` shows which are")
    })?;
    let pending = plugin.get("pending").filter(|pending| !pending.is_null());
    let Some(pending) = pending else {
        bail!("plugin `{name}` waits for no approval; hint: `watchkeep plugin list` says what does");
    };
    let rights: Vec<&str> = pending
        .get("rights")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let digest = digest.unwrap_or_else(|| output::field(pending, "digest"));
    let mut path = format!("/api/v1/plugins/{}/approve?digest={}", escaped(name), escaped(&digest));
    rights.iter().for_each(|right| path.push_str(&format!("&right={}", escaped(right))));
    let item = client.post(&path).await?;
    said(global, &item, &format!("approved, with {}", rights.join(", ")))
}

pub(super) async fn roll_back(global: &Global, name: &str) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let item = client.post(&format!("/api/v1/plugins/{}/rollback", escaped(name))).await?;
    said(global, &item, "rolled back")
}

fn said(global: &Global, item: &Value, what: &str) -> Result<ExitCode> {
    if global.json {
        output::print_json(item)?;
        return Ok(ExitCode::SUCCESS);
    }
    let live = item.get("generation").cloned().unwrap_or_default();
    let digest = output::field(&live, "digest");
    let short = digest.get(..12).unwrap_or(&digest);
    let name = output::field(item, "name");
    output::print_line(&output::plain(&format!("plugin {name}: {what}; generation {short} runs")))?;
    Ok(ExitCode::SUCCESS)
}
