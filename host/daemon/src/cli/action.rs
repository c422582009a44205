//! `watchkeep action`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::alert::{By, add, id_of};
use super::client::{Client, escaped};
use super::{Global, output};

/// How long `action run` waits for the result.
const WAIT_SECONDS: u32 = 300;

#[derive(Subcommand)]
pub(crate) enum ActionCommand {
    /// List the config's actions: how often each may act, and which checks name it. Asks the host, or reads the database.
    #[command(after_help = "Example: watchkeep action list")]
    List,
    /// What was tried and what came of it, newest first; what waits for approval as well. Asks the host, or reads the
    /// database.
    #[command(after_help = "Example: watchkeep action history --check tunnel-site-7")]
    History {
        /// Only those of this action.
        #[arg(long)]
        action: Option<String>,
        /// Only those for this check and its findings.
        #[arg(long)]
        check: Option<String>,
        /// The largest number of entries.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Agree to an action that waits for approval: it begins. Needs a running host.
    #[command(after_help = "Example: watchkeep action approve 72b7bb5b5c845c4ecbcae0dd")]
    Approve {
        /// As the notice, `alert explain` and `action history` show it.
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// Refuse an action that waits for approval. Needs a running host.
    #[command(after_help = "Example: watchkeep action decline 72b7bb5b5c845c4ecbcae0dd")]
    Decline {
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// Act on an open alert by hand, whatever holds the action back, and wait for the result. Needs a running host.
    #[command(after_help = "Examples:\n  watchkeep action run restart-tunnel tunnel-site-7\n  \
        watchkeep action run restart-container docker/web --dry-run")]
    Run {
        /// The action.
        action: String,
        /// An alert's id, or its name as `alert list` shows it: a check, or `check/finding`.
        alert: String,
        /// Only say what it would do.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        by: By,
    },
}

pub(crate) async fn answer(global: &Global, command: ActionCommand) -> Result<ExitCode> {
    match command {
        ActionCommand::List => list(global).await,
        ActionCommand::History { action, check, limit } => history(global, action, check, limit).await,
        ActionCommand::Approve { id, by } => decide(global, &id, "approve", &by).await,
        ActionCommand::Decline { id, by } => decide(global, &id, "decline", &by).await,
        ActionCommand::Run { action, alert, dry_run, by } => run(global, action, &alert, dry_run, &by).await,
    }
}

async fn list(global: &Global) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    // This list has no pages.
    let mut answer = client.get("/api/v1/actions").await?;
    let Some(Value::Array(items)) = answer.get_mut("items").map(Value::take) else {
        bail!("the host's answer to `/api/v1/actions` is not a list")
    };
    let headers =
        ["ACTION", "PLUGIN", "LEVEL", "ATTEMPTS", "COOL-DOWN", "MOST", "APPROVAL", "DRY RUN", "CHECKS"];
    output::print_list(global, items, &headers, |item| {
        let checks = item.get("checks").and_then(Value::as_array).into_iter().flatten();
        let checks: Vec<&str> = checks.filter_map(Value::as_str).collect();
        let most = item.get("most").filter(|most| most.is_object()).map_or(String::new(), |most| {
            format!("{} in {} s", output::field(most, "count"), output::field(most, "within"))
        });
        vec![
            output::field(item, "name"),
            output::field(item, "plugin"),
            output::field(item, "level"),
            output::field(item, "attempts"),
            format!("{} s", output::field(item, "cool_down")),
            most,
            output::field(item, "needs_approval"),
            output::field(item, "dry_run"),
            checks.join(", "),
        ]
    })
}

async fn history(
    global: &Global,
    action: Option<String>,
    check: Option<String>,
    limit: usize,
) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let filters = [("action", action), ("check", check)];
    let filters: Vec<String> = filters
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", escaped(value.as_ref()?))))
        .collect();
    let items = client.list(&format!("/api/v1/occasions?{}", filters.join("&")), limit).await?;
    let headers = ["ID", "DECIDED", "ACTION", "FOR", "STATUS", "HELPED", "RESULT"];
    output::print_list(global, items, &headers, |item| {
        vec![
            output::field(item, "id"),
            output::field(item, "decided_at"),
            output::field(item, "action"),
            output::field(item, "key"),
            output::field(item, "status"),
            output::field(item, "helped"),
            output::field(item, "result"),
        ]
    })
}

async fn decide(global: &Global, id: &str, what: &str, by: &By) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let mut body = json!({});
    add(&mut body, "by", by.name());
    let answer = client.post_json(&format!("/api/v1/occasions/{}/{what}", escaped(id)), &body).await?;
    told(global, &answer)
}

async fn run(global: &Global, action: String, alert: &str, dry_run: bool, by: &By) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let id = id_of(&client, alert).await?;
    let mut body = json!({ "action": action, "dry_run": dry_run });
    add(&mut body, "by", by.name());
    let path = format!("/api/v1/alerts/{}/act?wait={WAIT_SECONDS}", escaped(&id));
    let answer = client.post_json(&path, &body).await?;
    let Some(result) = answer.get("result").filter(|result| result.is_object()) else {
        output::print_line(&format!(
            "action {action} is still under way; hint: `watchkeep action history --action {action}`"
        ))?;
        return Ok(ExitCode::SUCCESS);
    };
    told(global, result)
}

/// Prints one occasion. What failed, or may have, is no success.
fn told(global: &Global, occasion: &Value) -> Result<ExitCode> {
    let status = output::field(occasion, "status");
    if global.json {
        output::print_json(occasion)?;
    } else {
        output::print_line(&output::plain(&match output::field(occasion, "sentence") {
            sentence if sentence.is_empty() => format!("{}: {status}", output::field(occasion, "action")),
            sentence => sentence,
        }))?;
    }
    Ok(match status.as_str() {
        "failed" | "unknown" => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}
