//! How a check's run ends: a report judges, everything else says why not.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Stage};
use watchkeep_core::report::State;
use watchkeep_engine::Limits;

use crate::support::{Memory, call, engine, failure, load, ports, report, rights, run};

#[tokio::test]
pub(crate) async fn a_null_check_reports_ok() {
    let ended = run("null", "{}").await;
    assert_eq!((report(&ended).state, &*report(&ended).summary), (State::Ok, "fine"));
    assert!(ended.took < Duration::from_secs(1));
}

#[tokio::test]
pub(crate) async fn an_endless_loop_ends_with_its_cpu_time() {
    let generation = load("endless_loop").await;
    let mut call = call("{}", rights("endless-loop", &[], &[]));
    call.limits = Limits { cpu: Duration::from_millis(200), ..Limits::default() };
    let ended = engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    let failure = failure(&ended);
    assert_eq!((failure.reason, failure.stage), (FailureReason::CpuTime, Stage::Call));
    assert!(failure.message.contains("plugin `endless-loop` (generation "), "{}", failure.message);
    assert!(
        failure
            .hint
            .as_deref()
            .is_some_and(|hint| hint.starts_with("raise `cpu` under [plugin.endless-loop.limits]")),
        "{failure:?}"
    );
    assert!(failure.backtrace.is_some(), "{failure:?}");
    assert!(ended.cpu >= Duration::from_millis(200) && ended.cpu < Duration::from_secs(2), "{:?}", ended.cpu);
}

#[tokio::test]
pub(crate) async fn a_loop_beyond_its_deadline_ends_with_its_wall_time() {
    let generation = load("endless_loop").await;
    let mut call = call("{}", rights("endless-loop", &[], &[]));
    call.timeout = Duration::from_millis(100);
    call.limits = Limits { cpu: Duration::from_secs(60), ..Limits::default() };
    let ended = engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    assert_eq!(failure(&ended).reason, FailureReason::WallTime);
    assert!(ended.took < Duration::from_secs(2), "{:?}", ended.took);
}

#[tokio::test]
pub(crate) async fn a_memory_bomb_ends_with_its_memory() {
    let generation = load("memory_bomb").await;
    let mut call = call("{}", rights("memory-bomb", &[], &[]));
    call.limits = Limits { memory_bytes: 8 << 20, ..Limits::default() };
    let ended = engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Memory);
    assert!(failure.message.contains("8 MiB are allowed"), "{}", failure.message);
}

#[tokio::test]
pub(crate) async fn endless_recursion_traps() {
    let ended = run("stack_overflow", "{}").await;
    assert_eq!(failure(&ended).reason, FailureReason::Trap);
}

#[tokio::test]
pub(crate) async fn a_trap_says_who_where_and_what_was_logged_last() {
    let ended = run("trap", "{}").await;
    let failure = failure(&ended);
    assert_eq!((failure.reason, failure.stage), (FailureReason::Trap, Stage::Call));
    assert!(failure.message.contains("plugin `trap`"), "{}", failure.message);
    assert!(failure.message.contains("the sky fell"), "{}", failure.message);
    assert!(failure.backtrace.as_deref().is_some_and(|trace| trace.contains("execute")), "{failure:?}");
}

#[tokio::test]
pub(crate) async fn a_denied_call_reported_as_down_is_a_denial() {
    let ended = run("denied_as_down", r#"{"url":"https://api.example.com/v1"}"#).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Denied);
    assert!(failure.message.contains("http to https://api.example.com"), "{}", failure.message);
    assert_eq!(
        failure.hint.as_deref(),
        Some("add `http = [\"https://api.example.com\"]` under [plugin.denied-as-down.allow]")
    );
    assert_eq!(ended.denied, 1);
}

#[tokio::test]
pub(crate) async fn a_report_with_a_number_that_is_none_is_invalid() {
    for (bad, says) in [
        ("nan", "`metrics.value` of `speed` is NaN"),
        ("infinite", "`metrics.value` of `speed` is inf"),
        ("name", "`metrics.name` is not a metric name: \"no name\""),
        ("summary", "`summary` has 100000 bytes, 1024 are allowed"),
        ("metrics", "`metrics` are 2000, 1000 are allowed"),
    ] {
        let ended = run("bad_report", &format!(r#"{{"bad":"{bad}"}}"#)).await;
        let failure = failure(&ended);
        assert_eq!((failure.reason, failure.stage), (FailureReason::InvalidReport, Stage::Report));
        assert!(failure.message.contains(says), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_summary_is_one_line_and_zero_has_one_sign() {
    assert_eq!(report(&run("bad_report", "{}").await).summary, "two lines");
    let ended = run("bad_report", r#"{"bad":"negative-zero"}"#).await;
    assert!(report(&ended).metrics[0].value.is_sign_positive());
}

#[tokio::test]
pub(crate) async fn a_huge_report_is_refused() {
    let ended = run("huge_report", "{}").await;
    let failure = failure(&ended);
    assert!(matches!(failure.reason, FailureReason::Limit | FailureReason::InvalidReport), "{failure:?}");
}

#[tokio::test]
pub(crate) async fn log_lines_over_the_limit_are_counted_and_dropped() {
    let generation = load("log_flood").await;
    let mut call = call("{}", rights("log-flood", &[], &[]));
    // More than there are lines, each of which is a call.
    call.limits.host_calls = 10_000;
    let ended = engine().run_check(&generation, call, &ports(&Arc::default())).await;
    assert_eq!(report(&ended).state, State::Ok);
    assert_eq!((ended.log_lines, ended.log_dropped), (100, 4_900));
}

#[tokio::test]
pub(crate) async fn a_flood_of_host_calls_meets_a_limit() {
    let ended = run("host_call_flood", "{}").await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Limit);
    assert!(failure.message.contains("more than 1000 host calls"), "{}", failure.message);
}

#[tokio::test]
pub(crate) async fn kv_writes_are_kept_only_if_the_call_ends_well() {
    let memory = Arc::new(Memory::default());
    let generation = load("kv_writer").await;
    for (config, kept, summary) in [
        ("{}", true, Some("run 1")),
        (r#"{"then":"trap"}"#, false, None),
        (r#"{"then":"fault"}"#, false, None),
        ("{}", true, Some("run 2")),
    ] {
        let call = call(config, rights("kv-writer", &[], &[]));
        let ended = engine().run_check(&generation, call, &ports(&memory)).await;
        assert_eq!(ended.kv.iter().any(|write| write.key == "count"), kept, "{config}: {:?}", ended.value);
        if let Some(summary) = summary {
            assert_eq!(report(&ended).summary, summary);
        }
        memory.commit(&ended.kv);
    }
    assert_eq!(memory.kv.lock().unwrap().get("count"), Some(&(vec![2], 2)));
}

#[tokio::test]
async fn a_kv_flood_meets_a_limit_and_does_not_page() {
    let ended = run("kv_writer", r#"{"then":"flood"}"#).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
}

#[tokio::test]
async fn a_notifier_does_not_run_as_a_check() {
    let ended = run("notifier", "{}").await;
    assert_eq!(failure(&ended).reason, FailureReason::NoPlugin);
}

#[test]
fn a_call_can_run_on_any_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let runs: Vec<_> = (0..64).map(|_| runtime.spawn(run("null", "{}"))).collect();
    for run in runs {
        assert_eq!(report(&runtime.block_on(run).unwrap()).state, State::Ok);
    }
}
