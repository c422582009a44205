//! The text format: families in the order of their names, HELP and TYPE once each, no series twice, everything escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Histogram;

#[derive(Default)]
pub(super) struct Exposition(BTreeMap<String, Family>);

struct Family {
    kind: Kind,
    help: String,
    /// Series (name suffix and labels) with their values, in the order of writing.
    series: Vec<(String, f64)>,
    seen: std::collections::HashSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Exposition {
    /// A writer for a family. The first writer of a family decides its kind and help.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) -> FamilyWriter<'_> {
        let family = self.0.entry(name.to_owned()).or_insert_with(|| Family {
            kind,
            help: help.to_owned(),
            series: Vec::new(),
            seen: std::collections::HashSet::new(),
        });
        FamilyWriter(family)
    }

    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        for (name, family) in self.0 {
            head(&mut text, &name, family.kind, &family.help);
            for (series, value) in family.series {
                sample(&mut text, &name, &series, value);
            }
        }
        text
    }
}

pub(super) struct FamilyWriter<'a>(&'a mut Family);

impl FamilyWriter<'_> {
    /// Adds a sample. A series that exists already keeps its first value.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) -> &mut Self {
        self.put(braces(labels), value)
    }

    pub(super) fn histogram(&mut self, histogram: &Histogram) -> &mut Self {
        for (bound, count) in histogram.cumulative() {
            self.put(format!("_bucket{{le=\"{bound}\"}}"), count as f64);
        }
        self.put("_bucket{le=\"+Inf\"}".to_owned(), histogram.count() as f64);
        self.put("_sum".to_owned(), histogram.sum_seconds());
        self.put("_count".to_owned(), histogram.count() as f64)
    }

    fn put(&mut self, series: String, value: f64) -> &mut Self {
        if self.0.seen.insert(series.clone()) {
            self.0.series.push((series, value));
        }
        self
    }
}

/// Writes what comes before a family.
pub(super) fn head(text: &mut String, name: &str, kind: Kind, about: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", help(about));
}

/// Writes a sample. `series` is what follows the family's name, including labels in braces.
pub(super) fn sample(text: &mut String, name: &str, series: &str, value: f64) {
    let _ = writeln!(text, "{name}{series} {}", number(value));
}

pub(super) fn braces(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let mut text = String::from("{");
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text.push('}');
    text
}

fn help(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}
