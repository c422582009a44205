//! `watchkeep reload`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::Value;

use super::client::Client;
use super::{Global, output};

#[derive(Args)]
pub(crate) struct ReloadArgs {
    /// Say what would change and which alerts would close; change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn reload(global: &Global, args: ReloadArgs) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let path = if args.dry_run { "/-/reload?dry_run=true" } else { "/-/reload" };
    let (status, answer) = client.post_for_any(path).await?;
    if global.json {
        output::print_json(&answer)?;
        return Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let problems = answer.get("problems").and_then(Value::as_array).cloned().unwrap_or_default();
    for problem in &problems {
        output::remark(&told(problem));
    }
    if !status.is_success() {
        bail!("{}", output::field(&answer, "detail"));
    }
    let lead = if args.dry_run { "would change" } else { "changed" };
    let mut lines = Vec::new();
    for (list, sign) in [("added", '+'), ("changed", '~'), ("removed", '-')] {
        lines.extend(
            entries(&answer, list)
                .iter()
                .map(|name| format!("  {sign} check {}", output::plain(name.as_str().unwrap_or_default()))),
        );
    }
    lines.extend(entries(&answer, "renamed").iter().map(|renamed| {
        format!("  > check {} is now {}", output::field(renamed, "from"), output::field(renamed, "to"))
    }));
    lines.extend(
        entries(&answer, "receivers_removed")
            .iter()
            .map(|name| format!("  - receiver {}", name.as_str().unwrap_or_default())),
    );
    if answer.get("routes_changed").and_then(Value::as_bool) == Some(true) {
        lines.push("  ~ routes".to_owned());
    }
    if answer.get("actions_changed").and_then(Value::as_bool) == Some(true) {
        lines.push("  ~ actions".to_owned());
    }
    lines.extend(
        entries(&answer, "closes")
            .iter()
            .map(|alert| format!("  alert closes: {}", output::field(alert, "key"))),
    );
    lines.extend(
        entries(&answer, "altered")
            .iter()
            .map(|what| format!("  ~ {}", output::plain(what.as_str().unwrap_or_default()))),
    );
    if lines.is_empty() {
        output::print_line("checks, receivers, routes, actions and rights are as they were")?;
    } else {
        output::print_line(&format!("{lead}:\n{}", lines.join("\n")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn entries<'a>(answer: &'a Value, list: &str) -> &'a [Value] {
    answer.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn told(problem: &Value) -> String {
    let place: Vec<String> = ["file", "line", "column"]
        .iter()
        .map(|part| output::field(problem, part))
        .filter(|part| !part.is_empty())
        .collect();
    let mut text = format!(
        "{}: {}: {}",
        output::field(problem, "severity"),
        place.join(":"),
        output::plain(&output::field(problem, "message"))
    );
    let hint = output::field(problem, "hint");
    if !hint.is_empty() {
        text.push_str(&format!("\n  hint: {}", output::plain(&hint)));
    }
    text
}
