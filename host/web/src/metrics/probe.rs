//! Per check: the numbers of its last report, under names that begin with `probe_`, as the Blackbox exporter's do.

use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, State};
use watchkeep_core::view::CheckView;

use super::text::{Exposition, Kind};

pub(super) fn write(out: &mut Exposition, checks: &[CheckView]) {
    for view in checks {
        let Some(row) = &view.last else { continue };
        let own = [("check", view.spec.name.as_str()), ("plugin", view.spec.plugin.as_str())];
        out.family("probe_duration_seconds", Kind::Gauge, "How long the last run took.")
            .sample(&own, row.took.as_secs_f64());
        let Outcome::Report(report) = &row.outcome else { continue };
        let success = match report.state {
            State::Ok | State::Warning => 1.0,
            State::Critical => 0.0,
            // It judged nothing, so neither is true.
            State::Unknown => continue,
        };
        out.family("probe_success", Kind::Gauge, "1 if the last run found its target up, 0 if critical.")
            .sample(&own, success);
        for metric in &report.metrics {
            write_metric(out, &own, metric);
        }
    }
}

fn write_metric(out: &mut Exposition, own: &[(&str, &str); 2], metric: &Metric) {
    let given: Vec<(String, String)> =
        metric.labels.iter().map(|(name, value)| (label_name(name), without_credentials(value))).collect();
    let mut labels = own.to_vec();
    for (name, value) in &given {
        // A name that is there already (two that differ only in what was replaced) would make the series invalid.
        if labels.iter().all(|(taken, _)| taken != name) {
            labels.push((name, value));
        }
    }
    out.family(&family_name(metric), Kind::Gauge, "From the last report of a check.")
        .sample(&labels, metric.value);
}

/// `duration` with the unit `seconds` is `probe_duration_seconds`.
fn family_name(metric: &Metric) -> String {
    let name = sanitized(&metric.name);
    let name = if name.starts_with("probe_") { name } else { format!("probe_{name}") };
    let unit = sanitized(&metric.unit);
    if metric.unit.is_empty() || name.ends_with(&format!("_{unit}")) {
        name
    } else {
        format!("{name}_{unit}")
    }
}

/// A report's label cannot take the place of ours.
fn label_name(name: &str) -> String {
    let name = sanitized(name).replace(':', "_");
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name == "check" || name == "plugin" || !starts_well { format!("reported_{name}") } else { name }
}

fn sanitized(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// A URL keeps neither its user part nor its query: tokens travel there.
fn without_credentials(value: &str) -> String {
    let Some(start) = value.find("://").map(|at| at + 3) else { return value.to_owned() };
    let value = value.split(['?', '#']).next().unwrap_or(value);
    if start > value.len() {
        return String::new();
    }
    let end = value[start..].find('/').map_or(value.len(), |end| start + end);
    match value[start..end].rfind('@') {
        Some(at) => format!("{}{}", &value[..start], &value[start + at + 1..]),
        None => value.to_owned(),
    }
}
