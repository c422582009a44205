//! What an attempt comes to: above all, whether the notice may have arrived.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::KvScope;
use watchkeep_core::delivery::{AttemptResult, Notification, NotificationKind};
use watchkeep_core::ids::ReceiverName;
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::FailureReason;
use watchkeep_core::time::Wall;
use watchkeep_engine::{Attempted, Limits, NotifierCall};

use crate::support::{Memory, engine, load, ports, rights};

pub(crate) fn call(config: &str, targets: &[&str]) -> NotifierCall {
    NotifierCall {
        notification: Arc::new(Notification {
            id: "n1".into(),
            dedup_key: "k1".into(),
            kind: NotificationKind::Test,
            told_before: false,
            receiver: ReceiverName::from("chat"),
            route: None,
            reason: "a test".into(),
            group_labels: Labels::default(),
            common_labels: Labels::default(),
            alerts: Vec::new(),
            omitted: 0,
            event: None,
            link: "http://localhost/".into(),
            at: Wall::from_millis(0),
        }),
        attempt: 3,
        config: config.into(),
        timeout: Duration::from_secs(60),
        previous_id: None,
        invitations: BTreeMap::new(),
        private: Vec::new(),
        rights: rights("notifier", targets, &[]),
        limits: Limits { cpu: Duration::from_millis(100), ..Limits::default() },
        scope: KvScope::of_receiver(ReceiverName::from("chat"), "chat".into()),
    }
}

async fn attempted(program: &str, config: &str) -> Attempted {
    let generation = load(program).await;
    engine().deliver(&generation, call(config, &[]), &ports(&Arc::new(Memory::default()))).await.value
}

async fn attempt(program: &str, config: &str) -> AttemptResult {
    attempted(program, config).await.result
}

#[tokio::test]
pub(crate) async fn what_a_notifier_returns_is_the_attempts_result() {
    assert_eq!(attempt("notifier", r#"{"then":"ok"}"#).await, AttemptResult::Delivered(Some("k1#3".into())));
    assert_eq!(
        attempt("notifier", r#"{"then":"rejected"}"#).await,
        AttemptResult::Rejected("no such channel".into())
    );
    assert!(matches!(
        attempt("notifier", r#"{"then":"wait"}"#).await,
        AttemptResult::RetryAfter(span, _) if span == Duration::from_secs(90)
    ));
}

#[tokio::test]
async fn a_trap_before_anything_was_sent_is_tried_again() {
    assert!(matches!(attempt("notifier", r#"{"then":"trap"}"#).await, AttemptResult::Retryable(_)));
}

#[tokio::test]
async fn an_attempt_says_whether_the_plugin_had_its_say() {
    let trapped = attempted("notifier", r#"{"then":"trap"}"#).await;
    assert_eq!(trapped.cut_short, Some(FailureReason::Trap));
    let hung = attempted("notifier_hangs", "{}").await;
    assert_eq!(hung.cut_short, Some(FailureReason::CpuTime));
    for then in ["ok", "rejected", "wait"] {
        let told = attempted("notifier", &format!(r#"{{"then":"{then}"}}"#)).await;
        assert_eq!(told.cut_short, None, "{told:?}");
    }
}

#[tokio::test]
async fn a_trap_after_something_was_sent_leaves_the_notice_unsure() {
    let there = crate::http::server(|_, stream| crate::http::respond(stream, "200 OK", b""));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let generation = load("notifier").await;
    for (address, unsure) in [(there, true), (nobody, false)] {
        let url = format!("http://{address}/");
        let call = call(&format!(r#"{{"then":"trap-after","url":"{url}"}}"#), &[&url]);
        let ended = engine().deliver(&generation, call, &ports(&Arc::new(Memory::default()))).await;
        assert_eq!(matches!(ended.value.result, AttemptResult::Unsure(_)), unsure, "{ended:?}");
        assert_eq!(matches!(ended.value.result, AttemptResult::Retryable(_)), !unsure, "{ended:?}");
    }
}

#[tokio::test]
async fn a_denied_call_is_not_a_refusal_for_good() {
    match attempt("notifier", r#"{"url":"https://hooks.example.com/x"}"#).await {
        AttemptResult::Retryable(message) => {
            assert!(message.contains("add `http = [\"https://hooks.example.com\"]`"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
pub(crate) async fn a_notifier_that_hangs_is_tried_again() {
    match attempt("notifier_hangs", "{}").await {
        AttemptResult::Retryable(message) => assert!(message.contains("used up its CPU time"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_private_leaves_the_plugin_neither_as_an_id_nor_in_what_it_keeps_nor_in_an_error() {
    let generation = load("notifier").await;
    let told = async |then: &str, private: &[&str]| {
        let config = format!(r#"{{"then":"{then}","to":"ann@example.org"}}"#);
        let private = private.iter().map(|text| (*text).to_owned()).collect();
        let call = NotifierCall { private, ..call(&config, &[]) };
        let ended = engine().deliver(&generation, call, &ports(&Arc::new(Memory::default()))).await;
        let kept = ended.kv.iter().flat_map(|write| write.value.iter().flatten().copied());
        format!("{:?} {}", ended.value.result, String::from_utf8_lossy(&kept.collect::<Vec<u8>>()))
    };
    let open = told("repeat", &[]).await;
    assert_eq!(open.matches("ann@example.org").count(), 2, "{open}");
    for then in ["repeat", "refuse"] {
        let masked = told(then, &["ann@example.org"]).await;
        assert!(!masked.contains("ann@"), "{masked}");
    }
}
