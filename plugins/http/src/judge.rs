//! What the answer, or its absence, says of the target. All that is certain is judged, whatever else could not be.

mod content;

use watchkeep_sdk::http::{Ending, Exchange, Failure, FailureKind, Response, span};
use watchkeep_sdk::prelude::*;

use crate::config::{Ask, Way};
use crate::expect::Phases;
use crate::journey::location::{is_same, joined};
use crate::metrics;
use crate::veil::Veil;
use content::{Content, Extent};

pub(crate) fn exchange(way: &Way, ask: &Ask, exchange: &Exchange, now: u64, veil: &Veil) -> Verdict {
    let mut complaints = Complaints::default();
    // None are the bodies that nobody waited for.
    let extent = match &exchange.ending {
        Ending::Whole(response) => Some(Extent::of(response)),
        Ending::Cut(_) => Some(Extent::Part),
        Ending::Stopped(_) | Ending::Unanswered(_) => None,
    };
    let began = match (exchange.response(), exchange.failure()) {
        (Some(response), failure) => {
            match (extent, failure) {
                // Who expects just this status does not want it to be followed.
                (None, Some(failure)) if !ask.is_expected(response.status) => {
                    complaints.critical(veil.over(&failure.message).into_owned());
                }
                (None, _) => {}
                (Some(_), _) => status(ask, response, exchange, veil, &mut complaints),
            }
            headers(ask, response, veil, &mut complaints);
            if let Some(extent) = extent {
                if let Some(failure) = failure.filter(|failure| !goes_on(response, failure)) {
                    complaints.critical(format!("the answer is not whole: {}", failure.message));
                }
                let reading = &exchange.reading;
                Content { way, ask, response, reading, extent, veil }.judge(&mut complaints);
            }
            speed(ask, exchange, &mut complaints);
            opening(response, exchange)
        }
        (None, Some(failure)) => unanswered(exchange, failure, veil),
        (None, None) => String::new(),
    };
    certificates(way, exchange, now, &mut complaints);
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
    metrics::of_exchange(&mut report, ask, exchange);
    Ok(report)
}

fn opening(response: &Response, exchange: &Exchange) -> String {
    format!("status {} in {}", response.status, span(exchange.elapsed()))
}

/// Nobody answered, and how far it came.
fn unanswered(exchange: &Exchange, failure: &Failure, veil: &Veil) -> String {
    match exchange.legs.last() {
        Some(leg) => {
            format!("{}; it redirects to {}", failure.sentence(), veil.clipped(&leg.hop.location))
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

fn status(ask: &Ask, response: &Response, exchange: &Exchange, veil: &Veil, complaints: &mut Complaints) {
    if !ask.is_expected(response.status) {
        let expected = ask.expect_status.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let at = match exchange.legs.is_empty() {
            true => String::new(),
            false => format!(" at {}", veil.clipped(&response.url)),
        };
        complaints.critical(format!("expected {}{at}", veil.clipped(&expected)));
    }
}

/// What stands before the body: the version, where the way ends, the headers.
fn headers(ask: &Ask, response: &Response, veil: &Veil, complaints: &mut Complaints) {
    let version = response.version.strip_prefix("HTTP/").unwrap_or(&response.version);
    let spoken = version.strip_suffix(".0").filter(|version| *version != "1").unwrap_or(version);
    let versions = &ask.expect_http_version.0;
    if !versions.is_empty() && !versions.iter().any(|wanted| wanted.0 == spoken) {
        let wanted: Vec<String> = versions.iter().map(|version| format!("HTTP/{}", version.0)).collect();
        complaints.critical(format!("it speaks HTTP/{spoken}, not {}", wanted.join(" or ")));
    }
    let ends = end_of_way(response);
    let is_there = ask.expect_url.as_ref().is_none_or(|wanted| is_same(&ends, wanted));
    let fits = ask.expect_url_pattern.as_ref().is_none_or(|pattern| pattern.is_in(&ends));
    for (is_well, wanted) in [
        (is_there, ask.expect_url.as_deref()),
        (fits, ask.expect_url_pattern.as_ref().map(|pattern| pattern.as_str())),
    ] {
        if let (false, Some(wanted)) = (is_well, wanted) {
            let (ends, wanted) = (veil.clipped(&ends), veil.clipped(wanted));
            complaints.critical(format!("it leads to {ends}, not {wanted}"));
        }
    }
    for wrong in ask.expect_header.iter().filter_map(|expected| expected.judge(response, veil).err()) {
        complaints.critical(wrong);
    }
}

/// Where a redirect leads that was not followed, or else the last URL.
fn end_of_way(response: &Response) -> String {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    match response.header("location").filter(|_| is_redirect) {
        Some(location) => joined(&response.url, location).unwrap_or_else(|| location.to_owned()),
        None => response.url.clone(),
    }
}

fn speed(ask: &Ask, exchange: &Exchange, complaints: &mut Complaints) {
    let took = exchange.elapsed();
    complaints.slowness(took, ask.response_time_warning, ask.response_time_critical);
    if let Some(limits) = &ask.phase_times {
        Phases::of(exchange).judge(limits, complaints);
    }
}

/// Judges the certificate that expires first of each connection on the way.
fn certificates(way: &Way, exchange: &Exchange, now: u64, complaints: &mut Complaints) {
    let Some((warning, critical)) = way.expiry_days() else { return };
    let mut seen = Vec::new();
    for first in exchange.earliest_expiries() {
        if seen.contains(&first) {
            continue;
        }
        seen.push(first);
        complaints.expiry(first, now, warning, critical);
    }
}
