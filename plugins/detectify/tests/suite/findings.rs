//! What a scan found: states, classes, links, and what was dealt with.

use serde_json::{Value, json};
use watchkeep_sdk::State;

use super::double::{Detectify, Mood, finding};
use super::{check, days, says, served};

fn scanned(findings: Vec<Value>) -> Detectify {
    let mut service = Detectify::new();
    service.ended(&days(-3), &days(-2), findings);
    service
}

#[test]
fn each_finding_has_its_state_class_link_and_score() {
    let service = served(scanned(vec![
        finding("a", "Header missing", 0.0),
        finding("b", "SQL injection", 8.8),
        finding("c", "Cross-site scripting", 6.1),
        finding("d", "Cookie without flag", 3.1),
        finding("e", "Remote code execution", 9.8),
    ]));
    let ran = check(&service, json!({}));
    says(
        &ran,
        State::Critical,
        "`Shop` has 5 findings (1 critical, 1 high, 1 medium, 1 low, 1 information), scanned 2 d ago: \
         Remote code execution (critical, CVSS 9.8, OWASP 2021 A3) at https://shop.example.com/e",
    );
    let told: Vec<_> = ran.report().findings.iter().map(|finding| (&*finding.key, finding.state)).collect();
    // Nobody is told of information one by one.
    assert_eq!(
        told,
        [("e", State::Critical), ("b", State::Critical), ("c", State::Warning), ("d", State::Ok)]
    );
    let first = &ran.report().findings[0];
    let label =
        |name: &str| first.labels.iter().find(|label| label.name == name).map(|label| label.value.as_str());
    assert_eq!((label("severity"), label("owasp")), (Some("critical"), Some("2021 A3")));
    assert_eq!(first.link.as_deref(), Some("https://detectify.com/finding/e"));
    assert_eq!(first.metrics[0].value, 9.8);
    let details = ran.report().details.as_deref().unwrap();
    assert_eq!(details, "the whole report: https://detectify.com/report/b71c");
    let counts: Vec<_> = ran
        .report()
        .metrics
        .iter()
        .filter(|metric| metric.name == "detectify_findings")
        .map(|metric| (metric.labels[0].value.as_str(), metric.value))
        .collect();
    assert_eq!(
        counts,
        [("information", 1.0), ("low", 1.0), ("medium", 1.0), ("high", 1.0), ("critical", 1.0)]
    );
    let age = ran.report().value("detectify_scan_age").unwrap();
    assert!((2.0 * 86_400.0..2.0 * 86_400.0 + 10.0).contains(&age), "{age}");
}

#[test]
fn severities_are_the_operators_to_choose() {
    let service = served(scanned(vec![finding("c", "Cross-site scripting", 6.1)]));
    let state = |more: Value| check(&service, more).report().state;
    assert_eq!(state(json!({})), State::Warning);
    assert_eq!(state(json!({ "critical_severity": "medium" })), State::Critical);
    assert_eq!(state(json!({ "warning_severity": "high", "critical_severity": "critical" })), State::Ok);
    let all = check(&service, json!({ "least_severity": "information" }));
    assert_eq!(all.report().findings.len(), 1);
    let none = check(&service, json!({ "warning_severity": "high", "least_severity": "high" }));
    assert_eq!((none.report().findings.len(), none.report().state), (0, State::Ok));
}

#[test]
fn a_score_of_version_2_counts_where_there_is_no_other_and_a_word_before_both() {
    let scored = |score: Value| json!({ "uuid": "u", "title": "t", "score": score });
    for (finding, severity) in [
        (scored(json!([{ "version": "2.0", "score": 10.0 }])), "high"),
        (scored(json!([{ "version": "2.0", "score": "4.3" }])), "medium"),
        (scored(json!([{ "version": "3.0", "score": 10.0 }])), "critical"),
        (scored(json!([{ "version": "3.1", "score": 99.0 }])), "information"),
        (scored(json!([])), "information"),
        (json!({ "uuid": "u", "title": "t", "severity": "High" }), "high"),
        (
            json!({ "uuid": "u", "title": "t", "severity": "odd", "score": [{ "version": "3.1", "score": 5 }] }),
            "medium",
        ),
    ] {
        let service = served(scanned(vec![finding.clone()]));
        let ran = check(&service, json!({ "least_severity": "information" }));
        assert_eq!(ran.report().findings[0].labels[0].value, severity, "{finding}");
    }
}

#[test]
fn what_was_patched_accepted_or_false_is_left_out_over_all_pages() {
    let mut double = scanned(vec![
        finding("a", "Accepted", 9.0),
        finding("b", "Patched", 9.0),
        finding("c", "False", 9.0),
        finding("d", "Open", 5.0),
        finding("e", "Of another list", 5.0),
    ]);
    let status = |uuid: &str, status: &str| json!({ "uuid": uuid, "status": status });
    double.vulnerabilities = (0..250).map(|at| status(&format!("other-{at}"), "new")).collect();
    double.vulnerabilities.extend([
        status("a", "accepted_risk"),
        status("b", "patched"),
        status("c", "false_positive"),
        status("d", "active"),
    ]);
    let service = served(double);
    let ran = check(&service, json!({}));
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.starts_with("`Shop` has 2 findings (2 medium)"), "{}", ran.report().summary);
    let details = ran.report().details.as_deref().unwrap();
    assert!(details.starts_with("3 more are patched, accepted or false at Detectify"), "{details}");
    // Profiles, the scan, its report, and three pages.
    assert_eq!(ran.sent.len(), 6);
    service.with(|it| it.mood = Mood::HidesVulnerabilities);
    let ran = check(&service, json!({}));
    assert!(ran.report().summary.starts_with("`Shop` has 5 findings"), "{}", ran.report().summary);
    assert!(
        ran.report().details.as_deref().unwrap().contains("it is not known which findings were dealt with")
    );
}

#[test]
fn without_findings_all_is_well_and_without_a_report_nothing_is_known() {
    says(&check(&served(scanned(vec![])), json!({})), State::Ok, "`Shop` has no findings, scanned 2 d ago");
    says(&check(&served(Detectify::new()), json!({})), State::Unknown, "`Shop` has no report of a scan yet");
    let old = check(&served(scanned(vec![])), json!({ "report_age_warning": "1d" }));
    says(
        &old,
        State::Warning,
        "`Shop` has no findings, scanned 2 d ago; the last scan ended 2 d ago, more than 1 d",
    );
}
