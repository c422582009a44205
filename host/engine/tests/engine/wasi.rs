//! What WASI offers a guest: clocks, random bytes and lines in the log, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Outcome, Stage};
use watchkeep_core::report::State;
use watchkeep_engine::{Ended, Generation, Limits, LoadStage};

use crate::loading::{refused, replaced};
use crate::support::{Memory, built_for, call, component, engine, failure, ports, report, rights};

const PROBE: &str = "wasi_probe";

async fn probe() -> Arc<Generation> {
    engine().load(built_for("wasm32-wasip2", PROBE).into(), "wasi_probe.wasm").await.unwrap()
}

async fn asked(what: &str) -> Ended<Outcome> {
    let call = call(&format!(r#"{{"do":"{what}"}}"#), rights("wasi-probe", &[], &[]));
    engine().run_check(&probe().await, call, &ports(&Arc::new(Memory::default()))).await
}

async fn said(what: &str) -> String {
    report(&asked(what).await).summary.clone()
}

#[tokio::test]
pub(crate) async fn what_is_printed_becomes_lines_of_the_log() {
    let ended = asked("print").await;
    assert_eq!((report(&ended).state, ended.log_lines, ended.log_dropped), (State::Ok, 4, 0));
}

#[tokio::test]
async fn a_flood_of_prints_is_counted_and_dropped() {
    let ended = asked("flood").await;
    assert_eq!(report(&ended).state, State::Ok);
    let allowed = Limits::default().log_lines;
    assert_eq!(ended.log_lines, allowed);
    // A line of 1 MiB counts as the lines that it fills.
    assert_eq!(ended.log_dropped, 5_000 - allowed + 256);
}

#[tokio::test]
async fn there_are_no_files_no_variables_and_no_arguments() {
    assert_eq!(said("files").await, "read false, written false");
    assert_eq!(said("variables").await, "0 variables, 0 arguments");
}

#[tokio::test]
async fn the_clock_is_the_hosts() {
    assert_eq!(said("clock").await, "1790000000000");
}

#[tokio::test]
async fn a_socket_is_a_denial_even_if_it_is_told_as_down() {
    for what in ["connect", "datagram", "name"] {
        let ended = asked(what).await;
        let failure = failure(&ended);
        assert_eq!(failure.reason, FailureReason::Denied, "{ended:?}");
        assert!(failure.message.contains("there are no sockets of WASI here"), "{failure:?}");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("`http` or `net`")), "{failure:?}");
    }
}

#[tokio::test]
async fn a_guest_that_sleeps_ends_with_its_wall_time() {
    let mut call = call(r#"{"do":"sleep"}"#, rights("wasi-probe", &[], &[]));
    call.timeout = Duration::from_millis(200);
    let ended = engine().run_check(&probe().await, call, &ports(&Arc::new(Memory::default()))).await;
    assert_eq!(failure(&ended).reason, FailureReason::WallTime);
    assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
    assert!(ended.cpu < Duration::from_millis(200), "{:?}", ended.cpu);
}

#[tokio::test]
async fn memory_is_bounded_over_all_of_it() {
    let ended = asked("memory").await;
    assert_eq!(failure(&ended).reason, FailureReason::Memory, "{ended:?}");
}

#[tokio::test]
async fn a_check_that_ends_itself_judges_nothing() {
    let ended = asked("exit").await;
    let failure = failure(&ended);
    assert_eq!((failure.reason, failure.stage), (FailureReason::Trap, Stage::Call));
    assert!(
        failure.message.contains("ended itself with a failing status instead of returning"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_panic_tells_what_it_said_last() {
    let ended = asked("panic").await;
    assert_eq!(failure(&ended).reason, FailureReason::Trap);
    let message = &failure(&ended).message;
    assert!(
        message.contains("trapped: the sky fell (") && message.contains("wasi_probe.rs line "),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_core_module_for_wasi_0_1_with_the_contracts_types_is_a_plugin() {
    let module = built_for("wasm32-wasip1", PROBE);
    assert!(wasmparser::Parser::is_core_wasm(&module));
    let generation = engine().load(module.into(), "wasi_probe.wasm").await.unwrap();
    assert_eq!(generation.imports, ["wasi"]);
    let call = call(r#"{"do":"print"}"#, rights("wasi-probe", &[], &[]));
    let ended = engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    assert_eq!((&*report(&ended).summary, ended.log_lines), ("printed", 4));
}

#[tokio::test]
async fn wasi_of_another_version_or_kind_is_a_sentence() {
    let probe = built_for("wasm32-wasip2", PROBE);
    let later = refused(replaced(&probe, "wasi:cli/stdout@0.2.", "wasi:cli/stdout@0.3.")).await;
    assert_eq!(later.stage, LoadStage::Inspect);
    assert!(later.message.starts_with("imports `wasi:cli/stdout@0.3."), "{later}");
    assert!(later.message.ends_with("this host offers WASI 0.2"), "{later}");
    assert!(later.hint.as_deref().is_some_and(|hint| hint.contains("wasm32-wasip2")), "{later}");

    let unknown = refused(replaced(&probe, "wasi:cli/stdout@", "wasi:sql/select@")).await;
    assert!(unknown.message.contains("imports `wasi:sql/select@0.2."), "{unknown}");
    assert!(unknown.message.ends_with("is not offered by this version"), "{unknown}");

    let foreign =
        refused(replaced(&component("denied_as_down"), "watchkeep:plugin/http", "elsewhere:plugin/http"))
            .await;
    assert!(foreign.message.contains("imports `elsewhere:plugin/http@0.1.0`"), "{foreign}");
    assert!(foreign.hint.as_deref().is_some_and(|hint| hint.contains("WASI 0.2")), "{foreign}");
}
