//! `watchkeep route`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use watchkeep_core::alert::AlertKey;
use watchkeep_core::ids::{CheckName, ReceiverName};
use watchkeep_core::labels::Labels;
use watchkeep_core::report::Judgement;
use watchkeep_core::setup::{GroupBy, Grouping, Route, Setup};
use watchkeep_core::telling::ladder;
use watchkeep_core::{notice, route};

use super::{Global, output, validate};

#[derive(Subcommand)]
pub(crate) enum RouteCommand {
    /// Say which routes an alert takes, who is told, when and by which step. Needs no host.
    #[command(
        after_help = "Examples: watchkeep route test --check site-shop --state critical\n          watchkeep route test --label team=web --label severity=error\n          watchkeep route test --plugin http"
    )]
    Test(TestArgs),
}

#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// The alert of this check, with all of its labels.
    #[arg(long, value_name = "NAME", conflicts_with = "plugin")]
    check: Option<String>,
    /// What the check says; `unknown` is the alert that it is not judged.
    #[arg(long, value_enum, requires = "check", default_value_t = State::Critical)]
    state: State,
    /// The alert of this finding of the check.
    #[arg(long, value_name = "KEY", requires = "check")]
    finding: Option<String>,
    /// A label, as name=value; may be given again. With `--check`: one that its report sets.
    #[arg(long)]
    label: Vec<String>,
    /// The alert that this plugin fails: it takes its owner's route, or the routes for the plugin's labels.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Critical,
    Warning,
    Unknown,
}

/// One notice that would be made.
struct Notice<'a> {
    route: &'a Route,
    /// The escalation's step, from 1.
    step: Option<usize>,
    /// When it is told after the alert fired, if nobody acknowledges.
    after: Duration,
    receivers: &'a [ReceiverName],
}

pub(crate) async fn answer(global: &Global, command: RouteCommand) -> Result<ExitCode> {
    let RouteCommand::Test(args) = command;
    let (config, _, _) = validate::load_good(global).await?;
    let setup = &config.setup;
    let labels = labels_of(setup, &args)?;
    let taken = route::taken(setup, &labels);
    if taken.is_empty() {
        return Err(anyhow!("the config has no route, so nobody is told; hint: add a `[[route]]`"));
    }
    if global.json {
        let routes: Vec<Value> = taken.iter().map(|route| in_json(setup, route)).collect();
        output::print_json(&json!(routes))?;
        return Ok(ExitCode::SUCCESS);
    }
    let own_hours = args.check.as_ref().and_then(|check| setup.checks.get(check.as_str()));
    if let Some(hours) = own_hours.and_then(|spec| spec.notify_hours.as_ref()) {
        output::remark(&format!("the check's notices are held back outside `{}`", hours.name()));
    }
    let notices: Vec<Notice<'_>> = taken.iter().flat_map(|route| notices(setup, route)).collect();
    let rows: Vec<Vec<String>> = notices.iter().map(|notice| row(setup, notice)).collect();
    output::print(&output::table(&["ROUTE", "WHEN", "RECEIVERS", "GROUPED BY", "HOURS"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn labels_of(setup: &Setup, args: &TestArgs) -> Result<Labels> {
    let given = labels(&args.label)?;
    if let Some(plugin) = &args.plugin {
        return Ok(notice::labels_of_plugin(&plugin.as_str().into(), setup).with(given.iter()));
    }
    let Some(check) = &args.check else {
        let check = given.get("check");
        if setup.checks.contains_key(check) {
            output::remark(&format!(
                "these labels alone, without those that check `{check}` has; hint: `--check {check}` follows its alert"
            ));
        }
        return Ok(given);
    };
    let name = CheckName::from(check.as_str());
    let Some(spec) = setup.checks.get(&name) else {
        bail!("the config has no check `{check}`; hint: `watchkeep config show` lists them");
    };
    let (key, level) = match (&args.finding, args.state) {
        (Some(_), State::Unknown) => {
            bail!("a finding that is unknown has no alert; hint: `--state warning` or `critical`")
        }
        (None, State::Unknown) => (AlertKey::NotJudged(name), Judgement::Warning),
        (finding, state) => {
            let level = if state == State::Critical { Judgement::Critical } else { Judgement::Warning };
            let key = match finding {
                Some(finding) => AlertKey::Finding(name, finding.as_str().into()),
                None => AlertKey::Check(name),
            };
            (key, level)
        }
    };
    Ok(notice::labels(&key, spec, Some(&given), level))
}

/// The notices of a route: with an escalation its steps, one after the other; otherwise one for each way of telling.
fn notices<'a>(setup: &'a Setup, route: &'a Route) -> Vec<Notice<'a>> {
    if let Some(escalation) = route.escalation.as_ref().and_then(|name| setup.escalations.get(name)) {
        let steps = ladder(escalation).into_iter();
        return steps
            .map(|(step, after, receivers)| Notice { route, step: Some(step), after, receivers })
            .collect();
    }
    if route.receivers.is_empty() {
        return vec![Notice { route, step: None, after: Duration::ZERO, receivers: &[] }];
    }
    let mut notices: Vec<Notice<'a>> = Vec::new();
    for receiver in route.receivers.chunks(1) {
        let grouped = receiver.iter().filter_map(|name| setup.receivers.get(name));
        let grouped = grouped.into_iter().any(|spec| spec.grouping == Grouping::PerGroup);
        // Only what is told in a group waits for others.
        let after = if grouped { route.group_wait } else { Duration::ZERO };
        notices.push(Notice { route, step: None, after, receivers: receiver });
    }
    notices
}

fn row(setup: &Setup, notice: &Notice<'_>) -> Vec<String> {
    let Notice { route, step, after, receivers } = notice;
    let when = match (step, route.escalation.as_ref()) {
        _ if receivers.is_empty() => "never".to_owned(),
        (Some(step), Some(name)) => format!("{}, step {step} of {name}", said(*after)),
        _ => said(*after),
    };
    let told: Vec<String> = receivers.iter().map(|name| with_fallback(setup, name)).collect();
    let told =
        if told.is_empty() { "nobody: the route names no receiver".to_owned() } else { told.join(", ") };
    let hours = route.notify_hours.as_ref().map_or_else(String::new, |hours| hours.name().to_string());
    vec![route.name.to_string(), when, told, grouped(route).join(","), hours]
}

fn with_fallback(setup: &Setup, name: &ReceiverName) -> String {
    let fallback = setup.receivers.get(name).and_then(|spec| spec.fallback.as_ref());
    match fallback {
        Some(fallback) => format!("{name} (else {fallback})"),
        None => name.to_string(),
    }
}

fn said(after: Duration) -> String {
    if after.is_zero() { "at once".to_owned() } else { format!("after {}", span(after)) }
}

/// A span as the config writes it: `1h30m`, `45s`.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let said: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if said.is_empty() { format!("{}ms", span.as_millis()) } else { said }
}

fn in_json(setup: &Setup, route: &Route) -> Value {
    let names =
        |receivers: &[ReceiverName]| receivers.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let notices: Vec<Value> = notices(setup, route)
        .iter()
        .filter(|notice| !notice.receivers.is_empty())
        .map(|notice| {
            json!({
                "step": notice.step,
                "after_seconds": notice.after.as_secs_f64(),
                "receivers": names(notice.receivers),
            })
        })
        .collect();
    json!({
        "route": route.name.as_str(),
        "receivers": names(&route.receivers),
        "escalation": route.escalation.as_ref().map(ToString::to_string),
        "notices": notices,
        "notify_hours": route.notify_hours.as_ref().map(|hours| hours.name().to_string()),
        "group_by": grouped(route),
        "group_wait_seconds": route.group_wait.as_secs_f64(),
        "repeat_interval_seconds": route.repeat_interval.as_secs_f64(),
    })
}

fn labels(given: &[String]) -> Result<Labels> {
    given
        .iter()
        .map(|label| {
            let (name, value) = label
                .split_once('=')
                .ok_or_else(|| anyhow!("`{label}` is not a label; hint: write it as `team=web`"))?;
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
