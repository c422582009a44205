//! `watchkeep route`.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Subcommand;
use serde_json::json;
use watchkeep_core::alert;
use watchkeep_core::labels::Labels;
use watchkeep_core::route;
use watchkeep_core::setup::{GroupBy, Route};

use super::{Global, output, validate};

#[derive(Subcommand)]
pub(crate) enum RouteCommand {
    /// Say which routes an alert with these labels takes, and who is told. Needs no host.
    #[command(
        after_help = "Examples: watchkeep route test --label team=web --label severity=error\n          watchkeep route test --plugin http"
    )]
    Test {
        /// A label, as name=value; may be given again.
        #[arg(long)]
        label: Vec<String>,
        /// What an alert of this plugin's own failing takes: its owner's route, or by the plugin's labels.
        #[arg(long, value_name = "NAME")]
        plugin: Option<String>,
    },
}

pub(crate) async fn answer(global: &Global, command: RouteCommand) -> Result<ExitCode> {
    let RouteCommand::Test { label, plugin } = command;
    let (config, _, _) = validate::load_good(global).await?;
    let given = labels(&label)?;
    let labels = match plugin {
        Some(plugin) => {
            alert::notice::labels_of_plugin(&plugin.as_str().into(), &config.setup).with(given.iter())
        }
        None => given,
    };
    let taken = route::taken(&config.setup, &labels);
    if taken.is_empty() {
        return Err(anyhow!("the config has no route, so nobody is told; hint: add a `[[route]]`"));
    }
    if global.json {
        let routes: Vec<_> = taken
            .iter()
            .map(|route| {
                json!({
                    "route": route.name.as_str(),
                    "receivers": route.receivers.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
                    "group_by": grouped(route),
                    "group_wait_seconds": route.group_wait.as_secs_f64(),
                    "repeat_interval_seconds": route.repeat_interval.as_secs_f64(),
                })
            })
            .collect();
        output::print_json(&json!(routes))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = taken
        .iter()
        .map(|route| {
            let receivers: Vec<&str> = route.receivers.iter().map(|name| name.as_str()).collect();
            vec![route.name.to_string(), receivers.join(","), grouped(route).join(",")]
        })
        .collect();
    output::print(&output::table(&["ROUTE", "RECEIVERS", "GROUPED BY"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn labels(given: &[String]) -> Result<Labels> {
    given
        .iter()
        .map(|label| {
            let (name, value) = label
                .split_once('=')
                .ok_or_else(|| anyhow!("`{label}` is no label; hint: write it as `team=web`"))?;
            Ok((name.to_owned(), value.trim_matches('"').to_owned()))
        })
        .collect()
}

fn grouped(route: &Route) -> Vec<&str> {
    match &route.group_by {
        GroupBy::Labels(labels) => labels.iter().map(String::as_str).collect(),
        GroupBy::Nothing => vec!["..."],
    }
}
