//! What a check returns, built step by step.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::Host;

#[test]
fn a_report_of_findings_is_as_bad_as_the_worst_and_says_it() {
    let told = |findings: Vec<Finding>| {
        let report = Report::worst_of(findings);
        (report.state, report.summary)
    };
    let [ok, unknown, warning, critical] = [
        Finding::ok("a", "a is fine"),
        Finding::unknown("b", "nobody knows b"),
        Finding::warning("c", "c is slow"),
        Finding::critical("d", "d is down"),
    ];
    let all = [&ok, &unknown, &warning, &critical].map(Clone::clone).to_vec();
    assert_eq!(told(all), (State::Critical, "1 of 4 critical, 1 warning, 1 unknown: d is down".to_owned()));
    let without = [&unknown, &warning].map(Clone::clone).to_vec();
    assert_eq!(told(without), (State::Warning, "1 of 2 warning, 1 unknown: c is slow".to_owned()));
    assert_eq!(
        told(vec![ok.clone(), unknown]),
        (State::Unknown, "1 of 2 unknown: nobody knows b".to_owned())
    );
    assert_eq!(told(vec![ok]), (State::Ok, "all 1 ok".to_owned()));
    assert_eq!(told(Vec::new()), (State::Ok, "no findings".to_owned()));
}

#[test]
fn thresholds_make_a_state() {
    let (warning, critical) = (Range::at_most(80.0), Range::at_most(95.0));
    let states = [80.0, 80.1, 95.0, 95.1, f64::NAN].map(|value| State::by(value, warning, critical));
    assert_eq!(states, [State::Ok, State::Warning, State::Warning, State::Critical, State::Unknown]);
    assert_eq!(State::by(3.0, Range::at_least(5.0), Range::at_least(1.0)), State::Warning);
}

#[derive(Config)]
struct Nothing {}

#[check(name = "events", summary = "Tells of a release")]
fn run(_config: Nothing, _run: Run) -> Verdict {
    let event = Event::new("release-17", "version 1.7 is out").severity(Severity::Warning).thread("releases");
    let event = event.body("It closes a hole.").link("https://example.com/1.7").label("team", "web");
    let finding =
        Finding::ok("web", "fine").metric("pages", 3).label("site", "a").link("https://example.com/");
    Ok(Report::worst_of([finding]).summary("all is well").event(event.clone()).event(event.at(5)))
}

#[test]
fn an_event_happens_now_unless_it_is_said() {
    let ran = Host::new().check(run, "{}");
    let report = ran.report();
    assert_eq!(report.summary, "all is well");
    let [now, said] = report.events.as_slice() else { panic!("{:?}", report.events) };
    assert!(now.at > 1_000_000_000_000 && said.at == 5, "{now:?}");
    assert_eq!((now.thread.as_str(), now.severity, now.labels.len()), ("releases", Severity::Warning, 1));
    let finding = &report.findings[0];
    assert_eq!((finding.metrics.len(), finding.labels.len(), finding.link.is_some()), (1, 1, true));
}
