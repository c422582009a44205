//! Metrics of checks: the numbers of each check's last report, with names that begin with `probe_`, like those of the
//! Blackbox exporter.
//!
//! There may be many series: they are sorted once, as indices and not as text, and written a piece at a time while they
//! are read, so that their number strains neither the host's memory nor its other work.

use std::collections::{BTreeMap, HashMap, HashSet};

use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, State};
use watchkeep_core::view::CheckView;

use super::text::{Kind, head, sample};

/// The least bytes of a piece, except for the last one.
const PIECE: usize = 64 * 1024;

/// What one sample is made from.
#[derive(Clone, Copy)]
enum Source {
    Duration,
    Success(f64),
    /// A metric, by its index in the report.
    Metric(u32),
}

/// The series of many checks, family by family.
pub(super) struct Probes {
    checks: Vec<CheckView>,
    families: std::vec::IntoIter<(String, Vec<(u32, Source)>)>,
    open: Option<Open>,
}

/// A family that is being written.
struct Open {
    name: String,
    samples: std::vec::IntoIter<(u32, Source)>,
    /// The check whose series are being written, and those that are written already: a report may have one twice.
    check: u32,
    written: HashSet<String>,
}

impl Probes {
    pub(super) fn new(checks: Vec<CheckView>) -> Self {
        let mut families: BTreeMap<String, Vec<(u32, Source)>> = BTreeMap::new();
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut metrics: Vec<(String, Vec<(u32, Source)>)> = Vec::new();
        let (mut durations, mut successes) = (Vec::new(), Vec::new());
        for (view, place) in checks.iter().zip(0..) {
            let Some(row) = &view.last else { continue };
            durations.push((place, Source::Duration));
            let Outcome::Report(report) = &row.outcome else { continue };
            let success = match report.state {
                State::Ok | State::Warning => 1.0,
                State::Critical => 0.0,
                // It judged nothing, so neither value is true.
                State::Unknown => continue,
            };
            successes.push((place, Source::Success(success)));
            for (metric, nth) in report.metrics.iter().zip(0..) {
                let family = *places.entry((&metric.name, &metric.unit)).or_insert_with(|| {
                    metrics.push((family_name(&metric.name, &metric.unit), Vec::new()));
                    metrics.len() - 1
                });
                metrics[family].1.push((place, Source::Metric(nth)));
            }
        }
        let own = [("probe_duration_seconds", durations), ("probe_success", successes)];
        for (name, samples) in own.into_iter().map(|(name, it)| (name.to_owned(), it)).chain(metrics) {
            families.entry(name).or_default().extend(samples);
        }
        families.retain(|_, samples| !samples.is_empty());
        for samples in families.values_mut() {
            // The host's own series of a check come before what it reported under the same name, because the first of a
            // series counts.
            samples.sort_by_key(|(check, _)| *check);
        }
        let families: Vec<_> = families.into_iter().collect();
        Self { checks, families: families.into_iter(), open: None }
    }

    /// The next piece of text; `None` at the end.
    pub(super) fn piece(&mut self) -> Option<String> {
        let mut text = String::with_capacity(PIECE + 1024);
        while text.len() < PIECE {
            if self.open.is_none() {
                let Some((name, samples)) = self.families.next() else { break };
                let help = match name.as_str() {
                    "probe_duration_seconds" => "How long the last run took.",
                    "probe_success" => "1 if the last run found its target up, 0 if critical.",
                    _ => "From the last report of a check.",
                };
                head(&mut text, &name, Kind::Gauge, help);
                let samples = samples.into_iter();
                self.open = Some(Open { name, samples, check: u32::MAX, written: HashSet::new() });
            }
            if let Some(open) = &mut self.open {
                match open.samples.next() {
                    Some((check, source)) => {
                        open.write(&mut text, check, &self.checks[check as usize], source)
                    }
                    None => self.open = None,
                }
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

impl Open {
    fn write(&mut self, text: &mut String, check: u32, view: &CheckView, source: Source) {
        if self.check != check {
            self.check = check;
            self.written.clear();
        }
        let own = [("check", view.spec.name.as_str()), ("plugin", view.spec.plugin.as_str())];
        let Some(row) = &view.last else { return };
        let (labels, value) = match (source, &row.outcome) {
            (Source::Duration, _) => (braces(&own, None), row.took.as_secs_f64()),
            (Source::Success(value), _) => (braces(&own, None), value),
            (Source::Metric(nth), Outcome::Report(report)) => {
                let metric = &report.metrics[nth as usize];
                (braces(&own, Some(metric)), metric.value)
            }
            (Source::Metric(_), Outcome::Failed(_)) => return,
        };
        if self.written.contains(&labels) {
            return;
        }
        sample(text, &self.name, &labels, value);
        self.written.insert(labels);
    }
}

fn braces(own: &[(&str, &str); 2], metric: Option<&Metric>) -> String {
    let given: Vec<(String, String)> = metric
        .into_iter()
        .flat_map(|metric| metric.labels.iter())
        .map(|(name, value)| (label_name(name), without_credentials(value)))
        .collect();
    let mut labels = own.to_vec();
    for (name, value) in &given {
        // A name that is taken already (two names may differ only in what was replaced) would make the series invalid.
        if labels.iter().all(|(taken, _)| taken != name) {
            labels.push((name, value));
        }
    }
    super::text::braces(&labels)
}

/// The name of a family: `duration` with the unit `seconds` becomes `probe_duration_seconds`.
fn family_name(name: &str, unit: &str) -> String {
    let name = sanitized(name);
    let name = if name.starts_with("probe_") { name } else { format!("probe_{name}") };
    let short = sanitized(unit);
    if unit.is_empty() || name.ends_with(&format!("_{short}")) { name } else { format!("{name}_{short}") }
}

/// The name of a label. A report's label cannot take the place of one of ours.
fn label_name(name: &str) -> String {
    let name = sanitized(name).replace(':', "_");
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name == "check" || name == "plugin" || !starts_well { format!("reported_{name}") } else { name }
}

fn sanitized(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// A URL without its user part and its query, because those may contain tokens.
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
