//! What the answer, or its absence, says of the target. All that is certain is judged, whatever else could not be.

use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{Ending, Exchange, Failure, FailureKind, Incomplete, Reading, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Http;
use crate::metrics;
use crate::needle::Needle;

const DAY: Duration = Duration::from_secs(86_400);
/// Of a report's summary the host takes 1 KiB; the rest goes into the details.
const SUMMARY_BYTES_MAX: usize = 900;
/// Of what a target wrote and a sentence repeats.
const REPEATED_CHARS_MAX: usize = 200;
/// As many as somebody reads.
const SENTENCES_MAX: usize = 100;

/// What is wrong, the worst first; nothing when all is well.
#[derive(Default)]
struct Verdicts {
    critical: Vec<String>,
    warning: Vec<String>,
    /// What neither is wrong nor well, since it could not be read.
    open: Vec<String>,
}

pub(crate) fn exchange(config: &Http, exchange: &Exchange, now: u64) -> Verdict {
    let mut verdicts = Verdicts::default();
    let began = match &exchange.ending {
        Ending::Whole(response) => {
            status(config, response, &mut verdicts);
            content(config, response, &exchange.reading, Extent::of(response), &mut verdicts);
            speed(config, exchange, &mut verdicts);
            opening(response, exchange)
        }
        Ending::Cut(Incomplete { response, failure }) => {
            status(config, response, &mut verdicts);
            if !goes_on(response, failure) {
                verdicts.critical.push(format!("the answer is not whole: {}", failure.message));
            }
            content(config, response, &exchange.reading, Extent::Part, &mut verdicts);
            speed(config, exchange, &mut verdicts);
            opening(response, exchange)
        }
        Ending::Stopped(Incomplete { response, failure }) => {
            // Who expects just this status does not want it to be followed.
            if !is_expected(config, response.status) {
                verdicts.critical.push(failure.message.clone());
            }
            speed(config, exchange, &mut verdicts);
            opening(response, exchange)
        }
        Ending::Unanswered(failure) => unanswered(exchange, failure),
    };
    certificates(config, exchange, now, &mut verdicts);
    let state = match &exchange.ending {
        Ending::Unanswered(failure) => match failure.as_fault() {
            // The host could not ask to the end; what is certain of the way there is told.
            Some(fault) if verdicts.critical.is_empty() => return Err(fault.into()),
            Some(_) | None => State::Critical,
        },
        Ending::Whole(_) | Ending::Cut(_) | Ending::Stopped(_) => verdicts.state(),
    };
    if let (State::Ok, Some(open)) = (state, verdicts.open.first()) {
        return Err(Fault::inconclusive(open.clone()).into());
    }
    let mut report = verdicts.report(state, began, &exchange.leniences);
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
            format!("{}; it redirects to {}", failure.sentence(), repeated(&leg.hop.location))
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

impl Verdicts {
    fn state(&self) -> State {
        match (self.critical.is_empty(), self.warning.is_empty()) {
            (true, true) => State::Ok,
            (true, false) => State::Warning,
            (false, _) => State::Critical,
        }
    }

    /// `began` and all that is wrong; what is too long for a line is in the details.
    fn report(&self, state: State, began: String, leniences: &[String]) -> Report {
        let open = self.open.iter().map(|open| format!("not judged: {open}"));
        let wrong = self.critical.iter().chain(&self.warning).cloned();
        let said: Vec<_> = wrong.chain(open).take(SENTENCES_MAX).collect();
        let mut summary = began;
        let mut details = Vec::new();
        for sentence in &said {
            if summary.len() + sentence.len() > SUMMARY_BYTES_MAX {
                details.push(sentence.clone());
            } else {
                summary.push_str("; ");
                summary.push_str(sentence);
            }
        }
        if !details.is_empty() {
            summary.push_str(&format!("; {} more", details.len()));
        }
        if !leniences.is_empty() {
            details.push(format!("leniences: {}", leniences.join("; ")));
        }
        let report = Report::new(state, summary);
        if details.is_empty() { report } else { report.details(details.join("\n")) }
    }
}

fn is_expected(config: &Http, status: u16) -> bool {
    config.expect_status.0.iter().any(|range| range.contains(status))
}

fn status(config: &Http, response: &Response, verdicts: &mut Verdicts) {
    if !is_expected(config, response.status) {
        let expected = config.expect_status.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let at = match response.redirects.is_empty() {
            true => String::new(),
            false => format!(" at {}", repeated(&response.url)),
        };
        verdicts.critical.push(format!("expected {}{at}", repeated(&expected)));
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

fn content(config: &Http, response: &Response, reading: &Reading, extent: Extent, verdicts: &mut Verdicts) {
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
            format!("whether `{}` is in the answer cannot be told: {why}", repeated(needle.as_str()))
        }),
        (Extent::Whole, Reading::All) => None,
    };
    let mut open = Vec::new();
    for wanted in &config.find.0 {
        match (wanted.stands_in(&text), in_doubt(Some(wanted))) {
            (true, _) => {}
            (false, None) => {
                verdicts.critical.push(format!("`{}` is not in the answer", repeated(wanted.as_str())));
            }
            (false, Some(doubt)) => open.push(doubt),
        }
    }
    for unwanted in &config.do_not_find.0 {
        match (unwanted.stands_in(&text), in_doubt(Some(unwanted))) {
            (true, _) => {
                verdicts.critical.push(format!("`{}` is in the answer", repeated(unwanted.as_str())))
            }
            (false, None) => {}
            (false, Some(doubt)) => open.push(doubt),
        }
    }
    if !config.json.is_empty() {
        match (response.json(), in_doubt(None)) {
            (_, Some(doubt)) => open.push(doubt),
            (Ok(document), None) => json(config, &document, verdicts),
            (Err(error), None) => verdicts.critical.push(format!("the answer is not JSON: {error}")),
        }
    }
    for doubt in open {
        if !verdicts.open.contains(&doubt) {
            verdicts.open.push(doubt);
        }
    }
}

fn json(config: &Http, document: &Value, verdicts: &mut Verdicts) {
    let wrong = config.json.iter().filter_map(|assertion| assertion.judge(document).err());
    verdicts.critical.extend(wrong);
}

fn speed(config: &Http, exchange: &Exchange, verdicts: &mut Verdicts) {
    let took = exchange.elapsed();
    match (config.response_time_critical, config.response_time_warning) {
        (Some(limit), _) if took > limit => verdicts.critical.push(slower(limit)),
        (_, Some(limit)) if took > limit => verdicts.warning.push(slower(limit)),
        (_, _) => {}
    }
}

fn slower(limit: Duration) -> String {
    format!("slower than {}", http::span(limit))
}

/// Of every connection on the way the certificate that expires first.
fn certificates(config: &Http, exchange: &Exchange, now: u64, verdicts: &mut Verdicts) {
    let Some((warning, critical)) = config.expiry_days() else { return };
    let mut seen = Vec::new();
    for first in exchange.earliest_expiries() {
        if seen.contains(&first) {
            continue;
        }
        seen.push(first);
        let left = Duration::from_millis(first.not_after.saturating_sub(now));
        let subject = repeated(&first.subject);
        let said = || match left.as_secs() / DAY.as_secs() {
            _ if left.is_zero() => format!("certificate `{subject}` has expired"),
            0 => format!("certificate `{subject}` expires in {} hours", left.as_secs() / 3_600),
            1 => format!("certificate `{subject}` expires in 1 day"),
            days => format!("certificate `{subject}` expires in {days} days"),
        };
        if left.is_zero() || left < DAY * critical {
            verdicts.critical.push(said());
        } else if left < DAY * warning {
            verdicts.warning.push(said());
        }
    }
}

/// What a target or an operator wrote, for a sentence: the beginning of it, if it is long.
fn repeated(text: &str) -> String {
    match text.char_indices().nth(REPEATED_CHARS_MAX) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}
