//! Each series against the thresholds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::answer::{Answer, Series};
use crate::config::Prometheus;

/// The most labels of a finding.
const LABELS_MAX: usize = 50;

pub(crate) fn report(config: &Prometheus, answer: Answer) -> Report {
    let count = answer.series.len();
    let most = config.series_max as usize;
    let report = match &*answer.series {
        [] => Report::new(config.empty, "no series"),
        [only] if answer.is_scalar || only.labels.is_empty() => {
            let (state, said) = judged(config, only);
            let report = Report::new(state, format!("the value {said}"));
            metric(config, only).into_iter().fold(report, Report::with)
        }
        series => {
            let findings = findings(config, &worst_first(config, series, most));
            // For a single series, its value is shown, well or not.
            let only = if let [only] = &*findings { Some(only.summary.clone()) } else { None };
            let report = Report::worst_of(findings);
            match only {
                Some(said) => report.summary(said),
                None => report,
            }
        }
    };
    let report = report.metric("prometheus_series", count as u64);
    let report = if count > most {
        report
            .no_better_than(State::Warning, format!("{count} series, more than the {most} that are findings"))
    } else {
        report
    };
    match &*answer.warnings {
        [] => report,
        [first, ..] => {
            let told = report.more_details(format!("the server warns: {}", answer.warnings.join("; ")));
            match config.partial {
                State::Ok => told,
                said => told.no_better_than(said, format!("the server warns: {first}")),
            }
        }
    }
}

/// All of them in their order, or the worst of them: what is left out is no worse than what is told.
fn worst_first<'s>(config: &Prometheus, series: &'s [Series], most: usize) -> Vec<&'s Series> {
    if series.len() <= most {
        return series.iter().collect();
    }
    let states: Vec<State> = series.iter().map(|one| judged(config, one).0).collect();
    let all = || series.iter().zip(&states);
    let order = [State::Critical, State::Warning, State::Unknown, State::Ok];
    let of = |state: State| all().filter(move |(_, is)| **is == state).map(|(one, _)| one);
    order.into_iter().flat_map(of).take(most).collect()
}

fn findings(config: &Prometheus, series: &[&Series]) -> Vec<Finding> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for one in series {
        let bare = key(config, one);
        // Two that the named labels do not tell apart are still two, and a label may end as a number of ours does.
        let mut count = seen.get(&bare).copied().unwrap_or_default();
        let key = loop {
            count += 1;
            let key = if count == 1 { bare.clone() } else { format!("{bare} ({count})") };
            if !seen.contains_key(&key) {
                break key;
            }
        };
        seen.insert(key.clone(), 1);
        seen.insert(bare, count);
        let (state, said) = judged(config, one);
        let mut finding = Finding::new(&*key, state, format!("{} {said}", clipped(&key)));
        finding.metrics.extend(metric(config, one));
        finding.labels = labels(one);
        findings.push(finding);
    }
    findings
}

/// `job=api, instance=10.0.0.1`; a name alone where there is no label.
fn key(config: &Prometheus, series: &Series) -> String {
    let wanted = &config.key_labels.0;
    let labels = series.labels.iter().filter(|(name, _)| match wanted.is_empty() {
        true => name != "__name__",
        false => wanted.contains(name),
    });
    let key = labels.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
    let name = series.labels.iter().find(|(name, _)| name == "__name__").map(|(_, name)| name.as_str());
    if key.is_empty() { name.unwrap_or("series").to_owned() } else { key }
}

fn judged(config: &Prometheus, series: &Series) -> (State, String) {
    let value = series.value;
    let unit = if config.unit.is_empty() { String::new() } else { format!(" {}", clipped(&config.unit)) };
    let mut said = format!("is {}{unit}", number(value));
    if value.is_nan() {
        return (State::Unknown, said);
    }
    let passed = [
        (config.critical_above.filter(|limit| value > *limit), "above", State::Critical),
        (config.critical_below.filter(|limit| value < *limit), "below", State::Critical),
        (config.warning_above.filter(|limit| value > *limit), "above", State::Warning),
        (config.warning_below.filter(|limit| value < *limit), "below", State::Warning),
    ];
    match passed.into_iter().find_map(|(limit, word, state)| Some((limit?, word, state))) {
        None => (State::Ok, said),
        Some((limit, word, state)) => {
            // Nothing is left to do about a String that takes no more.
            let _ = write!(said, ", {word} {}", number(limit));
            (state, said)
        }
    }
}

/// As people write it: few digits, and the whole of a small number.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = match value.abs() {
        1000.0.. => 1,
        1.0.. => 3,
        0.001.. => 6,
        _ => return format!("{value:e}"),
    };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Those that routes can go by.
fn labels(series: &Series) -> Vec<Label> {
    let is_name = |name: &str| {
        !name.starts_with("__")
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let named = series.labels.iter().filter(|(name, value)| is_name(name) && value.len() <= 1_024);
    named.take(LABELS_MAX).map(|(name, value)| Label::new(name, value.clone())).collect()
}

/// None of what is not finite: that is no number to the host, and its finding says it.
fn metric(config: &Prometheus, series: &Series) -> Option<Metric> {
    if !series.value.is_finite() {
        return None;
    }
    let range = |below: Option<f64>, above: Option<f64>| {
        (below.is_some() || above.is_some()).then_some(Range { low: below, high: above, inside: false })
    };
    let mut metric = Metric::new("prometheus_value", series.value, &config.unit);
    metric.warning = range(config.warning_below, config.warning_above);
    metric.critical = range(config.critical_below, config.critical_above);
    Some(metric)
}
