//! Numbers, under the names that the blackbox exporter gave them.

use watchkeep_sdk::http::{Exchange, Timings};
use watchkeep_sdk::prelude::*;

use crate::config::Http;

pub(crate) fn of_exchange(report: &mut Report, config: &Http, exchange: &Exchange) {
    let success = report.state != State::Critical;
    let mut phases = Phases::default();
    for leg in &exchange.legs {
        phases.add(&leg.hop.timings);
    }
    match (exchange.response(), exchange.failure()) {
        (Some(response), _) => phases.add(&response.timings),
        (None, Some(failure)) => phases.add(&failure.timings),
        (None, None) => {}
    }
    push(report, "probe_success", f64::from(u8::from(success)), "");
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    report.metrics.push(Metric::response_time(exchange.elapsed(), warning, critical));
    phases.push(report);
    let status = exchange.response().map_or(0, |response| response.status);
    push(report, "probe_http_status_code", f64::from(status), "");
    if let Some(response) = exchange.response() {
        push(report, "probe_http_redirects", exchange.legs.len() as f64, "");
        push(report, "probe_http_ssl", f64::from(u8::from(response.tls.is_some())), "");
        push(report, "probe_http_version", version(&response.version), "");
        push(report, "probe_http_leniences", exchange.leniences.len() as f64, "");
    }
    expiry(report, exchange);
}

/// When the first certificate on the way expires, in seconds since the Unix epoch.
fn expiry(report: &mut Report, exchange: &Exchange) {
    if let Some(first) = exchange.earliest_expiries().map(|certificate| certificate.not_after).min() {
        push(report, "probe_ssl_earliest_cert_expiry", (first / 1_000) as f64, "seconds");
    }
}

/// Nanoseconds by phase, summed over redirects; none was never reached.
#[derive(Default)]
struct Phases {
    resolve: Option<u64>,
    connect: Option<u64>,
    tls: Option<u64>,
    processing: Option<u64>,
    transfer: Option<u64>,
}

impl Phases {
    fn add(&mut self, timings: &Timings) {
        let sum = |sum: &mut Option<u64>, part: Option<u64>| {
            if let Some(part) = part {
                *sum = Some(sum.unwrap_or(0) + part);
            }
        };
        sum(&mut self.resolve, timings.name);
        sum(&mut self.connect, timings.connect);
        sum(&mut self.tls, timings.tls);
        // Blackbox counts from the end of the connection to the first byte.
        sum(&mut self.processing, timings.send);
        sum(&mut self.processing, timings.wait);
        sum(&mut self.transfer, timings.transfer);
    }
    fn push(&self, report: &mut Report) {
        if let Some(resolve) = self.resolve {
            push(report, "probe_dns_lookup_time_seconds", seconds(resolve), "seconds");
        }
        for (phase, nanos) in [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("tls", self.tls),
            ("processing", self.processing),
            ("transfer", self.transfer),
        ] {
            if let Some(nanos) = nanos {
                let metric = Metric::new("probe_http_duration_seconds", seconds(nanos), "seconds");
                report.metrics.push(metric.label("phase", phase));
            }
        }
    }
}

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
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
