//! Numbers, under the names that the blackbox exporter gave them.

use watchkeep_sdk::http::{Ending, Exchange};
use watchkeep_sdk::prelude::*;

use crate::config::Ask;
use crate::expect::Phases;

pub(crate) fn of_exchange(report: &mut Report, ask: &Ask, exchange: &Exchange) {
    let success = report.state != State::Critical;
    push(report, "probe_success", f64::from(u8::from(success)), "");
    let (warning, critical) = (ask.response_time_warning, ask.response_time_critical);
    report.metrics.push(Metric::response_time(exchange.elapsed(), warning, critical));
    Phases::of(exchange).push(ask.phase_times.as_ref(), report);
    let status = exchange.response().map_or(0, |response| response.status);
    push(report, "probe_http_status_code", f64::from(status), "");
    if let Some(response) = exchange.response() {
        push(report, "probe_http_redirects", exchange.legs.len() as f64, "");
        push(report, "probe_http_ssl", f64::from(u8::from(response.tls.is_some())), "");
        push(report, "probe_http_version", version(&response.version), "");
        push(report, "probe_http_leniences", exchange.leniences.len() as f64, "");
    }
    if let Ending::Whole(response) = &exchange.ending
        && ask.reads_body()
        && !response.truncated
    {
        push(report, "probe_http_uncompressed_body_length", response.body.len() as f64, "bytes");
    }
    expiry(report, exchange);
}

/// When the first certificate on the way expires, in seconds since the Unix epoch.
fn expiry(report: &mut Report, exchange: &Exchange) {
    if let Some(first) = exchange.earliest_expiries().map(|certificate| certificate.not_after).min() {
        push(report, "probe_ssl_earliest_cert_expiry", (first / 1_000) as f64, "seconds");
    }
}

/// `HTTP/1.1` is 1.1 and `HTTP/2` is 2.
fn version(version: &str) -> f64 {
    match version.strip_prefix("HTTP/") {
        Some("1.0") => 1.0,
        Some("1.1") => 1.1,
        Some("2" | "2.0") => 2.0,
        Some("3" | "3.0") => 3.0,
        Some(_) | None => 0.0,
    }
}

fn push(report: &mut Report, name: &str, value: f64, unit: &str) {
    report.metrics.push(Metric::new(name, value, unit));
}
