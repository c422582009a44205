//! What is said of the server, with its metrics.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, http::span};

use crate::config::Smtp;
use crate::delivery::Delivered;
use crate::talk::Talk;

pub(crate) fn of(
    config: &Smtp,
    talk: &Talk<'_>,
    took: Duration,
    delivered: Option<&Delivered>,
    mut complaints: Complaints,
) -> Verdict {
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    complaints.slowness(took, warning, critical);
    let report = complaints.verdict(opening(talk, took, delivered))?;
    let report = match details(talk) {
        details if details.is_empty() => report,
        details => report.more_details(details),
    };
    let success = report.state != State::Critical;
    let report = report.metric("probe_success", success);
    Ok(metrics(report.with(Metric::response_time(took, warning, critical)), talk, delivered))
}

fn opening(talk: &Talk<'_>, took: Duration, delivered: Option<&Delivered>) -> String {
    let Some(greeting) = &talk.greeting else { return String::new() };
    let mut opening = format!("`{}` in {}", clipped(greeting.lines().next().unwrap_or_default()), span(took));
    if let Some(tls) = &talk.tls {
        opening.push_str(&format!(", {}", tls.protocol));
    }
    if talk.is_logged_in {
        opening.push_str(", logged in");
    }
    if let Some(delivered) = delivered {
        opening.push_str("; ");
        opening.push_str(&delivered.said);
    }
    opening
}

fn details(talk: &Talk<'_>) -> String {
    let offered = talk.offered.join(", ");
    let offers = (!offered.is_empty()).then(|| format!("offers {}", clipped(&offered)));
    let expiry = talk.first_to_expire().map(|first| first.expiry(talk.now));
    [expiry, offers].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn metrics(mut report: Report, talk: &Talk<'_>, delivered: Option<&Delivered>) -> Report {
    if let Some(took) = talk.greeting_took {
        report = report.metric("smtp_greeting_seconds", took);
    }
    if let Some(first) = talk.first_to_expire() {
        let seconds = (first.not_after / 1_000) as f64;
        report = report.with(Metric::new("probe_ssl_earliest_cert_expiry", seconds, "seconds"));
    }
    if let Some(size_max) = talk.size_max {
        report = report.with(Metric::new("smtp_size_max_bytes", size_max as f64, "bytes"));
    }
    if let Some(delivered) = delivered {
        report = report.metric("smtp_delivery_waiting", delivered.waiting);
        if let Some(took) = delivered.took {
            report = report.with(delivered.round_trip(took));
        }
    }
    report
}
