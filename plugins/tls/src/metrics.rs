//! Numbers, under the names that the blackbox exporter gave them where it has them.

use watchkeep_sdk::net::Timings;
use watchkeep_sdk::prelude::*;

use crate::config::Tls;
use crate::visit::Inspected;

/// Nobody answered, or not with TLS.
pub(crate) fn of_nothing(report: Report) -> Report {
    report.metric("probe_success", false)
}

pub(crate) fn of_handshake(report: Report, config: &Tls, seen: &Inspected) -> Report {
    let facts = &seen.inspection.facts;
    let success = report.state != State::Critical;
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    let duration = Metric::response_time(seen.took(), warning, critical);
    let mut report = report.metric("probe_success", success).with(duration);
    for (phase, nanos) in phases(&seen.opened, &seen.inspection.timings) {
        let span = Duration::from_nanos(nanos).as_secs_f64();
        report =
            report.with(Metric::new("probe_tls_duration_seconds", span, "seconds").label("phase", phase));
    }
    let ends = |places: &mut dyn Iterator<Item = usize>| {
        places.filter_map(|place| facts.chain.get(place)).map(|one| one.not_after / 1_000).min()
    };
    if let Some(first) = ends(&mut (0..facts.chain.len())) {
        report = report.with(Metric::new("probe_ssl_earliest_cert_expiry", first as f64, "seconds"));
    }
    if let Some(first) = ends(&mut seen.inspection.path.iter().map(|place| *place as usize)) {
        report = report.with(Metric::new(
            "probe_ssl_last_chain_expiry_timestamp_seconds",
            first as f64,
            "seconds",
        ));
    }
    report = report.with(Metric::new("probe_tls_version_info", 1.0, "").label("version", &*facts.protocol));
    if let Some(suite) = &facts.cipher_suite {
        report = report.with(Metric::new("probe_tls_cipher_info", 1.0, "").label("cipher", &**suite));
    }
    report
}

fn phases(opened: &Timings, handshake: &Timings) -> Vec<(&'static str, u64)> {
    let all = [("resolve", opened.name), ("connect", opened.connect), ("tls", handshake.tls)];
    all.into_iter().filter_map(|(phase, nanos)| Some((phase, nanos?))).collect()
}
