//! Requests after each other, as somebody makes them who logs in and looks around: cookies are kept, and what one answer says
//! goes into the next request. The first step that is critical is the last.

pub(crate) mod date;
pub(crate) mod jar;
pub(crate) mod location;
pub(crate) mod template;
mod walk;

use watchkeep_sdk::config::{Value, text};
use watchkeep_sdk::http::{Exchange, Response, span};
use watchkeep_sdk::prelude::*;

use crate::config::{Capture, Fetch};
use crate::exchange::{Draft, Trouble, Turn};
use crate::judge;
use crate::veil::Veil;
use jar::Jar;

/// The most bytes of a captured value.
const VALUE_BYTES_MAX: usize = 4 << 10;

/// What is known on the way.
#[derive(Default)]
struct Journey {
    jar: Jar,
    values: Vec<(String, String)>,
    veil: Veil,
    took: Duration,
}

pub(crate) fn run(config: &Fetch, turn: Turn) -> Verdict {
    let mut journey = Journey::default();
    let mut complaints = Complaints::default();
    let mut findings: Vec<Finding> = Vec::new();
    let mut details = Vec::new();
    let mut done = 0;
    for (at, step) in config.step.0.iter().enumerate() {
        let name = step.name(at);
        if complaints.state() == State::Critical {
            let stopped = format!("not tried, since `{}` failed", config.step.0[done - 1].name(done - 1));
            findings.push(Finding::new(name, State::Unknown, stopped));
            continue;
        }
        let report = match journey.step(step, turn) {
            Ok(report) => report,
            Err(Stop::Judged(report)) => *report,
            Err(Stop::Fault(fault)) => return Err(at_step(fault, at, &journey.veil).into()),
        };
        done = at + 1;
        let said = format!("step {done} `{name}`: {}", report.summary);
        match report.state {
            State::Critical => complaints.critical(said),
            State::Warning => complaints.warning(said),
            State::Ok | State::Unknown => {}
        }
        if let Some(more) = report.details {
            details.push(format!("step {done} `{name}`: {more}"));
        }
        let mut finding = Finding::new(name, report.state, report.summary);
        finding.metrics = report.metrics;
        findings.push(finding);
    }
    let (warning, critical) = (config.ask.response_time_warning, config.ask.response_time_critical);
    complaints.slowness(journey.took, warning, critical);
    let steps = config.step.0.len();
    let mut report = complaints.verdict(format!("{done} of {steps} steps in {}", span(journey.took)))?;
    for more in details {
        report = report.more_details(more);
    }
    report.findings = findings;
    let success = report.state != State::Critical;
    report = report.metric("probe_success", success);
    report.metrics.push(Metric::response_time(journey.took, warning, critical));
    journey.veil.over_report(&mut report);
    Ok(report)
}

/// A fault keeps its kind, and says where it was met.
fn at_step(fault: Fault, at: usize, veil: &Veil) -> Fault {
    let told = |message: String| veil.over(&format!("step {}: {message}", at + 1)).into_owned();
    match fault {
        Fault::Config(message) => Fault::Config(told(message)),
        Fault::Denied(message) => Fault::Denied(told(message)),
        Fault::Inconclusive(message) => Fault::Inconclusive(told(message)),
        Fault::Other(message) => Fault::Other(told(message)),
    }
}

impl Journey {
    fn step(&mut self, step: &Fetch, turn: Turn) -> Verdict {
        let draft = match Draft::new(step, Some(&self.values)) {
            Ok(draft) => draft,
            Err(Trouble::Fault(fault)) => return Err(fault.into()),
            Err(Trouble::Said(sentence)) => return Ok(Report::critical(sentence)),
        };
        let reads = step.ask.reads_body() || step.captures_body();
        let body_max = if reads { step.ask.body_bytes(&step.way) } else { 0 };
        let timeout = step.way.timeout;
        let exchange = walk::walk(draft, &step.ask, turn, &mut self.jar, body_max, timeout);
        self.took += exchange.elapsed();
        // What it is to be kept secret for is not shown by this step either.
        let captured = exchange.response().map(|response| self.captured(step, response, &exchange, turn));
        if let Some(Ok(values)) = &captured {
            values.iter().for_each(|(_, value)| self.veil.add(value));
        }
        let report = judge::exchange(&step.way, &step.ask, &exchange, turn.now, &self.veil)?;
        match (report.state, captured) {
            (State::Critical, _) | (_, None) => Ok(report),
            (_, Some(Ok(values))) => {
                self.values.extend(values);
                Ok(report)
            }
            (_, Some(Err(Trouble::Fault(fault)))) => Err(fault.into()),
            (_, Some(Err(Trouble::Said(sentence)))) => {
                let summary = format!("{}; {sentence}", report.summary);
                let mut report = report.summary(summary);
                report.state = State::Critical;
                for metric in report.metrics.iter_mut().filter(|metric| metric.name == "probe_success") {
                    metric.value = 0.0;
                }
                Ok(report)
            }
        }
    }

    fn captured(
        &self,
        step: &Fetch,
        response: &Response,
        exchange: &Exchange,
        turn: Turn,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let is_whole = exchange.failure().is_none() && !response.truncated;
        let mut values = Vec::new();
        for (name, capture) in &step.capture.0 {
            match self.value(capture, response, turn) {
                Ok(value) => values.push((name.clone(), fitting(name, value)?)),
                Err(_) if !is_whole && step.captures_body() => {
                    let open = format!(
                        "`{name}` cannot be captured: the answer was not read to its end; hint: raise `body_max`"
                    );
                    return Err(Trouble::Fault(Fault::inconclusive(open)));
                }
                Err(why) => return Err(Trouble::Said(format!("`{name}` cannot be captured: {why}"))),
            }
        }
        Ok(values)
    }

    /// Or why there is none; no part of the answer stands in that.
    fn value(&self, capture: &Capture, response: &Response, turn: Turn) -> Result<String, String> {
        let source = if let Some(pointer) = &capture.json {
            let document = response.json().map_err(|_| "the answer is not JSON".to_owned())?;
            let at = pointer.as_str();
            match pointer.look(&document) {
                None => return Err(format!("`{at}` is not in the answer")),
                Some(Value::String(found)) => found.clone(),
                Some(number @ (Value::Number(_) | Value::Bool(_))) => text(number),
                Some(_) => return Err(format!("`{at}` is neither a text nor a number")),
            }
        } else if let Some(name) = &capture.header {
            let header =
                response.header(name).ok_or_else(|| format!("no header `{name}` is in the answer"))?;
            header.to_owned()
        } else if let Some(name) = &capture.cookie {
            let cookie = self.jar.value(&response.url, name, turn.now / 1_000);
            cookie.ok_or_else(|| format!("there is no cookie `{name}` for this URL"))?.to_owned()
        } else {
            response.text().into_owned()
        };
        match &capture.pattern {
            None => Ok(source),
            Some(pattern) => {
                let found = pattern.capture(&source, 1).or_else(|| pattern.capture(&source, 0));
                found.map(str::to_owned).ok_or_else(|| format!("`{}` fits nothing", pattern.as_str()))
            }
        }
    }
}

/// A value that nobody can place is refused at once.
fn fitting(name: &str, value: String) -> Result<String, Trouble> {
    let why = if value.is_empty() {
        "is empty"
    } else if value.len() > VALUE_BYTES_MAX {
        "is longer than 4 KiB"
    } else if value.contains(char::is_control) {
        "contains line ends or other control characters"
    } else {
        return Ok(value);
    };
    Err(Trouble::Said(format!("the captured `{name}` {why}")))
}
