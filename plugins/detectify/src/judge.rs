//! What was found, and how it stands with the scan.

use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::span;

use crate::config::Detectify;
use crate::findings::{Findings, Found, Severity};
use crate::scan::{Done, Next, Profile};

pub(crate) fn report(
    config: &Detectify,
    profile: &Profile,
    next: &Next,
    done: Done,
    findings: Option<&Findings>,
    now: u64,
) -> Report {
    let ended = findings.and_then(|findings| findings.ended).or(profile.ended);
    let age = ended.map(|ended| Duration::from_millis(now.saturating_sub(ended)));
    let mut report = match findings {
        None => {
            Report::new(State::Unknown, format!("`{}` has no report of a scan yet", clipped(&profile.name)))
        }
        Some(findings) => told(config, profile, findings, age),
    };
    if let Some(age) = age.filter(|age| config.report_age_warning.is_some_and(|limit| *age > limit)) {
        let limit = config.report_age_warning.unwrap_or_default();
        let said = format!("the last scan ended {} ago, more than {}", span(age), span(limit));
        report = report.no_better_than(State::Warning, said);
    }
    let (state, said) = of_scan(config, profile, next, done);
    if !said.is_empty() {
        report = report.no_better_than(state, said);
    }
    if !profile.is_verified && !matches!(next, Next::Unverified) && done != Done::NotVerified {
        report = report.no_better_than(State::Warning, unverified(profile));
    }
    metrics(report, findings, next, age)
}

/// The findings themselves.
fn told(config: &Detectify, profile: &Profile, findings: &Findings, age: Option<Duration>) -> Report {
    let when = age.map_or_else(String::new, |age| format!(", scanned {} ago", span(age)));
    let shown: Vec<&Found> =
        findings.all.iter().filter(|found| found.severity >= config.least_severity).collect();
    let counts = counted(&findings.all);
    let name = clipped(&profile.name);
    let state = findings.all.first().map_or(State::Ok, |worst| state_of(config, worst.severity));
    let mut summary = format!("`{name}` has {counts}{when}");
    if let (Some(worst), true) = (findings.all.first(), state != State::Ok) {
        summary.push_str(&format!(": {}", sentence(worst)));
    }
    let mut report = Report::new(state, summary);
    let most = config.findings_max as usize;
    for found in shown.iter().take(most) {
        report = report.finding(finding(config, found));
    }
    if shown.len() > most {
        report =
            report.more_details(format!("{} findings, of which the {most} worst are listed", shown.len()));
    }
    if findings.dealt_with > 0 {
        report = report.more_details(format!(
            "{} more are patched, accepted or false at Detectify",
            findings.dealt_with
        ));
    }
    if let Some(note) = &findings.note {
        report = report.more_details(note);
    }
    if let Some(link) = &findings.link {
        report = report.more_details(format!("the whole report: {}", clipped(link)));
    }
    report
}

/// `3 findings (1 high, 2 low)`, the worst first.
fn counted(all: &[Found]) -> String {
    if all.is_empty() {
        return "no findings".to_owned();
    }
    let of = |severity: Severity| all.iter().filter(|found| found.severity == severity).count();
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (of(severity), severity.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let noun = if all.len() == 1 { "finding" } else { "findings" };
    format!("{} {noun} ({})", all.len(), counts.join(", "))
}

fn finding(config: &Detectify, found: &Found) -> Finding {
    let state = state_of(config, found.severity);
    let mut finding =
        Finding::new(found.uuid.clone(), state, sentence(found)).label("severity", found.severity.word());
    if !found.owasp.is_empty() {
        finding = finding.label("owasp", found.owasp.join(", "));
    }
    if let Some(score) = found.score {
        finding = finding.metric("detectify_cvss_score", score);
    }
    match &found.link {
        Some(link) => finding.link(link.clone()),
        None => finding,
    }
}

/// `SQL injection (high, CVSS 8.8, OWASP 2021 A3) at https://shop.example.com/`.
fn sentence(found: &Found) -> String {
    let mut words = vec![found.severity.word().to_owned()];
    words.extend(found.score.map(|score| format!("CVSS {score}")));
    if !found.owasp.is_empty() {
        words.push(format!("OWASP {}", clipped(&found.owasp.join(", "))));
    }
    let place = if found.place.is_empty() { String::new() } else { format!(" at {}", clipped(&found.place)) };
    format!("{} ({}){place}", clipped(&found.title), words.join(", "))
}

fn state_of(config: &Detectify, severity: Severity) -> State {
    if severity >= config.critical_severity {
        State::Critical
    } else if severity >= config.warning_severity {
        State::Warning
    } else {
        State::Ok
    }
}

/// How it stands with the scan, if there is anything to say.
fn of_scan(config: &Detectify, profile: &Profile, next: &Next, done: Done) -> (State, String) {
    match (next, done) {
        (_, Done::Started) => (State::Ok, "a scan was asked for".to_owned()),
        (_, Done::RunsAlready) => (State::Ok, "a scan runs already".to_owned()),
        (_, Done::NotVerified) | (Next::Unverified, _) => (State::Warning, unverified(profile)),
        (Next::Goes { state, span: Some(lasts) }, _) if *lasts > config.scan_max => (
            State::Warning,
            format!(
                "a scan has been {} for {}, more than {}; hint: look at it, or stop it, at Detectify",
                clipped(state),
                span(*lasts),
                span(config.scan_max)
            ),
        ),
        (Next::Goes { state, span: lasts }, _) => {
            let lasts = lasts.map_or_else(String::new, |lasts| format!(" for {}", span(lasts)));
            (State::Ok, format!("a scan has been {}{lasts}", clipped(state)))
        }
        (Next::Waits(since), _) => (State::Ok, format!("a scan was asked for {} ago", span(*since))),
        (Next::Never(since), _) => (
            State::Warning,
            format!(
                "a scan that was asked for {} ago never began; hint: look at the profile at Detectify",
                span(*since)
            ),
        ),
        (Next::WouldStart, _) => (
            State::Ok,
            format!(
                "would start a scan of `{}` ({}), and does not by `dry_run`",
                clipped(&profile.name),
                clipped(&profile.endpoint)
            ),
        ),
        (Next::Nothing | Next::Start, Done::Nothing) => (State::Ok, String::new()),
    }
}

fn unverified(profile: &Profile) -> String {
    format!(
        "Detectify has not verified that `{}` is yours, and scans nothing; hint: verify the domain there",
        clipped(&profile.endpoint)
    )
}

fn metrics(mut report: Report, findings: Option<&Findings>, next: &Next, age: Option<Duration>) -> Report {
    if let Some(findings) = findings {
        for severity in Severity::ALL {
            let count = findings.all.iter().filter(|found| found.severity == severity).count();
            report = report
                .with(Metric::new("detectify_findings", count as f64, "").label("severity", severity.word()));
        }
    }
    let goes = matches!(next, Next::Goes { .. });
    report = report.with(Metric::new("detectify_scan_running", f64::from(u8::from(goes)), ""));
    match age {
        Some(age) => report.metric("detectify_scan_age", age),
        None => report,
    }
}
