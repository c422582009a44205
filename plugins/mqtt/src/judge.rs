//! What the broker's answers, or their absence, say of it.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Pointer, Value, plain};
use watchkeep_sdk::net;
use watchkeep_sdk::prelude::*;

use crate::config::{Expected, Mqtt, RoundTrip};
use crate::moment;
use crate::packet::Publish;
use crate::session::{self, Phases, Session, Wrong};
use crate::wait;

/// So far two clocks may differ.
const AHEAD_MAX: Duration = Duration::from_secs(60);

pub(crate) fn judge(config: &Mqtt) -> Verdict {
    let mut complaints = Complaints::default();
    let began = clock::monotonic();
    let opened = session::open(config);
    let took = clock::monotonic() - began;
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    let mut found = Found { opening: String::new(), metrics: Vec::new() };
    found.metrics.push(Metric::response_time(took, warning, critical));
    let well = opened.and_then(|mut session| {
        complaints.slowness(took, warning, critical);
        found.opening = format!("let in after {}", net::span(took));
        phases(&session.phases, &mut found.metrics);
        let asked = ask(config, &mut session, &mut found, &mut complaints);
        session.close();
        asked
    });
    if let Err(wrong) = well {
        tell(wrong, &mut complaints)?;
    }
    let mut report = complaints.verdict(found.opening)?;
    let success = f64::from(u8::from(report.state != State::Critical));
    found.metrics.push(Metric::new("probe_success", success, ""));
    report.metrics = found.metrics;
    Ok(report)
}

/// What is well, for a summary, and what was measured.
struct Found {
    opening: String,
    metrics: Vec<Metric>,
}

impl Found {
    fn say(&mut self, what: &str) {
        self.opening.push_str("; ");
        self.opening.push_str(what);
    }
}

fn tell(wrong: Wrong, complaints: &mut Complaints) -> Result<(), Fault> {
    match wrong {
        Wrong::Fault(fault) => return Err(fault),
        Wrong::Said(sentence) | Wrong::Reset(sentence) => complaints.critical(sentence),
        Wrong::Busy(sentence) => complaints.warning(sentence),
        Wrong::Late => complaints.critical("it does not answer"),
        Wrong::Closed => complaints.critical("it closes the connection"),
    }
    Ok(())
}

fn phases(phases: &Phases, metrics: &mut Vec<Metric>) {
    let span = |nanos: Option<u64>| nanos.map(Duration::from_nanos);
    let all = [
        ("resolve", span(phases.opened.name)),
        ("connect", span(phases.opened.connect)),
        ("tls", phases.tls),
        ("login", Some(phases.login)),
    ];
    for (phase, span) in all {
        let Some(span) = span else { continue };
        let metric = Metric::new("probe_mqtt_duration_seconds", span.as_secs_f64(), "seconds");
        metrics.push(metric.label("phase", phase));
    }
}

fn ask(
    config: &Mqtt,
    session: &mut Session,
    found: &mut Found,
    complaints: &mut Complaints,
) -> Result<(), Wrong> {
    if let Some(wanted) = &config.round_trip {
        let returned = wait::round_trip(session, wanted, config.timeout)?;
        found.say(&wait::span_of(&returned, wanted.qos.0));
        found.metrics.push(round_trip_metric(wanted, returned.took));
        complaints.slowness(returned.took, wanted.time_warning, wanted.time_critical);
        if returned.granted < wanted.qos.0 {
            complaints.warning(format!("it delivers with QoS {} only", returned.granted));
        }
    }
    if let Some(wanted) = &config.message {
        let (message, waited) = wait::message(session, wanted)?;
        found.metrics.push(Metric::new("mqtt_message_wait_seconds", waited.as_secs_f64(), "seconds"));
        content(wanted, &message, clock::now(), found, complaints);
    }
    Ok(())
}

fn round_trip_metric(wanted: &RoundTrip, took: Duration) -> Metric {
    let of = Metric::response_time(took, wanted.time_warning, wanted.time_critical);
    Metric { name: "mqtt_round_trip_seconds".to_owned(), ..of }
}

/// What a message says.
fn content(wanted: &Expected, message: &Publish, now: u64, found: &mut Found, complaints: &mut Complaints) {
    let payload = String::from_utf8_lossy(&message.payload);
    let retained = if message.is_retained { ", retained" } else { "" };
    found.say(&format!("`{}` is `{}`{retained}", clipped(&message.topic), clipped(&payload)));
    for needle in wanted.expect.0.iter().filter(|needle| !payload.contains(needle.as_str())) {
        complaints.critical(format!("`{}` is not in it", clipped(needle.as_str())));
    }
    if let Some(pattern) = wanted.expect_pattern.as_ref().filter(|pattern| !pattern.is_in(&payload)) {
        complaints.critical(format!("it does not fit `{}`", clipped(pattern.as_str())));
    }
    let document = Document::read(&payload);
    if wanted.has_limits() {
        match document.number(wanted.pointer.as_ref()) {
            Ok(value) => {
                found.metrics.push(
                    Metric::new("mqtt_message_value", value, "")
                        .warning(wanted.warning())
                        .critical(wanted.critical()),
                );
                limits(wanted, value, complaints);
            }
            Err(sentence) => complaints.critical(sentence),
        }
    }
    if wanted.has_age() {
        match document.moment(wanted.age_pointer.as_ref()) {
            Ok(moment) => {
                let age = now as f64 / 1_000.0 - moment;
                found.metrics.push(Metric::new("mqtt_message_age_seconds", age, "seconds"));
                old(wanted, age, complaints);
            }
            Err(sentence) => complaints.critical(sentence),
        }
    }
}

fn limits(wanted: &Expected, value: f64, complaints: &mut Complaints) {
    let is_above = |limit: Option<f64>| limit.filter(|limit| value > *limit);
    let is_below = |limit: Option<f64>| limit.filter(|limit| value < *limit);
    let sentence = |above: Option<f64>, below: Option<f64>| match (is_above(above), is_below(below)) {
        (Some(limit), _) => format!("{} is above {}", plain(value), plain(limit)),
        (None, limit) => format!("{} is below {}", plain(value), plain(limit.unwrap_or_default())),
    };
    match wanted.state_of(value) {
        State::Critical => complaints.critical(sentence(wanted.critical_above, wanted.critical_below)),
        State::Warning => complaints.warning(sentence(wanted.warning_above, wanted.warning_below)),
        State::Ok | State::Unknown => {}
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1_000.0).round() as u64)
}

fn old(wanted: &Expected, age: f64, complaints: &mut Complaints) {
    if age < -AHEAD_MAX.as_secs_f64() {
        let ahead = seconds(-age);
        complaints.warning(format!("its moment is {} ahead of this host's clock", net::span(ahead)));
    }
    let age = seconds(age.max(0.0));
    let older = |limit: Duration| format!("it is {} old, more than {}", net::span(age), net::span(limit));
    match (wanted.age_critical, wanted.age_warning) {
        (Some(limit), _) if age > limit => complaints.critical(older(limit)),
        (_, Some(limit)) if age > limit => complaints.warning(older(limit)),
        (_, _) => {}
    }
}

/// A message as JSON; one that is none is a text.
struct Document {
    value: Value,
    /// Why it is no JSON.
    problem: Option<String>,
}

impl Document {
    fn read(payload: &str) -> Self {
        match watchkeep_sdk::config::parse::<Value>(payload) {
            Ok(value) => Self { value, problem: None },
            Err(problems) => {
                let problem = problems.into_iter().next().map(|problem| problem.message);
                Self { value: Value::String(payload.trim().to_owned()), problem }
            }
        }
    }
    fn look(&self, pointer: Option<&Pointer>) -> Result<&Value, String> {
        let Some(pointer) = pointer else { return Ok(&self.value) };
        match (pointer.look(&self.value), &self.problem) {
            (Some(value), _) => Ok(value),
            (None, Some(problem)) => Err(format!("it is {}", clipped(problem))),
            (None, None) => Err(format!("`{}` is not in it", clipped(pointer.as_str()))),
        }
    }
    fn number(&self, pointer: Option<&Pointer>) -> Result<f64, String> {
        let value = self.look(pointer)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => moment::number(text.trim()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| format!("{} is not a number", short(value)))
    }
    fn moment(&self, pointer: Option<&Pointer>) -> Result<f64, String> {
        let value = self.look(pointer)?;
        moment::read(value).ok_or_else(|| format!("{} is not a valid time", short(value)))
    }
}

/// A value for a sentence.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", clipped(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            "the value".to_owned()
        }
    }
}
