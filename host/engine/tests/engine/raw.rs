//! Guests that no compiler would make, and guests that take more than there is.

use std::sync::Arc;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Limits};

use crate::support::{Memory, call, engine, failure, load, ports, rights, run};

async fn run_within(name: &str, limits: Limits) -> Ended<Outcome> {
    let generation = load(name).await;
    let mut call = call("{}", rights(generation.name.as_str(), &[], &[]));
    call.limits = limits;
    engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

#[tokio::test]
pub(crate) async fn text_that_is_none_breaks_the_contract() {
    let ended = run("invalid_utf8", "{}").await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Trap);
    assert!(failure.message.contains("plugin `raw`"), "{failure:?}");
    assert!(
        failure.message.contains("broke the contract") && failure.message.contains("utf-8"),
        "{failure:?}"
    );
}

#[tokio::test]
pub(crate) async fn a_report_beyond_the_memory_breaks_the_contract() {
    let ended = run("bad_pointer", "{}").await;
    assert_eq!(failure(&ended).reason, FailureReason::Trap);
    assert!(failure(&ended).message.contains("broke the contract"), "{ended:?}");
}

#[tokio::test]
pub(crate) async fn no_access_beyond_a_memory_reaches_anything() {
    let config = |kind: usize| format!("{{}}{}", " ".repeat(kind));
    for kind in 0..8 {
        let ended = run("far_access", &config(kind)).await;
        assert_eq!(failure(&ended).reason, FailureReason::Trap, "{kind}");
        assert!(failure(&ended).message.contains("out of bounds memory access"), "{kind}: {ended:?}");
    }
    let ended = run("far_access", &config(8)).await;
    assert!(matches!(ended.value, Outcome::Report(_)), "what it returns after no access is taken: {ended:?}");
}

#[tokio::test]
pub(crate) async fn a_guest_may_not_call_the_host_while_the_host_serves_it() {
    let ended = run("reenters", "{}").await;
    assert_eq!(failure(&ended).reason, FailureReason::Trap, "{ended:?}");
}

#[tokio::test]
pub(crate) async fn a_table_bomb_meets_a_limit() {
    let ended = run_within("table_bomb", Limits { table_elements: 5_000, ..Limits::default() }).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Limit, "{failure:?}");
    assert!(failure.message.contains("table elements, 5000 are allowed"), "{failure:?}");
}

#[tokio::test]
pub(crate) async fn memories_are_bounded_together() {
    let ended = run_within("memories_bomb", Limits { memory_bytes: 8 << 20, ..Limits::default() }).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Memory, "{failure:?}");
    assert!(failure.message.contains("8 MiB are allowed"), "{failure:?}");
}

#[tokio::test]
pub(crate) async fn a_million_metrics_are_refused() {
    let ended = run_within("million_metrics", Limits { memory_bytes: 256 << 20, ..Limits::default() }).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Memory, "{failure:?}");
    assert!(failure.message.contains("64 MiB are allowed"), "{failure:?}");
    assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("no single memory")), "{failure:?}");
}
