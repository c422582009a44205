//! `watchkeep gate`: whether everything is green, for a deployment to ask before, during and after.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::{Value, json};
use tokio::time::Instant;
use watchkeep_core::labels::Labels;
use watchkeep_core::matcher::Matcher;

use super::client::{Client, escaped};
use super::{Global, output};

/// How often is looked while the gate is held open.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(crate) struct GateArgs {
    /// Which checks, by label, such as 'service="api"'; given again, all must fit. `check` and `plugin` are labels.
    #[arg(long = "match", value_name = "MATCHER", required = true)]
    matchers: Vec<String>,
    /// No check may have been critical for this long, such as 1h.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "0s")]
    no_critical: Duration,
    /// No check may have been a warning for this long either.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    no_warning: Option<Duration>,
    /// Then go on looking for this long, and fail as soon as something is not green.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "0s")]
    watch: Duration,
}

fn span(text: &str) -> Result<Duration, String> {
    watchkeep_config::parse_span(text)
        .ok_or_else(|| format!("`{text}` is not a duration; hint: write it as `1h` or `90s`"))
}

/// Exits with 0 if all is green, with 1 if something is not or cannot be told.
pub(crate) async fn gate(global: &Global, args: GateArgs) -> Result<ExitCode> {
    let matchers: Vec<Matcher> =
        args.matchers.iter().map(|text| Matcher::parse(text)).collect::<Result<_, _>>()?;
    let client = Client::running(global)?;
    let began = Instant::now();
    let ends = began + args.watch;
    let mut seen = look(&client, &matchers, &args, Duration::ZERO).await?;
    while seen.not_green.is_empty() && Instant::now() < ends {
        tokio::time::sleep_until(ends.min(Instant::now() + LOOK_EVERY)).await;
        // What was red between two looks counts as well.
        seen = look(&client, &matchers, &args, began.elapsed()).await?;
    }
    told(global, &seen)
}

/// What one look found.
struct Seen {
    checks: usize,
    /// Checks that are not green, each with the reason.
    not_green: Vec<(String, String)>,
}

async fn look(client: &Client, matchers: &[Matcher], args: &GateArgs, watched: Duration) -> Result<Seen> {
    let all = client.list("/api/v1/checks", usize::MAX).await?;
    let chosen: Vec<&Value> = all.iter().filter(|check| fits(check, matchers)).collect();
    if chosen.is_empty() {
        bail!(
            "no check fits, and a gate of nothing stays shut; hint: `watchkeep check list --json` shows labels"
        );
    }
    let mut not_green = Vec::new();
    for check in &chosen {
        let name = output::field(check, "name");
        let reason = match now(check, args) {
            Some(reason) => Some(reason),
            None => lately(client, &name, args, watched).await?,
        };
        not_green.extend(reason.map(|reason| (name, reason)));
    }
    Ok(Seen { checks: chosen.len(), not_green })
}

fn fits(check: &Value, matchers: &[Matcher]) -> bool {
    let own = check.get("labels").and_then(Value::as_object).into_iter().flatten();
    let own = own.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let made = ["name", "plugin"].map(|field| output::field(check, field));
    let [name, plugin] = made;
    let made = [("check".to_owned(), name), ("plugin".to_owned(), plugin)];
    let labels: Labels = own.chain(made).collect();
    matchers.iter().all(|matcher| matcher.matches(&labels))
}

/// Why a check is not green now. What nobody knows is not green either.
fn now(check: &Value, args: &GateArgs) -> Option<String> {
    let summary = output::field(check, "summary");
    match output::field(check, "state").as_str() {
        "ok" => None,
        "warning" if args.no_warning.is_none() => None,
        "" => Some("has not run yet".to_owned()),
        state => Some(format!("is {state}: {summary}")),
    }
}

/// Why a check was not green lately, or while it was watched.
async fn lately(client: &Client, name: &str, args: &GateArgs, watched: Duration) -> Result<Option<String>> {
    let spans = [("critical", Some(args.no_critical)), ("warning", args.no_warning)];
    let spans = spans.map(|(state, span)| (state, span.map(|span| span.max(watched))));
    for (state, span) in spans {
        let Some(span) = span.filter(|span| !span.is_zero()) else { continue };
        // As many periods as one answer may have: of whole seconds, which are read from the results themselves, or of
        // whole five minutes. One that begins before the span and ends in it counts.
        let step = match (span.as_secs() / 1500).max(1) {
            short @ ..300 => short,
            long => long.div_ceil(300) * 300,
        };
        let from = Utc::now() - chrono::Duration::from_std(span + Duration::from_secs(step))?;
        let path = format!(
            "/api/v1/checks/{}/history?from={}&step={step}s",
            escaped(name),
            escaped(&from.to_rfc3339_opts(SecondsFormat::Millis, true))
        );
        let periods = client.whole(&path).await?;
        let count = |period: &Value| period["runs"][state].as_u64().unwrap_or(0);
        if let Some(last) = periods.iter().rev().find(|period| count(period) > 0) {
            return Ok(Some(format!("was {state} at {}", output::field(last, "at"))));
        }
    }
    Ok(None)
}

fn told(global: &Global, seen: &Seen) -> Result<ExitCode> {
    let green = seen.not_green.is_empty();
    if global.json {
        let not_green: Vec<Value> =
            seen.not_green.iter().map(|(check, why)| json!({ "check": check, "why": why })).collect();
        output::print_json(&json!({ "green": green, "checks": seen.checks, "not_green": not_green }))?;
    } else if green {
        output::print_line(&format!("green: {}", output::counted(seen.checks, "check")))?;
    } else {
        let line =
            |(check, why): &(String, String)| format!("{}\n", output::plain(&format!("{check} {why}")));
        let lines: String = seen.not_green.iter().map(line).collect();
        output::print(&lines)?;
        output::remark(&format!(
            "not green: {} of {}",
            seen.not_green.len(),
            output::counted(seen.checks, "check")
        ));
    }
    Ok(if green { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::fits as matching;
    use super::*;

    fn args(no_warning: Option<Duration>) -> GateArgs {
        GateArgs { matchers: Vec::new(), no_critical: Duration::ZERO, no_warning, watch: Duration::ZERO }
    }

    #[test]
    fn only_what_is_known_to_be_well_is_green() {
        let check = |state: &str| json!({ "name": "a", "state": state, "summary": "so" });
        assert_eq!(now(&check("ok"), &args(None)), None);
        assert_eq!(now(&check("warning"), &args(None)), None);
        assert_eq!(now(&check("warning"), &args(Some(Duration::ZERO))), Some("is warning: so".to_owned()));
        assert_eq!(now(&check("critical"), &args(None)), Some("is critical: so".to_owned()));
        assert_eq!(now(&check("unknown"), &args(None)), Some("is unknown: so".to_owned()));
        assert_eq!(
            now(&json!({ "name": "a", "state": null }), &args(None)),
            Some("has not run yet".to_owned())
        );
    }

    #[test]
    fn checks_are_chosen_by_their_labels_name_and_plugin() {
        let check = json!({ "name": "shop", "plugin": "http", "labels": { "service": "api" } });
        let fits = |texts: &[&str]| {
            let matchers: Vec<Matcher> = texts.iter().map(|text| Matcher::parse(text).unwrap()).collect();
            matching(&check, &matchers)
        };
        assert!(fits(&["service=\"api\"", "plugin=\"http\"", "check=~\"sh.*\""]));
        assert!(!fits(&["service=\"api\"", "plugin=\"tcp\""]));
        assert!(!fits(&["service=\"web\""]));
    }
}
