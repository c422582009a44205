//! `watchkeep check`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::Value;

use super::client::{Client, escaped};
use super::{Global, output, result};

#[derive(Subcommand)]
pub(crate) enum CheckCommand {
    /// List every check with its state. Asks the host, or reads the database if none runs.
    #[command(after_help = "Example: watchkeep check list --state critical --label team=web")]
    List {
        /// Only checks in this state: ok, warning, critical or unknown.
        #[arg(long)]
        state: Option<String>,
        /// Only checks with this label, as name=value; may be given again.
        #[arg(long)]
        label: Vec<String>,
    },
    /// Run a check now and wait for its result; exits like a Nagios plugin. Needs a running host.
    #[command(after_help = "Example: watchkeep check run site-shop")]
    Run {
        name: String,
        /// How long to wait for the result, in seconds.
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        wait: u64,
    },
    /// List the results of a check, newest first. Asks the host, or reads the database if none runs.
    #[command(after_help = "Example: watchkeep check history site-shop --from 2026-11-21T00:00:00Z")]
    History {
        name: String,
        /// The largest number of results.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Not before this moment, RFC 3339.
        #[arg(long)]
        from: Option<String>,
        /// Before this moment, RFC 3339.
        #[arg(long)]
        to: Option<String>,
    },
    /// List what a check attached and is still kept, newest first. Asks the host, or reads the database if none runs.
    Snapshots {
        name: String,
        /// The largest number of snapshots.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Make a snapshot the one to compare with. Needs a running host.
    #[command(after_help = "Example: watchkeep check accept lobby front")]
    Accept {
        name: String,
        series: String,
        /// Which one; by default the newest of the series.
        #[arg(long)]
        id: Option<String>,
    },
    /// Stop running a check until it is resumed; survives a restart. Needs a running host.
    Pause { name: String },
    /// Run a paused check again. Needs a running host.
    Resume { name: String },
}

pub(crate) async fn answer(global: &Global, command: CheckCommand) -> Result<ExitCode> {
    match command {
        CheckCommand::List { state, label } => list(global, state, label).await,
        CheckCommand::Run { name, wait } => run(global, &name, wait).await,
        CheckCommand::History { name, limit, from, to } => history(global, &name, limit, from, to).await,
        CheckCommand::Snapshots { name, limit } => snapshots(global, &name, limit).await,
        CheckCommand::Accept { name, series, id } => accept(global, &name, &series, id).await,
        CheckCommand::Pause { name } => switch(global, &name, "pause").await,
        CheckCommand::Resume { name } => switch(global, &name, "resume").await,
    }
}

async fn list(global: &Global, state: Option<String>, labels: Vec<String>) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let mut query: Vec<String> =
        state.map(|state| format!("state={}", escaped(&state))).into_iter().collect();
    query.extend(labels.iter().map(|label| format!("label={}", escaped(label))));
    let items = client.list(&with_query("/api/v1/checks", &query), usize::MAX).await?;
    output::print_list(
        global,
        items,
        &["NAME", "STATE", "STATUS", "SINCE", "LAST RUN", "TOOK", "SUMMARY"],
        |item| {
            vec![
                output::field(item, "name"),
                output::field(item, "state"),
                output::field(item, "status"),
                output::field(item, "since"),
                output::field(item, "last_run"),
                milliseconds(item.get("latency_seconds")),
                output::field(item, "summary"),
            ]
        },
    )
}

async fn run(global: &Global, name: &str, wait: u64) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let answer = client.post(&format!("/api/v1/checks/{}/run?wait={wait}", escaped(name))).await?;
    let Some(result) = answer.get("result").filter(|result| !result.is_null()) else {
        bail!(
            "check `{name}` was started, but gave no result within {wait}s; hint: `watchkeep check history {name}` shows it once it ends"
        );
    };
    if global.json {
        output::print_json(result)?;
        return Ok(result::nagios(&output::field(result, "state")));
    }
    result::print(result, &milliseconds(result.get("took_seconds")))
}

async fn history(
    global: &Global,
    name: &str,
    limit: usize,
    from: Option<String>,
    to: Option<String>,
) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let bounds = [("from", from), ("to", to)];
    let query: Vec<String> =
        bounds.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(&value?)))).collect();
    let path = with_query(&format!("/api/v1/checks/{}/results", escaped(name)), &query);
    let items = client.list(&path, limit).await?;
    output::print_list(global, items, &["FINISHED", "STATE", "OUTCOME", "TOOK", "SUMMARY"], |item| {
        vec![
            output::field(item, "finished_at"),
            output::field(item, "state"),
            output::field(item, "outcome"),
            milliseconds(item.get("took_seconds")),
            output::field(item, "summary"),
        ]
    })
}

async fn snapshots(global: &Global, name: &str, limit: usize) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let items = client.list(&format!("/api/v1/checks/{}/snapshots", escaped(name)), limit).await?;
    output::print_list(global, items, &["TAKEN", "SERIES", "NAME", "TYPE", "BYTES", "ID"], |item| {
        ["at", "series", "name", "media_type", "size_bytes", "id"]
            .map(|field| output::field(item, field))
            .to_vec()
    })
}

async fn accept(global: &Global, name: &str, series: &str, id: Option<String>) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let id = id.map(|id| format!("&id={}", escaped(&id))).unwrap_or_default();
    let path = format!("/api/v1/checks/{}/snapshots/accept?series={}{id}", escaped(name), escaped(series));
    let item = client.post(&path).await?;
    if global.json {
        output::print_json(&item)?;
    } else {
        let at = output::field(&item, "at");
        output::print_line(&format!(
            "check `{name}`: series `{series}` is compared with the snapshot of {at}"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn switch(global: &Global, name: &str, what: &str) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let item = client.post(&format!("/api/v1/checks/{}/{what}", escaped(name))).await?;
    if global.json {
        output::print_json(&item)?;
    } else {
        output::print_line(&format!("check `{name}`: {what}d"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn milliseconds(seconds: Option<&Value>) -> String {
    seconds.and_then(Value::as_f64).map(|seconds| format!("{:.1}ms", seconds * 1e3)).unwrap_or_default()
}

pub(crate) fn with_query(path: &str, query: &[String]) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}
