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

/// What a check of a talkative target returns.
fn reported(report: impl Fn() -> Report) -> Report {
    Host::new().check(|_: Nothing, _: Run| report(), "{}").report().clone()
}

#[test]
fn what_a_target_says_too_much_is_cut_and_keys_stay_apart() {
    let long = |end: &str| "é".repeat(40_000) + end;
    let report = reported(|| {
        Report::critical(long("a"))
            .details(long("a"))
            .label("host", long("a"))
            .finding(Finding::critical(long("a"), long("a")).label("host", long("a")))
            .finding(Finding::ok(long("b"), "b"))
            .finding(Finding::ok("line\nend\u{1b}", "c"))
            .event(Event::new(long("a"), long("a")).thread(long("b")).body(long("b")))
    });
    let cut = |text: &str, bytes: usize| {
        assert!(text.len() <= bytes && text.len() > bytes - 8, "{} bytes", text.len());
        assert!(text.ends_with("é..."), "{text}");
    };
    cut(&report.summary, 1 << 10);
    cut(report.details.as_deref().unwrap(), 64 << 10);
    cut(&report.labels[0].value, 1 << 10);
    cut(&report.findings[0].summary, 1 << 10);
    cut(&report.findings[0].labels[0].value, 1 << 10);
    cut(&report.events[0].title, 1 << 10);
    cut(&report.events[0].body, 64 << 10);
    let keys: Vec<&str> = report.findings.iter().map(|finding| finding.key.as_str()).collect();
    assert!(keys.iter().all(|key| key.len() <= 256), "{keys:?}");
    assert_ne!(keys[0], keys[1], "they differ only behind what is kept");
    assert_eq!(keys[2], "line end ");
    let again = reported(|| Report::worst_of([Finding::ok(long("a"), "a")]));
    assert_eq!(again.findings[0].key, keys[0], "the same in every run");
    assert_ne!(report.events[0].id, report.events[0].thread);
}

#[test]
fn what_is_wrong_is_said_however_much_comes_before_it() {
    let mut complaints = Complaints::default();
    complaints.critical(format!("`{}` is missing", "x".repeat(5_000)));
    complaints.warning("slower than 1 s");
    let report = complaints.verdict("y".repeat(5_000)).unwrap();
    assert!(report.summary.len() <= 1 << 10, "{} bytes", report.summary.len());
    assert!(report.summary.contains("yyy...; `xxx"), "{}", report.summary);
    assert!(report.details.unwrap().ends_with("is missing\nslower than 1 s"));
}

#[test]
fn what_the_host_would_refuse_fails_the_test() {
    let refused = |report: fn() -> Report, why: &str| {
        let ended = std::panic::catch_unwind(|| reported(report));
        let said = *ended.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("the host would refuse this report") && said.contains(why), "{said}");
    };
    refused(|| Report::worst_of([Finding::ok("a", "one"), Finding::ok("a", "two")]), "the key `a` twice");
    refused(|| Report::worst_of((0..1_001).map(|at| Finding::ok(at.to_string(), ""))), "1001 findings");
    refused(|| (0..1_001).fold(Report::ok(""), |report, _| report.metric("a", 1)), "1001 metrics");
    refused(|| Report::ok("").metric("a", f64::NAN), "the number NaN");
    refused(|| Report::ok("").metric("a b", 1), "is not a valid metric name");
    refused(|| Report::ok("").with(Metric::new("a", 1.0, "per second")), "the unit");
    refused(|| Report::ok("").label("1st", "x"), "is not a valid label name");
    refused(|| Report::worst_of([Finding::ok("", "one")]), "no key");
}
