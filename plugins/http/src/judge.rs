//! What the answer, or its absence, says of the target. All that is certain is judged, whatever else could not be.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Needle, Value};
use watchkeep_sdk::http::{Ending, Exchange, Failure, FailureKind, Incomplete, Reading, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Http;
use crate::metrics;

pub(crate) fn exchange(config: &Http, exchange: &Exchange, now: u64) -> Verdict {
    let mut complaints = Complaints::default();
    let began = match &exchange.ending {
        Ending::Whole(response) => {
            status(config, response, &mut complaints);
            content(config, response, &exchange.reading, Extent::of(response), &mut complaints);
            speed(config, exchange, &mut complaints);
            opening(response, exchange)
        }
        Ending::Cut(Incomplete { response, failure }) => {
            status(config, response, &mut complaints);
            if !goes_on(response, failure) {
                complaints.critical(format!("the answer is not whole: {}", failure.message));
            }
            content(config, response, &exchange.reading, Extent::Part, &mut complaints);
            speed(config, exchange, &mut complaints);
            opening(response, exchange)
        }
        Ending::Stopped(Incomplete { response, failure }) => {
            // Who expects just this status does not want it to be followed.
            if !is_expected(config, response.status) {
                complaints.critical(failure.message.clone());
            }
            speed(config, exchange, &mut complaints);
            opening(response, exchange)
        }
        Ending::Unanswered(failure) => unanswered(exchange, failure),
    };
    certificates(config, exchange, now, &mut complaints);
    let state = match &exchange.ending {
        Ending::Unanswered(failure) => match failure.as_fault() {
            // The host could not ask to the end; what is certain of the way there is told.
            Some(fault) if complaints.state() != State::Critical => return Err(fault.into()),
            Some(_) | None => State::Critical,
        },
        Ending::Whole(_) | Ending::Cut(_) | Ending::Stopped(_) => complaints.state(),
    };
    if let (State::Ok, Some(fault)) = (state, complaints.fault()) {
        return Err(fault.into());
    }
    let mut report = complaints.report(state, began);
    if !exchange.leniences.is_empty() {
        report = report.more_details(format!("leniences: {}", exchange.leniences.join("; ")));
    }
    metrics::of_exchange(&mut report, config, exchange);
    Ok(report)
}

fn opening(response: &Response, exchange: &Exchange) -> String {
    format!("status {} in {}", response.status, http::span(exchange.elapsed()))
}

/// Nobody answered, and how far it came.
fn unanswered(exchange: &Exchange, failure: &Failure) -> String {
    match exchange.legs.last() {
        Some(leg) => {
            format!("{}; it redirects to {}", failure.sentence(), clipped(&leg.hop.location))
        }
        None => failure.sentence(),
    }
}

/// An event stream goes on for as long as somebody listens.
fn goes_on(response: &Response, failure: &Failure) -> bool {
    let is_stream = response.header("content-type").is_some_and(|kind| {
        kind.trim_start().get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
    });
    is_stream && failure.kind == FailureKind::TimedOut
}

fn is_expected(config: &Http, status: u16) -> bool {
    config.expect_status.0.iter().any(|range| range.contains(status))
}

fn status(config: &Http, response: &Response, complaints: &mut Complaints) {
    if !is_expected(config, response.status) {
        let expected = config.expect_status.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let at = match response.redirects.is_empty() {
            true => String::new(),
            false => format!(" at {}", clipped(&response.url)),
        };
        complaints.critical(format!("expected {}{at}", clipped(&expected)));
    }
}

/// How much of a body came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// More than was asked for.
    Long,
    /// It broke off.
    Part,
}

impl Extent {
    fn of(response: &Response) -> Self {
        if response.truncated { Extent::Long } else { Extent::Whole }
    }
}

fn content(
    config: &Http,
    response: &Response,
    reading: &Reading,
    extent: Extent,
    complaints: &mut Complaints,
) {
    if !config.reads_body() {
        return;
    }
    let text = response.text();
    // Not to be found in a part says nothing of the whole, nor does what cannot be read.
    let in_doubt = |needle: Option<&Needle>| match (extent, reading) {
        (Extent::Long, _) => Some(format!(
            "the answer is longer than the {} bytes that were read; hint: raise `body_max`",
            config.body_max.bytes()
        )),
        (Extent::Part, _) => Some("the answer is not whole".to_owned()),
        (Extent::Whole, Reading::Nothing(why)) => Some(format!("the answer cannot be read: {why}")),
        (Extent::Whole, Reading::Ascii(why)) => needle.filter(|needle| !needle.is_ascii()).map(|needle| {
            format!("whether `{}` is in the answer cannot be told: {why}", clipped(needle.as_str()))
        }),
        (Extent::Whole, Reading::All) => None,
    };
    for wanted in &config.find.0 {
        match (wanted.stands_in(&text), in_doubt(Some(wanted))) {
            (true, _) => {}
            (false, None) => {
                complaints.critical(format!("`{}` is not in the answer", clipped(wanted.as_str())));
            }
            (false, Some(doubt)) => complaints.open(doubt),
        }
    }
    for unwanted in &config.do_not_find.0 {
        match (unwanted.stands_in(&text), in_doubt(Some(unwanted))) {
            (true, _) => complaints.critical(format!("`{}` is in the answer", clipped(unwanted.as_str()))),
            (false, None) => {}
            (false, Some(doubt)) => complaints.open(doubt),
        }
    }
    if !config.json.is_empty() {
        match (response.json(), in_doubt(None)) {
            (_, Some(doubt)) => complaints.open(doubt),
            (Ok(document), None) => json(config, &document, complaints),
            (Err(error), None) => complaints.critical(format!("the answer is not JSON: {error}")),
        }
    }
}

fn json(config: &Http, document: &Value, complaints: &mut Complaints) {
    for wrong in config.json.iter().filter_map(|assertion| assertion.judge(document).err()) {
        complaints.critical(wrong);
    }
}

fn speed(config: &Http, exchange: &Exchange, complaints: &mut Complaints) {
    let took = exchange.elapsed();
    complaints.slowness(took, config.response_time_warning, config.response_time_critical);
}

/// Of every connection on the way the certificate that expires first.
fn certificates(config: &Http, exchange: &Exchange, now: u64, complaints: &mut Complaints) {
    let Some((warning, critical)) = config.expiry_days() else { return };
    let mut seen = Vec::new();
    for first in exchange.earliest_expiries() {
        if seen.contains(&first) {
            continue;
        }
        seen.push(first);
        complaints.expiry(first, now, warning, critical);
    }
}
