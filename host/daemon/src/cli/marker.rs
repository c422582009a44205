//! `watchkeep marker`: moments that charts show, such as deployments.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::alert::{By, add};
use super::client::{Client, escaped};
use super::{Global, output};

/// The most that are listed.
const LISTED_MAX: usize = 1000;

#[derive(Subcommand)]
pub(crate) enum MarkerCommand {
    /// Mark a moment in the charts of the checks that it concerns, and print the marker's id. Needs a running host.
    #[command(
        after_help = "Example, at the end of a deployment:\n  watchkeep marker set 'shop 1.4.2' --label team=shop --link \
        https://ci.example.com/runs/7"
    )]
    Set {
        /// What was done, in a few words.
        text: String,
        /// A label of the checks that it concerns, as name=value; `check` and `plugin` are labels too. May be repeated: checks
        /// have all of them. Without any, it concerns all checks.
        #[arg(long = "label", value_name = "NAME=VALUE")]
        labels: Vec<String>,
        /// Where there is more about it.
        #[arg(long)]
        link: Option<String>,
        /// When it was, such as 2026-11-21T09:00:00Z; by default now.
        #[arg(long)]
        at: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// List what is marked, newest first. Asks the host, or reads the database.
    List {
        /// Only what concerns this check.
        #[arg(long)]
        check: Option<String>,
    },
    /// Take a marker away. Needs a running host.
    Remove {
        /// The id, as `marker list` shows it.
        id: String,
    },
}

pub(crate) async fn answer(global: &Global, command: MarkerCommand) -> Result<ExitCode> {
    match command {
        MarkerCommand::List { check } => return list(global, check).await,
        MarkerCommand::Set { text, labels, link, at, by } => {
            let label = |text: &String| {
                let (name, value) = text
                    .split_once('=')
                    .with_context(|| format!("`--label` is `name=value`, not `{text}`"))?;
                Ok((name.to_owned(), Value::from(value)))
            };
            let labels = labels.iter().map(label).collect::<Result<Map<String, Value>>>()?;
            let mut body = json!({ "text": text, "labels": labels });
            add(&mut body, "link", link);
            add(&mut body, "at", at);
            add(&mut body, "by", by.name());
            let marker = Client::running(global)?.post_json("/api/v1/markers", &body).await?;
            if global.json {
                output::print_json(&marker)?;
            } else {
                output::print_line(&output::field(&marker, "id"))?;
            }
        }
        MarkerCommand::Remove { id } => {
            Client::running(global)?.delete(&format!("/api/v1/markers/{}", escaped(&id))).await?;
            output::print_line(&format!("{id} is gone"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(global: &Global, check: Option<String>) -> Result<ExitCode> {
    let check = check.map(|check| format!("?check={}", escaped(&check))).unwrap_or_default();
    let client = Client::running_or_database(global).await?;
    let markers = client.list(&format!("/api/v1/markers{check}"), LISTED_MAX).await?;
    output::print_list(global, markers, &["ID", "AT", "BY", "TEXT"], |marker| {
        vec![
            output::field(marker, "id"),
            output::field(marker, "at"),
            output::plain(&output::field(marker, "by")),
            output::plain(&output::field(marker, "text")),
        ]
    })
}
