//! `watchkeep alert`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value;

use super::client::{Client, escaped};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum AlertCommand {
    /// Open alerts, worst first. Asks the host, or reads the database where none runs.
    #[command(after_help = "Example: watchkeep alert list --phase firing")]
    List {
        /// Only those that are pending, firing or recovering.
        #[arg(long)]
        phase: Option<String>,
    },
    /// Say in sentences why people were told of a check, or not. Asks the host, or reads the database.
    #[command(after_help = "Example: watchkeep alert explain site-shop")]
    Explain {
        /// A check; with `--plugin`, a plugin.
        name: String,
        /// Explain the plugin's own failures.
        #[arg(long)]
        plugin: bool,
    },
}

pub(crate) async fn answer(global: &Global, command: AlertCommand) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    match command {
        AlertCommand::List { phase } => list(global, &client, phase).await,
        AlertCommand::Explain { name, plugin: false } => explain(global, &client, "check", &name).await,
        AlertCommand::Explain { name, plugin: true } => explain(global, &client, "plugin", &name).await,
    }
}

async fn list(global: &Global, client: &Client, phase: Option<String>) -> Result<ExitCode> {
    let path = match phase {
        Some(phase) => format!("/api/v1/alerts?phase={}", escaped(&phase)),
        None => "/api/v1/alerts".to_owned(),
    };
    let items = client.list(&path, usize::MAX).await?;
    if global.json {
        output::print_json(&Value::Array(items))?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        output::print_line("no open alerts")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            let told = names(item, "told", |told| output::field(told, "receiver"));
            let held = names(item, "held_back_by", |hold| hold.as_str().unwrap_or_default().to_owned());
            vec![
                output::field(item, "key"),
                output::field(item, "state"),
                output::field(item, "phase"),
                output::field(item, "since"),
                told,
                held,
                output::field(item, "summary"),
            ]
        })
        .collect();
    output::print(&output::table(
        &["ALERT", "STATE", "PHASE", "SINCE", "TOLD", "HELD BY", "SUMMARY"],
        &rows,
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn explain(global: &Global, client: &Client, kind: &str, name: &str) -> Result<ExitCode> {
    let items = client.whole(&format!("/api/v1/alerts/explain?{kind}={}", escaped(name))).await?;
    if global.json {
        output::print_json(&Value::Array(items))?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        output::print_line(&format!("nothing was ever decided about {kind} `{name}`"))?;
    }
    for item in &items {
        output::print_line(&format!(
            "{}: {}",
            output::field(item, "key"),
            output::plain(&output::field(item, "verdict"))
        ))?;
        for decision in item.get("decisions").and_then(Value::as_array).into_iter().flatten() {
            let at = output::field(decision, "at");
            output::print_line(&format!("  {at}  {}", output::plain(&output::field(decision, "reason"))))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn names(item: &Value, list: &str, name: impl Fn(&Value) -> String) -> String {
    let entries = item.get(list).and_then(Value::as_array);
    entries.into_iter().flatten().map(name).collect::<Vec<_>>().join(",")
}
