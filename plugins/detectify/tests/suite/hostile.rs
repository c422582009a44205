//! Reports that are none, and far too large ones.

use serde_json::{Value, json};
use watchkeep_sdk::State;

use super::double::{Detectify, finding};
use super::{check, days, served};

fn reported(findings: Value) -> Detectify {
    let mut service = Detectify::new();
    service.ended(&days(-3), &days(-2), vec![]);
    service.report.as_mut().unwrap()["findings"] = findings;
    service
}

#[test]
fn a_hundred_thousand_findings_are_a_report_of_the_worst() {
    let many = (0..10_000).map(|at| finding(&format!("u{at}"), "Odd", if at == 9_000 { 9.9 } else { 0.1 }));
    let ran = check(&served(reported(many.collect())), json!({}));
    assert_eq!(ran.report().findings.len(), 200);
    assert_eq!(ran.report().findings[0].key, "u9000");
    assert_eq!(ran.report().state, State::Critical);
    assert!(
        ran.report()
            .details
            .as_deref()
            .unwrap()
            .contains("10000 findings, of which the 200 worst are listed")
    );
    let more = (0..100_000).map(|at| finding(&format!("u{at}"), "Odd", 5.0));
    let ran = check(&served(reported(more.collect())), json!({}));
    assert!(format!("{:?}", ran.error()).contains("with more than 7340032 bytes"), "{:?}", ran.error());
}

#[test]
fn what_is_no_finding_is_no_panic_and_no_lie() {
    for (odd, count) in [
        (json!("none"), 0),
        (json!([1, null, "x", []]), 1),
        (json!([{ "uuid": "a", "title": 7, "score": "high", "owasp": { "year": 1 } }]), 1),
        (json!([{ "uuid": "a", "score": [{ "version": 3, "score": -1 }, null] }]), 1),
        (json!([finding("a", "twice", 5.0), finding("a", "twice", 5.0)]), 1),
    ] {
        let ran = check(&served(reported(odd.clone())), json!({ "least_severity": "information" }));
        assert_eq!(ran.report().findings.len(), count, "{odd}");
    }
    let control = json!([{ "uuid": "a\nb", "title": "x\u{1b}[2J\r\n", "found_at": "y\u{0}", "url": "javascript:alert(1)",
        "score": [{ "version": "3.1", "score": 9.9 }] }]);
    let ran = check(&served(reported(control)), json!({}));
    let finding = &ran.report().findings[0];
    assert!(!finding.summary.contains(char::is_control), "{:?}", finding.summary);
    assert_eq!(finding.link, None);
    let long = json!([{ "uuid": "u".repeat(5_000), "title": "t".repeat(50_000), "score": [{ "version": "3.1", "score": 9.9 }] }]);
    check(&served(reported(long)), json!({})).report();
}

#[test]
fn odd_moments_are_no_scan() {
    for odd in [json!(null), json!("soon"), json!(-1), json!({}), json!("9999999-01-01T00:00:00Z")] {
        let mut double = reported(json!([]));
        double.scan.as_mut().unwrap()["started"] = odd.clone();
        double.scan.as_mut().unwrap()["created"] = odd.clone();
        double.profiles[0]["latest_scan"] = json!({ "started": odd, "ended": odd });
        double.report.as_mut().unwrap()["stopped"] = odd.clone();
        let ran = check(&served(double), json!({ "scan_every": "30d", "dry_run": true }));
        assert!(ran.report().summary.contains("would start a scan"), "{odd}: {}", ran.report().summary);
    }
}
