//! What an action may do, and what a dry run may not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use watchkeep_core::action::{Effect, Occasion, Step};
use watchkeep_core::commit::KvScope;
use watchkeep_core::grant::{Aim, Rights};
use watchkeep_core::ids::CheckName;
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason};
use watchkeep_core::time::Wall;
use watchkeep_engine::{Acted, ActionCall, Ended, Limits};

use crate::support::{Memory, engine, load, ports, rights};

/// A service, and how often something was asked of it that is no look.
fn service() -> (String, Arc<AtomicU32>) {
    let changed = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&changed);
    let address = crate::http::server(move |head, stream| {
        if !head.starts_with("GET ") {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        crate::http::respond(stream, "200 OK", b"");
    });
    (format!("http://{address}/"), changed)
}

async fn act(config: &str, aim: Aim, targets: &[&str]) -> Ended<Result<Acted, Failure>> {
    let generation = load("actor").await;
    let rights = Rights { aim, ..Arc::unwrap_or_clone(rights("actor", targets, &[])) };
    let call = ActionCall {
        occasion: Arc::new(Occasion {
            id: "o1".into(),
            check: CheckName::from("shop"),
            finding: None,
            summary: "down".into(),
            since: Wall::from_millis(0),
            labels: Labels::default(),
        }),
        attempt: 2,
        config: config.into(),
        timeout: Duration::from_secs(60),
        rights: Arc::new(rights),
        limits: Limits::default(),
        scope: KvScope::of_check(CheckName::from("shop"), "restart".into()),
    };
    engine().act(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

fn failure(ended: Ended<Result<Acted, Failure>>) -> Failure {
    assert_eq!(ended.kv, [], "nothing is kept of a call that failed");
    ended.value.expect_err("it was to fail")
}

#[tokio::test]
pub(crate) async fn an_action_does_what_it_says_and_says_what_it_did() {
    let (url, changed) = service();
    let ended = act(&format!(r#"{{"url":"{url}"}}"#), Aim::Act, &[&url]).await;
    let effect = Effect { summary: "restarted shop in attempt 2".into(), changed: true, details: None };
    assert_eq!(ended.value, Ok(Acted::Done(effect)));
    assert_eq!(changed.load(Ordering::Relaxed), 1);
    let kept: Vec<_> = ended.kv.iter().map(|write| write.key.as_str()).collect();
    assert_eq!(kept, ["done"]);
}

#[tokio::test]
async fn a_dry_run_may_look_and_leaves_nothing_behind() {
    let (url, changed) = service();
    let ended = act(&format!(r#"{{"plan":"GET","url":"{url}"}}"#), Aim::Look, &[&url]).await;
    let step = Step { title: "restart".into(), target: "shop".into() };
    assert_eq!(ended.value, Ok(Acted::Planned(vec![step])));
    assert_eq!(ended.kv, []);
    assert_eq!(changed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_dry_run_changes_nothing_whatever_was_granted() {
    let (url, changed) = service();
    let ended = act(&format!(r#"{{"plan":"POST","url":"{url}"}}"#), Aim::Look, &[&url]).await;
    let failure = failure(ended);
    assert_eq!(failure.reason, FailureReason::Denied);
    assert!(failure.message.contains("in a dry run, which may only look"), "{failure:?}");
    assert_eq!(failure.hint.as_deref(), Some("the plugin's author moves the call from `plan` to `perform`"));
    assert_eq!(changed.load(Ordering::Relaxed), 0, "the request was sent all the same");
}

#[tokio::test]
async fn an_action_reaches_only_what_it_was_granted() {
    let (url, changed) = service();
    let failure = failure(act(&format!(r#"{{"url":"{url}"}}"#), Aim::Act, &[]).await);
    assert_eq!(failure.reason, FailureReason::Denied);
    assert!(failure.hint.is_some_and(|hint| hint.starts_with("add `http = [")));
    assert_eq!(changed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn how_an_action_fails_is_told() {
    let trapped = failure(act(r#"{"then":"trap"}"#, Aim::Act, &[]).await);
    assert_eq!(trapped.reason, FailureReason::Trap);
    let fault = failure(act(r#"{"then":"fault"}"#, Aim::Act, &[]).await);
    assert_eq!(fault.reason, FailureReason::Fault);
    assert_eq!(fault.message, "it does not answer", "nothing of the host's stands before it");
    let long = failure(act(r#"{"then":"long"}"#, Aim::Act, &[]).await);
    assert_eq!(long.reason, FailureReason::InvalidReport);
    assert!(long.message.contains("`summary` has 2000 bytes, 1024 are allowed"), "{long:?}");
    let many = failure(act(r#"{"plan":"many"}"#, Aim::Look, &[]).await);
    assert!(many.message.contains("`steps` are 101, 100 are allowed"), "{many:?}");
}

#[tokio::test]
async fn no_check_and_no_notifier_is_run_as_an_action() {
    let generation = load("null").await;
    let call = ActionCall {
        occasion: Arc::new(Occasion {
            id: "o1".into(),
            check: CheckName::from("shop"),
            finding: None,
            summary: String::new(),
            since: Wall::from_millis(0),
            labels: Labels::default(),
        }),
        attempt: 1,
        config: "{}".into(),
        timeout: Duration::from_secs(60),
        rights: rights("null", &[], &[]),
        limits: Limits::default(),
        scope: KvScope::of_check(CheckName::from("shop"), "restart".into()),
    };
    let failure = failure(engine().act(&generation, call, &ports(&Arc::new(Memory::default()))).await);
    assert!(failure.message.ends_with("is of the kind check, not an action"), "{failure:?}");
}
