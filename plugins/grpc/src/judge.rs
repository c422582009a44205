//! What a server's answers, or their absence, say of it and of its services.

use std::borrow::Cow;

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{self, Detailed, Ending, Exchange, Header, Incomplete, Response};
use watchkeep_sdk::prelude::*;

use crate::config::{Expected, Grpc};
use crate::health::{self, Serving};

/// What a server calls the end of a call, by its number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
const OK: u16 = 0;
const NOT_FOUND: u16 = 5;
const PERMISSION_DENIED: u16 = 7;
const UNIMPLEMENTED: u16 = 12;
const UNAUTHENTICATED: u16 = 16;

pub(crate) fn services(config: &Grpc, now: u64) -> Verdict {
    let services = config.services();
    let mut findings = Vec::new();
    for service in &services {
        let report = judged(config, service, now)?;
        if let [_] = *services {
            return Ok(report);
        }
        let name = if service.is_empty() { "server" } else { service };
        let mut finding = Finding::new(name, report.state, format!("{}: {}", clipped(name), report.summary));
        finding.metrics = report.metrics;
        findings.push(finding);
    }
    Ok(Report::worst_of(findings))
}

fn judged(config: &Grpc, service: &str, now: u64) -> Verdict {
    let Detailed { exchange, trailers } = health::ask(config, service);
    let mut complaints = Complaints::default();
    let began = match &exchange.ending {
        Ending::Whole(response) => said(config, service, response, &trailers, &exchange, &mut complaints),
        Ending::Cut(Incomplete { response, failure }) => {
            complaints.critical(format!("its answer is not whole: {}", failure.message));
            opening(&format!("status {}", response.status), &exchange)
        }
        // Redirects are not followed: nobody stops at one.
        Ending::Stopped(Incomplete { failure, .. }) | Ending::Unanswered(failure) => {
            if let Some(fault) = failure.as_fault() {
                return Err(fault.into());
            }
            complaints.critical(failure.sentence());
            String::new()
        }
    };
    complaints.slowness(exchange.elapsed(), config.response_time_warning, config.response_time_critical);
    if let Some((warning, critical)) = config.expiry_days() {
        for certificate in exchange.earliest_expiries() {
            complaints.expiry(certificate, now, warning, critical);
        }
    }
    let mut report = complaints.report(complaints.state(), began);
    metrics(&mut report, config, &exchange);
    Ok(report)
}

fn opening(said: &str, exchange: &Exchange) -> String {
    format!("{said} in {}", http::span(exchange.elapsed()))
}

/// What the server said, of a whole answer.
fn said(
    config: &Grpc,
    service: &str,
    response: &Response,
    trailers: &[Header],
    exchange: &Exchange,
    complaints: &mut Complaints,
) -> String {
    let is_grpc = response.header("content-type").is_some_and(|kind| {
        let kind = kind.trim().to_ascii_lowercase();
        kind == "application/grpc"
            || kind.starts_with("application/grpc+")
            || kind.starts_with("application/grpc;")
    });
    if response.status != 200 || !is_grpc {
        complaints.critical(no_grpc(response));
        return opening(&format!("status {}", response.status), exchange);
    }
    if response.truncated {
        complaints.critical("its answer is longer than any of the health service");
        return opening("no health", exchange);
    }
    // Where nothing but the end came, it stands in the header.
    let of_end = |name: &str| {
        let behind =
            trailers.iter().find(|trailer| trailer.name == name).map(|trailer| trailer.value.as_str());
        behind.or_else(|| response.header(name))
    };
    let code = of_end("grpc-status").and_then(|code| code.trim().parse::<u16>().ok());
    match code {
        None => {
            complaints.critical(
                "its answer ends without `grpc-status`; hint: a proxy on the way may drop trailers",
            );
            opening("no health", exchange)
        }
        Some(OK) => match health::serving(&response.body) {
            Ok(serving) => {
                if !is_expected(config, serving) {
                    complaints.critical(format!("expected {}", expected(config)));
                }
                opening(&serving.name(), exchange)
            }
            Err(wrong) => {
                complaints.critical(wrong);
                opening("no health", exchange)
            }
        },
        Some(code) => {
            complaints.critical(refused(service, code, of_end("grpc-message")));
            opening(&name_of(code), exchange)
        }
    }
}

/// A page, a proxy's error, another protocol.
fn no_grpc(response: &Response) -> String {
    match response.status {
        200 => {
            let kind = response.header("content-type").unwrap_or("nothing");
            format!("its answer is `{}`, not gRPC", clipped(kind))
        }
        401 | 403 => "something in front of it wants another login".to_owned(),
        404 => "nothing speaks gRPC there; hint: look at the URL's port and path".to_owned(),
        301 | 302 | 303 | 307 | 308 => {
            let to = response.header("location").unwrap_or_default();
            format!("it redirects to {}, and gRPC does not follow", clipped(to))
        }
        502..=504 => "the proxy before it does not reach it".to_owned(),
        _ => "a gRPC server answers with status 200".to_owned(),
    }
}

fn refused(service: &str, code: u16, message: Option<&str>) -> String {
    let why = match code {
        NOT_FOUND if service.is_empty() => "it has no health for the server as a whole".to_owned(),
        NOT_FOUND => {
            format!("it knows no service `{}`; hint: a name is such as `shop.v1.Orders`", clipped(service))
        }
        UNIMPLEMENTED => {
            "it does not offer `grpc.health.v1.Health`; hint: register the health service".to_owned()
        }
        UNAUTHENTICATED => "it wants a login; hint: `bearer` or `secret_metadata`".to_owned(),
        PERMISSION_DENIED => "the login may not ask for health".to_owned(),
        _ => "it ends the call with an error".to_owned(),
    };
    match message.map(health::percent_decoded).filter(|message| !message.trim().is_empty()) {
        Some(message) => format!("{why}: {}", clipped(&message)),
        None => why,
    }
}

fn name_of(code: u16) -> Cow<'static, str> {
    CODES.get(usize::from(code)).map_or_else(|| format!("code {code}").into(), |name| (*name).into())
}

fn is_expected(config: &Grpc, serving: Serving) -> bool {
    serving
        == match config.expect {
            Expected::Serving => Serving::Serving,
            Expected::NotServing => Serving::NotServing,
        }
}

fn expected(config: &Grpc) -> &'static str {
    match config.expect {
        Expected::Serving => "SERVING",
        Expected::NotServing => "NOT_SERVING",
    }
}

fn metrics(report: &mut Report, config: &Grpc, exchange: &Exchange) {
    let success = f64::from(u8::from(report.state != State::Critical));
    report.metrics.push(Metric::new("probe_success", success, ""));
    report.metrics.push(Metric::response_time(
        exchange.elapsed(),
        config.response_time_warning,
        config.response_time_critical,
    ));
    if let Some(first) = exchange.earliest_expiries().map(|certificate| certificate.not_after).min() {
        report.metrics.push(Metric::new("probe_ssl_earliest_cert_expiry", (first / 1_000) as f64, "seconds"));
    }
}
