//! Programs of the Nagios convention, in C and in Rust, run as checks.

use std::sync::Arc;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::{Metric, Range, State};
use watchkeep_engine::{Ended, Generation, LoadStage, PluginKind};

use crate::http::{respond, server};
use crate::support::{Memory, built_for, call, engine, example, failure, ports, report, rights};

async fn load(folder: &str, file: &str) -> Arc<Generation> {
    engine().load(example(folder).into(), file).await.unwrap()
}

async fn run(generation: &Arc<Generation>, config: &str, allow: &[(&str, &str)]) -> Ended<Outcome> {
    let call = call(config, rights(generation.name.as_str(), &[], allow));
    engine().run_check(generation, call, &ports(&Arc::new(Memory::default()))).await
}

/// In C, dropped in as the compiler made it.
async fn until(args: &str) -> Ended<Outcome> {
    run(&load("nagios-c", "/somewhere/Check_Until.wasm").await, &format!(r#"{{"args":[{args}]}}"#), &[]).await
}

/// In Rust, for WASI 0.2, with requests through `wasi:http`.
async fn answer(args: &str, allow: &[(&str, &str)]) -> Ended<Outcome> {
    run(&load("nagios-rust", "check_answer.wasm").await, &format!(r#"{{"args":[{args}]}}"#), allow).await
}

#[tokio::test]
async fn a_program_is_found_by_its_world_and_named_by_its_file() {
    let generation = load("nagios-c", "/somewhere/Check_Until.wasm").await;
    assert_eq!((generation.name.as_str(), generation.kind), ("check-until", PluginKind::Check));
    assert_eq!(generation.schema["properties"]["args"]["items"]["type"], "string");
    assert_eq!(generation.imports, ["wasi"]);
    // The same bytes under another name are another plugin, also when they come from the cache.
    assert_eq!(load("nagios-c", "days-left.wasm").await.name.as_str(), "days-left");
    assert_eq!(engine().validate(&generation, r#"{"args":["-d","2027-01-31"]}"#).await, Ok(()));
    let error = engine().load(example("nagios-c").into(), "___.wasm").await.unwrap_err();
    assert_eq!(error.stage, LoadStage::Describe, "{error}");
}

#[tokio::test]
async fn the_exit_status_is_the_state() {
    // The tests' clock stands at 2026-09-21.
    for (args, state) in [
        (r#""-d","2027-01-31""#, State::Ok),
        (r#""-d","2026-10-11""#, State::Warning),
        (r#""-d","2026-09-25""#, State::Critical),
        (r#""-d","never""#, State::Unknown),
        ("", State::Unknown),
    ] {
        let ended = until(args).await;
        assert_eq!(report(&ended).state, state, "{args}: {ended:?}");
    }
}

#[tokio::test]
async fn output_becomes_summary_details_and_metrics() {
    let ended = until(r#""-d","2026-10-11","-w","25","-c","5""#).await;
    let report = report(&ended);
    assert_eq!(report.summary, "UNTIL WARNING - 20 days left");
    assert_eq!(report.details.as_deref(), Some("until 2026-10-11"));
    let [metric] = report.metrics.as_slice() else { panic!("{report:?}") };
    let (Metric { name, value, unit, labels, .. }, bounds) = (metric, metric.bounds());
    assert_eq!((name.as_str(), *value, unit.as_str(), labels.len()), ("days", 20.0, "", 0));
    assert_eq!(bounds.warning, Some(Range { low: Some(25.0), high: None, inside: false }));
    assert_eq!(bounds.critical, Some(Range { low: Some(5.0), high: None, inside: false }));
}

#[tokio::test]
async fn what_goes_to_standard_error_goes_to_the_log() {
    // The C library complains of an option that it does not know.
    let ended = until(r#""-z""#).await;
    assert_eq!((report(&ended).state, ended.log_lines), (State::Unknown, 1), "{ended:?}");
    assert!(!format!("{:?}", report(&ended)).contains("unrecognized"), "{ended:?}");
}

#[tokio::test]
async fn arguments_that_are_no_text_are_a_mistake_in_the_config() {
    let ended = run(&load("nagios-c", "check_until.wasm").await, r#"{"args":["-w",5]}"#, &[]).await;
    assert_eq!(failure(&ended).reason, FailureReason::Config, "{ended:?}");
}

#[tokio::test]
async fn a_program_for_wasi_0_2_asks_under_its_grants() {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let url = format!("http://{address}/");
    let ended = answer(&format!(r#""{url}","-w","50","-c","60""#), &[("http", &url)]).await;
    assert_eq!(report(&ended).state, State::Ok, "{ended:?}");
    assert!(report(&ended).summary.starts_with("ANSWER OK - status 200 in 0."), "{ended:?}");
    let [metric] = report(&ended).metrics.as_slice() else { panic!("{ended:?}") };
    assert_eq!((&*metric.name, &*metric.unit, metric.bounds().min), ("time", "seconds", Some(0.0)));
    assert_eq!(metric.bounds().critical, Some(Range { low: Some(0.0), high: Some(60.0), inside: false }));
}

#[tokio::test]
async fn a_program_that_tells_only_that_it_failed_is_judged_by_its_first_line() {
    let failing = server(|_, stream| respond(stream, "500 Oops", b""));
    let fine = server(|_, stream| respond(stream, "200 OK", b""));
    for (address, options, state) in [
        (failing, "", State::Critical),
        (fine, r#","-w","0""#, State::Warning),
        (fine, r#","-w","0","-c","0""#, State::Critical),
    ] {
        let url = format!("http://{address}/");
        let ended = answer(&format!(r#""{url}"{options}"#), &[("http", &url)]).await;
        assert_eq!(report(&ended).state, state, "{ended:?}");
    }
    assert_eq!(report(&answer("", &[]).await).state, State::Unknown);
}

#[tokio::test]
async fn a_program_that_was_denied_pages_nobody() {
    let ended = answer(r#""https://api.example.com/""#, &[]).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Denied, "{ended:?}");
    assert_eq!(
        failure.hint.as_deref(),
        Some("add `http = [\"https://api.example.com\"]` under [plugin.check-answer.allow]")
    );
}

/// What a program says and how it ends, for WASI 0.1 (which tells the status) or 0.2 (which tells whether it failed).
async fn says(platform: &str, args: &[&str]) -> Ended<Outcome> {
    let generation = engine().load(built_for(platform, "says").into(), "says.wasm").await.unwrap();
    run(&generation, &serde_json::json!({ "args": args }).to_string(), &[]).await
}

#[tokio::test]
pub(crate) async fn a_status_that_is_told_counts_and_not_what_is_said() {
    for (status, state) in
        [("0", State::Ok), ("1", State::Warning), ("2", State::Critical), ("3", State::Unknown)]
    {
        let ended = says("wasm32-wasip1", &[status, "says OK or CRITICAL or nothing"]).await;
        assert_eq!(report(&ended).state, state, "{ended:?}");
        let ended = says("wasm32-wasip1", &[status, ""]).await;
        assert_eq!(report(&ended).summary, format!("ended with status {status} and said nothing"));
    }
    let ended = says("wasm32-wasip1", &[]).await;
    assert_eq!(report(&ended).state, State::Ok, "a program that returns has ended well: {ended:?}");
}

#[tokio::test]
async fn a_status_that_is_none_of_a_check_is_a_fault() {
    for status in ["4", "127", "255"] {
        let ended = says("wasm32-wasip1", &[status, "CRITICAL - not found"]).await;
        let failure = failure(&ended);
        assert_eq!(failure.reason, FailureReason::Fault, "{ended:?}");
        assert!(
            failure.message.contains(&format!("ended with status {status}: CRITICAL - not found")),
            "{failure:?}"
        );
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("2 (critical)")), "{failure:?}");
    }
}

#[tokio::test]
async fn a_failing_that_names_no_state_is_a_fault_with_the_fix() {
    for said in ["all went wrong", "OK - they said", ""] {
        let ended = says("wasm32-wasip2", &["2", said]).await;
        assert_eq!(failure(&ended).reason, FailureReason::Fault, "{ended:?}");
        assert!(
            failure(&ended).hint.as_deref().is_some_and(|hint| hint.contains("wasm32-wasip1")),
            "{ended:?}"
        );
    }
    let ended = says("wasm32-wasip2", &["2", "DISK WARNING - free space: / 12 %"]).await;
    assert_eq!(report(&ended).state, State::Warning, "{ended:?}");
}

#[tokio::test]
async fn a_trap_a_flood_and_a_loop_judge_nothing() {
    for platform in ["wasm32-wasip1", "wasm32-wasip2"] {
        let ended = says(platform, &["panic"]).await;
        assert_eq!(failure(&ended).reason, FailureReason::Trap, "{ended:?}");
        assert!(failure(&ended).message.contains("the sky fell"), "{ended:?}");
        let ended = says(platform, &["flood"]).await;
        assert_eq!(failure(&ended).reason, FailureReason::InvalidReport, "{ended:?}");
        assert!(
            failure(&ended).message.contains("`output` has 1049600 bytes, 262144 are allowed"),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn standard_input_and_the_environment_are_empty() {
    for platform in ["wasm32-wasip1", "wasm32-wasip2"] {
        assert_eq!(report(&says(platform, &["input"]).await).summary, "0 bytes, 0 variables");
    }
}

#[tokio::test]
async fn hostile_output_is_a_report_all_the_same() {
    let said = "a\u{1b}[31m b | good=1 'x=2 =3 worse=\u{202e} /=4%;~:80;@90:\nlong\r\n | more=5us x";
    let ended = says("wasm32-wasip1", &["1", said, "one\ntwo"]).await;
    let report = report(&ended);
    let names: Vec<_> = report.metrics.iter().map(|metric| (&*metric.name, metric.value)).collect();
    assert_eq!(names, [("good", 1.0), ("value", 0.04), ("more", 5e-6)]);
    assert_eq!((report.state, report.details.as_deref()), (State::Warning, Some("long")));
    // Two complaints, and one line on what was not understood.
    assert_eq!(ended.log_lines, 3, "{ended:?}");
}
