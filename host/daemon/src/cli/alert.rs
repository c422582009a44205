//! `watchkeep alert`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Client, escaped};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum AlertCommand {
    /// List open alerts, worst first. Asks the host, or reads the database if none runs.
    #[command(after_help = "Example: watchkeep alert list --phase firing")]
    List {
        /// Only alerts in this phase: pending, firing or recovering.
        #[arg(long)]
        phase: Option<String>,
    },
    /// Say in sentences why people were told about a check, or not. Asks the host, or reads the database.
    #[command(after_help = "Example: watchkeep alert explain site-shop")]
    Explain {
        /// A check; with `--plugin`, a plugin.
        name: String,
        /// Explain the plugin's own failures.
        #[arg(long)]
        plugin: bool,
    },
    /// Acknowledge an alert: no reminders and no further steps until it is over, gets worse or the time is up. Needs a
    /// running host.
    #[command(after_help = "Examples:\n  watchkeep alert ack site-shop --comment 'on it'\n  \
        watchkeep alert ack disks/sda1 --for 2h\n  watchkeep alert ack --group 5f2a9c")]
    Ack {
        #[command(flatten)]
        which: Which,
        /// What you are doing about it.
        #[arg(long, default_value = "")]
        comment: String,
        /// For how long; by default until the alert is over.
        #[arg(long = "for", value_name = "SPAN")]
        lasts: Option<String>,
        /// Keep it even if the alert gets worse.
        #[arg(long)]
        sticky: bool,
        #[command(flatten)]
        by: By,
    },
    /// Take an acknowledgement back: reminders and escalation continue. Needs a running host.
    #[command(after_help = "Example: watchkeep alert unack site-shop")]
    Unack {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        by: By,
    },
    /// Hand an alert over to a person or a team; everybody who was told of the alert is told. Needs a running host.
    #[command(after_help = "Example: watchkeep alert hand-over site-shop --to web-team")]
    HandOver {
        #[command(flatten)]
        which: Which,
        /// A person or a team.
        #[arg(long)]
        to: String,
        #[arg(long, default_value = "")]
        comment: String,
        #[command(flatten)]
        by: By,
    },
    /// Give an alert to a person or a team, to be done by a date: whoever was told of it is told now, and again when it is
    /// overdue, as are the route or the receiver of the assignee's name. Shown until the alert is over. Needs a running host.
    #[command(
        after_help = "Examples:\n  watchkeep alert assign camera-gate --to site-team --due 2d --note 'lens is broken'\n  \
        watchkeep alert assign cameras/gate-3 --to anna --due 2026-12-03T12:00:00Z"
    )]
    Assign {
        #[command(flatten)]
        which: Which,
        /// A person or a team; the name of a route or a receiver, if one is to be told.
        #[arg(long)]
        to: String,
        /// By when: a span such as `2d`, a date, or a time such as 2026-12-03T12:00:00Z.
        #[arg(long)]
        due: String,
        /// What is to be done.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        by: By,
    },
}

/// Which alerts a command is about.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// An alert's id, or its name as `alert list` shows it: a check, or `check/finding`.
    name: Option<String>,
    /// Every alert of a group that is open now, by the group's id.
    #[arg(long)]
    group: Option<String>,
}

/// Who does it.
#[derive(clap::Args)]
pub(crate) struct By {
    /// Who does it; by default the user that runs this command.
    #[arg(long)]
    by: Option<String>,
}

impl By {
    pub(crate) fn name(&self) -> Option<String> {
        self.by.clone().or_else(|| std::env::var("USER").ok()).filter(|name| !name.is_empty())
    }
}

pub(crate) async fn answer(global: &Global, command: AlertCommand) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    match command {
        AlertCommand::List { phase } => list(global, &client, phase).await,
        AlertCommand::Ack { which, comment, lasts, sticky, by } => {
            let mut body = json!({ "comment": comment, "sticky": sticky });
            add(&mut body, "for", lasts);
            add(&mut body, "by", by.name());
            act(global, &which, "acknowledge", body, "acknowledged").await
        }
        AlertCommand::Unack { which, by } => {
            let mut body = json!({});
            add(&mut body, "by", by.name());
            act(global, &which, "unacknowledge", body, "no longer acknowledged").await
        }
        AlertCommand::HandOver { which, to, comment, by } => {
            let done = format!("handed over to {to}");
            let mut body = json!({ "to": to, "comment": comment });
            add(&mut body, "by", by.name());
            act(global, &which, "hand-over", body, &done).await
        }
        AlertCommand::Assign { which, to, due, note, by } => {
            let done = format!("assigned to {to}, due {due}");
            let mut body = json!({ "to": to, "comment": note });
            let is_date = due.len() == "2026-12-03".len() && due.matches('-').count() == 2;
            match due.contains('-') {
                true if is_date => add(&mut body, "due", Some(format!("{due}T23:59:59Z"))),
                true => add(&mut body, "due", Some(due)),
                false => add(&mut body, "due_in", Some(due)),
            }
            add(&mut body, "by", by.name());
            act(global, &which, "hand-over", body, &done).await
        }
        AlertCommand::Explain { name, plugin: false } => explain(global, &client, "check", &name).await,
        AlertCommand::Explain { name, plugin: true } => explain(global, &client, "plugin", &name).await,
    }
}

/// Adds a value, if it was given.
pub(crate) fn add(body: &mut Value, key: &str, value: Option<String>) {
    if let (Some(value), Some(fields)) = (value, body.as_object_mut()) {
        fields.insert(key.to_owned(), Value::String(value));
    }
}

async fn act(global: &Global, which: &Which, what: &str, body: Value, done: &str) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let (path, name) = match (&which.name, &which.group) {
        (Some(name), _) => (format!("alerts/{}", escaped(&id_of(&client, name).await?)), name.clone()),
        (None, Some(group)) => (format!("groups/{}", escaped(group)), format!("group {group}")),
        (None, None) => bail!("say which alert; hint: `watchkeep alert list` shows what is open"),
    };
    let answer = client.post_json(&format!("/api/v1/{path}/{what}"), &body).await?;
    if global.json {
        output::print_json(&answer)?;
    } else {
        output::print_line(&format!("{name}: {done}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The id of the open alert of that name, or the name itself if it is one.
pub(crate) async fn id_of(client: &Client, name: &str) -> Result<String> {
    let items = client.list("/api/v1/alerts", usize::MAX).await?;
    let fits = |item: &&Value| output::field(item, "key") == name || output::field(item, "id") == name;
    match items.iter().find(fits) {
        Some(item) => Ok(output::field(item, "id")),
        None => bail!("no open alert is called `{name}`; hint: `watchkeep alert list` shows what is open"),
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
            let receivers = receivers(item);
            let held = names(item, "held_back_by", |hold| hold.as_str().unwrap_or_default().to_owned());
            vec![
                output::field(item, "key"),
                output::field(item, "state"),
                output::field(item, "phase"),
                output::field(item, "since"),
                receivers,
                taken_by(item),
                held,
                output::field(item, "summary"),
            ]
        })
        .collect();
    output::print(&output::table(
        &["ALERT", "STATE", "PHASE", "SINCE", "RECEIVERS", "TAKEN BY", "HELD BY", "SUMMARY"],
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
        for sentence in item.get("sentences").and_then(Value::as_array).into_iter().flatten() {
            output::print_line(&format!("  {}", output::plain(sentence.as_str().unwrap_or_default())))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What became of each receiver, in the words of the API: `told chat; not-reached pager`.
fn receivers(item: &Value) -> String {
    let all: Vec<&Value> = item.get("receivers").and_then(Value::as_array).into_iter().flatten().collect();
    let mut words: Vec<String> = Vec::new();
    for receiver in &all {
        let word = output::field(receiver, "became");
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let of = |word: &str| -> Vec<String> {
        let of_word = all.iter().filter(|receiver| output::field(receiver, "became") == word);
        of_word.map(|receiver| output::field(receiver, "receiver")).collect()
    };
    words
        .iter()
        .map(|word| format!("{} {}", word.replace('-', " "), of(word).join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}

/// Whoever acknowledged it, or else to whom it was handed over.
fn taken_by(item: &Value) -> String {
    let person = |what: &str, field: &str| output::field(item.get(what).unwrap_or(&Value::Null), field);
    let acknowledged = person("acknowledged", "by");
    if acknowledged.is_empty() { person("assigned", "to") } else { acknowledged }
}

fn names(item: &Value, list: &str, name: impl Fn(&Value) -> String) -> String {
    let entries = item.get(list).and_then(Value::as_array);
    entries.into_iter().flatten().map(name).collect::<Vec<_>>().join(",")
}
