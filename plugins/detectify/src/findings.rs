//! What the last scan found: its full report, less what somebody has dealt with.

use std::collections::BTreeMap;

use watchkeep_sdk::config::Value;
use watchkeep_sdk::prelude::*;

use crate::api::Api;
use crate::scan::moment;

/// The most pages of a hundred vulnerabilities each.
const PAGES_MAX: usize = 20;

/// How bad a finding is; the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, watchkeep_sdk::Config)]
pub enum Severity {
    Information,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 5] =
        [Severity::Information, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub const fn word(self) -> &'static str {
        match self {
            Severity::Information => "information",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    fn named(word: &str) -> Option<Self> {
        Severity::ALL.into_iter().find(|severity| severity.word().eq_ignore_ascii_case(word.trim()))
    }

    /// By CVSS: version 2 knows nothing above high.
    fn scored(score: f64, is_v2: bool) -> Self {
        match score {
            score if score >= 9.0 && !is_v2 => Severity::Critical,
            score if score >= 7.0 => Severity::High,
            score if score >= 4.0 => Severity::Medium,
            score if score > 0.0 => Severity::Low,
            _ => Severity::Information,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    pub uuid: String,
    pub title: String,
    pub severity: Severity,
    pub score: Option<f64>,
    /// `2021 A3`, each once.
    pub owasp: Vec<String>,
    /// An address, or a host.
    pub place: String,
    pub link: Option<String>,
}

/// A whole report.
pub(crate) struct Findings {
    pub(crate) all: Vec<Found>,
    /// When the scan that it is of ended.
    pub(crate) ended: Option<u64>,
    pub(crate) link: Option<String>,
    /// Left out, since they are patched, accepted or false.
    pub(crate) dealt_with: usize,
    /// Why it is not known what was dealt with.
    pub(crate) note: Option<String>,
}

/// None where no scan has ended yet.
pub(crate) fn read(api: &Api<'_>) -> Result<Option<Findings>, Stop> {
    let Some(report) = api.get(&format!("/v2/fullreports/{}/latest/", api.config.profile))? else {
        return Ok(None);
    };
    let mut all = findings(&report);
    let (statuses, note) = if all.is_empty() { (BTreeMap::new(), None) } else { statuses(api)? };
    let before = all.len();
    all.retain(|found| !statuses.get(&found.uuid).is_some_and(|status| is_dealt_with(status)));
    Ok(Some(Findings {
        dealt_with: before - all.len(),
        all,
        ended: moment(&report["stopped"]).or_else(|| moment(&report["started"])),
        link: address(&report["url"]),
        note,
    }))
}

/// The findings of a report, each once, the worst first.
pub fn findings(report: &Value) -> Vec<Found> {
    let listed = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut seen = BTreeMap::new();
    for finding in listed {
        let found = found(finding);
        seen.entry(found.uuid.clone()).or_insert(found);
    }
    let mut all: Vec<Found> = seen.into_values().collect();
    let score = |found: &Found| found.score.unwrap_or(0.0);
    all.sort_by(|a, b| b.severity.cmp(&a.severity).then(score(b).total_cmp(&score(a))));
    all
}

fn found(finding: &Value) -> Found {
    let text = |key: &str| finding[key].as_str().unwrap_or_default().trim().to_owned();
    let (score, is_v2) = score(finding);
    let named = finding["severity"].as_str().and_then(Severity::named);
    let by_score = || score.map(|score| Severity::scored(score, is_v2));
    let title = match text("title") {
        title if title.is_empty() => "a finding without a title".to_owned(),
        title => title,
    };
    let place = [text("found_at"), text("location"), text("host")].into_iter().find(|text| !text.is_empty());
    let place = place.unwrap_or_default();
    let uuid = match text("uuid") {
        uuid if uuid.is_empty() => format!("{title} {place}"),
        uuid => uuid,
    };
    // What nobody scored was meant to be read, and nothing else is known of it.
    let severity = named.or_else(by_score).unwrap_or(Severity::Information);
    let link = address(&finding["url"]).or_else(|| address(&finding["links"]["details_page"]));
    Found { uuid, title, severity, score, owasp: owasp(finding), place, link }
}

/// The latest version that there is.
fn score(finding: &Value) -> (Option<f64>, bool) {
    let listed = finding["score"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_version = |major: &str| {
        let is_of =
            |score: &&Value| score["version"].as_str().is_some_and(|version| version.starts_with(major));
        listed.iter().find(is_of).and_then(|score| number(&score["score"]))
    };
    match (of_version("4").or_else(|| of_version("3")), of_version("2")) {
        (Some(score), _) => (Some(score), false),
        (None, Some(score)) => (Some(score), true),
        (None, None) => (None, false),
    }
}

/// Written as a number or as a text.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite() && (0.0..=10.0).contains(number))
}

fn owasp(finding: &Value) -> Vec<String> {
    let listed = finding["owasp"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut all: Vec<String> = Vec::new();
    for class in listed.iter().take(10) {
        let word = |key: &str| match &class[key] {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        let named = format!("{} {}", word("year"), word("classification")).trim().to_owned();
        if !named.is_empty() && !all.contains(&named) {
            all.push(named);
        }
    }
    all
}

fn address(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let is_address = text.starts_with("https://") || text.starts_with("http://");
    (is_address && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

/// By their ids what became of vulnerabilities, over all pages.
fn statuses(api: &Api<'_>) -> Result<(BTreeMap<String, String>, Option<String>), Stop> {
    let mut statuses = BTreeMap::new();
    let mut marker = String::new();
    for _ in 0..PAGES_MAX {
        let next = if marker.is_empty() { String::new() } else { format!("&marker={}", escaped(&marker)) };
        let Some(page) = api.get(&format!("/v2/vulnerabilities/?page_size=100{next}"))? else {
            return Ok((
                statuses,
                Some("it is not known which findings were dealt with: Detectify has no list".to_owned()),
            ));
        };
        for vulnerability in page["vulnerabilities"].as_array().into_iter().flatten() {
            if let (Some(uuid), Some(status)) =
                (vulnerability["uuid"].as_str(), vulnerability["status"].as_str())
            {
                statuses.insert(uuid.to_owned(), status.to_owned());
            }
        }
        let before = std::mem::take(&mut marker);
        match page["next_marker"].as_str() {
            Some(next) if page["has_more"] == true && !next.is_empty() && next != before => {
                next.clone_into(&mut marker)
            }
            Some(_) | None => return Ok((statuses, None)),
        }
    }
    let note = format!(
        "Detectify lists more than {} vulnerabilities: findings that were dealt with may be told",
        PAGES_MAX * 100
    );
    Ok((statuses, Some(note)))
}

/// For a query; a marker is letters and digits mostly.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn is_dealt_with(status: &str) -> bool {
    matches!(status, "patched" | "accepted_risk" | "false_positive")
}
