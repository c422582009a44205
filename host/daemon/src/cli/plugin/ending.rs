//! How a call by hand ended: what a recording keeps of it, and what is printed.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value, json};
use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::outcome::{Failure, Outcome};
use watchkeep_engine::Acted;

use super::heard::Heard;
use crate::cli::{Global, output, result};

pub(super) enum Ending {
    Run(Outcome),
    Attempt(AttemptResult),
    Action(Result<Acted, Failure>),
}

impl Ending {
    /// What a recording keeps of it and compares. For a failure that is only the reason: its sentence names the
    /// generation, which changes with every build.
    pub(super) fn facts(&self) -> Map<String, Value> {
        let facts = match self {
            Ending::Run(Outcome::Report(report)) => {
                let metrics: Map<String, Value> = report
                    .metrics
                    .iter()
                    .map(|metric| {
                        let labels: Vec<String> =
                            metric.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
                        let labels = if labels.is_empty() {
                            String::new()
                        } else {
                            format!("{{{}}}", labels.join(","))
                        };
                        (format!("{}{labels}", metric.name), json!(metric.value))
                    })
                    .collect();
                let findings: Map<String, Value> = report
                    .findings
                    .iter()
                    .map(|finding| (finding.key.to_string(), finding.state.as_str().into()))
                    .collect();
                json!({
                    "state": report.state.as_str(),
                    "summary": report.summary,
                    "details": report.details,
                    "metrics": metrics,
                    "findings": findings,
                })
            }
            Ending::Run(Outcome::Failed(failure)) => json!({ "failure": failure.reason.as_str() }),
            Ending::Action(Err(failure)) => json!({ "failure": failure.reason.as_str() }),
            Ending::Action(Ok(Acted::Planned(steps))) => {
                let steps: Vec<Value> =
                    steps.iter().map(|step| json!({ "title": step.title, "target": step.target })).collect();
                json!({ "planned": steps })
            }
            Ending::Action(Ok(Acted::Done(effect))) => {
                json!({ "summary": effect.summary, "changed": effect.changed, "details": effect.details })
            }
            Ending::Attempt(AttemptResult::Delivered(id)) => json!({ "result": "delivered", "id": id }),
            Ending::Attempt(AttemptResult::RetryAfter(span, _)) => {
                json!({ "result": "retry-after", "after_ms": u64::try_from(span.as_millis()).unwrap_or(u64::MAX) })
            }
            Ending::Attempt(AttemptResult::Retryable(message)) => {
                json!({ "result": "retryable", "message": message })
            }
            Ending::Attempt(AttemptResult::Unsure(message)) => {
                json!({ "result": "unsure", "message": message })
            }
            Ending::Attempt(AttemptResult::Rejected(message)) => {
                json!({ "result": "rejected", "message": message })
            }
        };
        let Value::Object(facts) = facts else { return Map::new() };
        let tells = |value: &Value| !value.is_null() && !value.as_object().is_some_and(Map::is_empty);
        facts.into_iter().filter(|(_, value)| tells(value)).collect()
    }

    pub(super) fn print(&self, global: &Global, took: Duration, heard: &Heard) -> Result<ExitCode> {
        let (told, is_good) = match self {
            Ending::Run(outcome) => return self.print_run(global, outcome, took, heard),
            Ending::Attempt(result) => (attempt(result), matches!(result, AttemptResult::Delivered(_))),
            Ending::Action(acted) => (action(acted), acted.is_ok()),
        };
        if global.json {
            let mut facts = self.facts();
            facts.insert("took_seconds".to_owned(), json!(took.as_secs_f64()));
            facts.insert("log".to_owned(), heard.take_json());
            output::print_json(&facts.into())?;
        } else {
            output::print_line(&format!("{} ({})", output::plain(&told), milliseconds(took)))?;
            for line in self.details().lines() {
                output::print_line(&format!("  {}", output::plain(line)))?;
            }
        }
        Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }

    /// What an action adds to its summary.
    fn details(&self) -> &str {
        match self {
            Ending::Action(Ok(Acted::Done(effect))) => effect.details.as_deref().unwrap_or_default(),
            Ending::Action(Ok(Acted::Planned(_)) | Err(_)) | Ending::Run(_) | Ending::Attempt(_) => "",
        }
    }

    fn print_run(
        &self,
        global: &Global,
        outcome: &Outcome,
        took: Duration,
        heard: &Heard,
    ) -> Result<ExitCode> {
        let mut result = result::as_json(outcome);
        let remark = self.remark();
        if let Some(remark) = &remark {
            output::remark(&output::plain(remark));
        }
        if !global.json {
            return result::print(&result, &milliseconds(took));
        }
        result["took_seconds"] = json!(took.as_secs_f64());
        result["log"] = heard.take_json();
        result["remark"] = json!(remark);
        output::print_json(&result)?;
        Ok(result::nagios(outcome.state().as_str()))
    }

    /// A remark about something that the author may not have meant.
    pub(super) fn remark(&self) -> Option<String> {
        let Ending::Run(Outcome::Report(report)) = self else { return None };
        let finding = report.worse_finding()?;
        Some(format!(
            "the report is {}, and its finding `{}` is {}: people are told of both; hint: a report is mostly as bad as its \
             worst finding, as `Report::worst_of(findings)` of the Rust SDK makes it",
            report.state.as_str(),
            finding.key,
            finding.state.as_str()
        ))
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{:.1}ms", took.as_secs_f64() * 1e3)
}

/// An attempt in one line.
fn attempt(result: &AttemptResult) -> String {
    match result {
        AttemptResult::Delivered(None) => "DELIVERED".to_owned(),
        AttemptResult::Delivered(Some(id)) => format!("DELIVERED: the service calls it `{id}`"),
        AttemptResult::RetryAfter(_, message) => format!("LATER: {message}"),
        AttemptResult::Retryable(message) => format!("TO BE TRIED AGAIN: {message}"),
        AttemptResult::Unsure(message) => format!("UNSURE: {message}"),
        AttemptResult::Rejected(message) => format!("REJECTED: {message}"),
    }
}

/// An action in one line.
fn action(acted: &Result<Acted, Failure>) -> String {
    match acted {
        Ok(Acted::Done(effect)) if effect.changed => format!("DONE: {}", effect.summary),
        Ok(Acted::Done(effect)) => format!("NOTHING TO DO: {}", effect.summary),
        Ok(Acted::Planned(steps)) if steps.is_empty() => "WOULD DO NOTHING".to_owned(),
        Ok(Acted::Planned(steps)) => {
            let steps: Vec<String> =
                steps.iter().map(|step| format!("{} ({})", step.title, step.target)).collect();
            format!("WOULD: {}", steps.join("; "))
        }
        Err(Failure { message, hint: Some(hint), .. }) => format!("NOT DONE: {message}; hint: {hint}"),
        Err(Failure { message, hint: None, .. }) => format!("NOT DONE: {message}"),
    }
}
