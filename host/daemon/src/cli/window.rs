//! `watchkeep silence` and `watchkeep maintenance`.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::alert::{By, add};
use super::client::{Client, escaped, understood};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum SilenceCommand {
    /// Hold back notices about matching alerts, for a time. Checks continue, and whoever was told still gets the
    /// resolve. Needs a running host.
    #[command(
        after_help = "Examples:\n  watchkeep silence add 'team=\"web\"' --for 2h --comment 'deploy of v7'\n  \
        watchkeep silence add 'check=~\"site-.*\"' --for 30m --dry-run"
    )]
    Add {
        #[command(flatten)]
        what: What,
        /// When it begins, RFC 3339; by default now.
        #[arg(long, value_name = "MOMENT")]
        from: Option<String>,
        /// How long it lasts.
        #[arg(
            long = "for",
            value_name = "SPAN",
            required_unless_present = "until",
            conflicts_with = "until"
        )]
        lasts: Option<String>,
        /// When it ends, RFC 3339.
        #[arg(long, value_name = "MOMENT")]
        until: Option<String>,
    },
    /// List silences that are open, to come or ended. Asks the host, or reads the database.
    List,
    /// End a silence now. Needs a running host.
    #[command(after_help = "Example: watchkeep silence end s-5f2a9c")]
    End {
        /// The id, as `silence list` shows it.
        id: String,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Subcommand)]
pub(crate) enum MaintenanceCommand {
    /// Announce maintenance, once or recurring. Needs a running host.
    #[command(
        after_help = "Examples:\n  watchkeep maintenance add 'team=\"db\"' --for 3h --comment 'new disks'\n  \
        watchkeep maintenance add 'site=\"oslo\"' --schedule '0 2 * * sun' --lasts 2h --time-zone Europe/Oslo"
    )]
    Add {
        #[command(flatten)]
        what: What,
        /// When it begins, RFC 3339; by default now.
        #[arg(long, value_name = "MOMENT", conflicts_with = "schedule")]
        from: Option<String>,
        /// How long it lasts.
        #[arg(long = "for", value_name = "SPAN", conflicts_with_all = ["until", "schedule"])]
        lasts_once: Option<String>,
        /// When it ends, RFC 3339.
        #[arg(long, value_name = "MOMENT", conflicts_with = "schedule")]
        until: Option<String>,
        /// When it begins each time, as in crontab.
        #[arg(long, value_name = "CRON", requires = "lasts")]
        schedule: Option<String>,
        /// How long it lasts each time.
        #[arg(long, value_name = "SPAN", requires = "schedule")]
        lasts: Option<String>,
        /// The time zone of the schedule, such as `Europe/Oslo`; by default UTC.
        #[arg(long, value_name = "ZONE", requires = "schedule")]
        time_zone: Option<String>,
        /// What status pages say of it, for everybody to read; by default nothing.
        #[arg(long, value_name = "TEXT")]
        announcement: Option<String>,
    },
    /// List maintenance that is open, to come or ended, also from the config. Asks the host, or reads the database.
    List,
    /// End maintenance now, for good. Needs a running host.
    End {
        /// The id, as `maintenance list` shows it.
        id: String,
        #[command(flatten)]
        by: By,
    },
}

/// What a silence or maintenance is about.
#[derive(clap::Args)]
pub(crate) struct What {
    /// Matchers, as in routes; all must match.
    #[arg(required = true, value_name = "MATCHER")]
    matchers: Vec<String>,
    /// Why.
    #[arg(long, default_value = "")]
    comment: String,
    /// Create nothing; show which alerts and checks it would concern.
    #[arg(long)]
    dry_run: bool,
    /// Create it even if it hides the alerts of every check. On a terminal the command asks.
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    by: By,
}

pub(crate) async fn silence(global: &Global, command: SilenceCommand) -> Result<ExitCode> {
    match command {
        SilenceCommand::Add { what, from, lasts, until } => {
            let mut body = body(&what);
            add(&mut body, "starts_at", from);
            add(&mut body, "for", lasts);
            add(&mut body, "ends_at", until);
            make(global, "silences", &what, &body).await
        }
        SilenceCommand::List => list(global, "silences").await,
        SilenceCommand::End { id, by } => end(global, "silences", &id, &by).await,
    }
}

pub(crate) async fn maintenance(global: &Global, command: MaintenanceCommand) -> Result<ExitCode> {
    match command {
        MaintenanceCommand::Add {
            what,
            from,
            lasts_once,
            until,
            schedule,
            lasts,
            time_zone,
            announcement,
        } => {
            let mut body = body(&what);
            add(&mut body, "starts_at", from);
            add(&mut body, "for", lasts_once);
            add(&mut body, "ends_at", until);
            add(&mut body, "schedule", schedule);
            add(&mut body, "lasts", lasts);
            add(&mut body, "time_zone", time_zone);
            add(&mut body, "announcement", announcement);
            make(global, "maintenance", &what, &body).await
        }
        MaintenanceCommand::List => list(global, "maintenance").await,
        MaintenanceCommand::End { id, by } => end(global, "maintenance", &id, &by).await,
    }
}

fn body(what: &What) -> Value {
    let mut body = json!({ "matchers": what.matchers, "comment": what.comment });
    add(&mut body, "by", what.by.name());
    if what.everything {
        body["everything"] = true.into();
    }
    body
}

async fn make(global: &Global, kind: &str, what: &What, body: &Value) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let dry = if what.dry_run { "?dry_run=true" } else { "" };
    let path = format!("/api/v1/{kind}{dry}");
    let answer = match client.post_json_for_any(&path, body).await? {
        (_, refusal) if refusal["code"] == "hides-everything" && asked(&refusal)? => {
            let mut body = body.clone();
            body["everything"] = true.into();
            client.post_json(&path, &body).await?
        }
        answer => understood(answer)?,
    };
    if global.json {
        output::print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    if what.dry_run {
        shown(&answer, "alerts", "key", "open alerts it would hold back")?;
        shown(&answer, "checks", "name", "checks it is about")?;
    } else {
        output::print_line(&output::field(&answer, "id"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the person at the terminal.
fn asked(refusal: &Value) -> Result<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(false);
    }
    let detail = output::field(refusal, "detail");
    let (what, _) = detail.split_once("; hint: ").unwrap_or((&detail, ""));
    output::remark(&format!("{what}. Make it all the same? [y/N]"));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the answer")?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn shown(answer: &Value, list: &str, field: &str, title: &str) -> Result<()> {
    let items: Vec<Value> = answer.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    output::print_line(&format!("{title}: {}", items.len()))?;
    for item in &items {
        let name = item.as_str().map_or_else(|| output::field(item, field), str::to_owned);
        output::print_line(&format!("  {}", output::plain(&name)))?;
    }
    Ok(())
}

async fn list(global: &Global, kind: &str) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let items = client.list(&format!("/api/v1/{kind}"), usize::MAX).await?;
    output::print_list(
        global,
        items,
        &["ID", "STATE", "OPENS", "CLOSES", "MATCHERS", "BY", "COMMENT"],
        |item| {
            let matchers = item.get("matchers").and_then(Value::as_array).into_iter().flatten();
            let matchers: Vec<&str> = matchers.filter_map(Value::as_str).collect();
            vec![
                output::field(item, "id"),
                output::field(item, "state"),
                output::field(item, "opens_at"),
                output::field(item, "closes_at"),
                matchers.join(" "),
                output::field(item, "by"),
                output::field(item, "comment"),
            ]
        },
    )
}

async fn end(global: &Global, kind: &str, id: &str, by: &By) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let by = by.name().map(|name| format!("?by={}", escaped(&name))).unwrap_or_default();
    client.delete(&format!("/api/v1/{kind}/{}{by}", escaped(id))).await?;
    output::print_line(&format!("{id} has ended"))?;
    Ok(ExitCode::SUCCESS)
}
