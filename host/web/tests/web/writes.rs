//! Writes: what they hand to the core, what they wait for, and that a repeated key does nothing twice.

use http::Method;
use watchkeep_core::input::Command;
use watchkeep_web::{Access, AdminToken, ConfigProblem, Severity};

use crate::support::ask::{ask, control};
use crate::support::boards::varied;
use crate::support::{Board, FakeHost};

#[tokio::test]
async fn run_waits_for_the_result_it_led_to() {
    let host = FakeHost::new(varied());
    let answer = control(&host, Method::POST, "/api/v1/checks/shop/run?wait=5").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["result"]["summary"], "ran at once");
    let answer = control(&host, Method::POST, "/api/v1/checks/shop/run").await;
    assert_eq!(answer.status, 202);
    assert!(answer.json()["result"].is_null());
    assert_eq!(control(&host, Method::POST, "/api/v1/checks/nobody/run").await.status, 404);
    assert_eq!(control(&host, Method::POST, "/api/v1/checks/shop/run?wait=x").await.status, 400);
    assert_eq!(*host.commands.lock().unwrap(), vec![Command::RunNow("shop".into()); 2]);
}

#[tokio::test]
async fn pause_and_resume_answer_with_the_check() {
    let host = FakeHost::new(varied());
    let paused = control(&host, Method::POST, "/api/v1/checks/shop/pause").await.json();
    assert_eq!(paused["status"], "paused");
    let resumed = control(&host, Method::POST, "/api/v1/checks/shop/resume").await.json();
    assert_eq!(resumed["status"], "active");
}

#[tokio::test]
async fn an_approval_names_the_file_and_exactly_its_rights() {
    let host = FakeHost::new(varied());
    let digest = watchkeep_core::ids::Digest::of(b"new");
    let approve = format!("/api/v1/plugins/wants/approve?digest={digest}&right=http:%20https://a.example");
    let all = format!("{approve}&right=reveal:%20key");
    let answer = control(&host, Method::POST, &all).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["name"]), (200, &"wants".into()));
    assert_eq!(control(&host, Method::POST, &approve).await.status, 409, "a right is missing");
    let without = control(&host, Method::POST, "/api/v1/plugins/wants/approve").await;
    assert!(without.status == 400 && without.text.contains("digest"), "{}", without.text);
    assert_eq!(control(&host, Method::POST, "/api/v1/plugins/nobody/rollback").await.status, 404);
    let over_tcp = ask(&host, Method::POST, &all, &[]).await;
    assert_eq!(over_tcp.status, 403, "a write as every other");
}

#[tokio::test]
async fn a_receiver_test_waits_for_its_delivery() {
    let host = FakeHost::new(varied());
    let answer = control(&host, Method::POST, "/api/v1/receivers/chat/test?wait=5").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["result"]["status"], "delivered");
    assert_eq!(control(&host, Method::POST, "/api/v1/receivers/nobody/test").await.status, 404);
}

#[tokio::test]
async fn a_reload_answers_with_the_difference_or_the_problems() {
    let host = FakeHost::new(varied());
    let answer = control(&host, Method::POST, "/-/reload?dry_run=true").await.json();
    assert_eq!((&answer["applied"], &answer["dry_run"]), (&false.into(), &true.into()));
    assert_eq!(answer["added"][0], "new");
    assert_eq!(answer["renamed"][0]["from"], "from");
    assert_eq!(answer["closes"][0]["check"], "old");
    host.with(|board| {
        board.problems = vec![ConfigProblem {
            severity: Severity::Error,
            file: "conf.d/web.toml".to_owned(),
            line: Some(7),
            column: Some(3),
            key: Some("check.intervall".to_owned()),
            message: "unknown key `intervall`".to_owned(),
            hint: Some("write `interval`".to_owned()),
        }];
    });
    let refused = control(&host, Method::POST, "/-/reload").await;
    assert_eq!(refused.status, 422);
    let refused = refused.json();
    assert_eq!(refused["detail"], "the config has 1 error; nothing was changed");
    assert_eq!(refused["problems"][0]["line"], 7);
}

#[tokio::test]
async fn over_tcp_a_write_without_a_configured_token_names_the_control_socket() {
    let access = Access { control_socket: "/var/lib/watchkeep/control.sock".into(), ..Access::default() };
    let host = FakeHost::new(Board { access, ..varied() });
    let answer = ask(&host, Method::POST, "/api/v1/checks/shop/pause", &[]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.json()["detail"].as_str().unwrap().contains("/var/lib/watchkeep/control.sock"));
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_same_idempotency_key_is_answered_again_and_done_once() {
    let access = Access { admin_token: Some(AdminToken::new("s3cret")), ..Access::default() };
    let host = FakeHost::new(Board { access, ..varied() });
    let router = watchkeep_web::router(host.clone());
    let send = async |path: &str, key: &str| {
        let headers = [("authorization", "Bearer s3cret"), ("idempotency-key", key)];
        crate::support::ask::send(router.clone(), crate::support::ask::request(Method::POST, path, &headers))
            .await
    };
    let first = send("/api/v1/checks/shop/run?wait=5", "k1").await;
    let again = send("/api/v1/checks/shop/run?wait=5", "k1").await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(again.header("content-type"), "application/json");
    assert_eq!(host.commands.lock().unwrap().len(), 1);
    assert_eq!(send("/api/v1/checks/blog/run", "k1").await.status, 409, "the key of another request");
    assert_eq!(send("/api/v1/checks/nobody/run", "k2").await.status, 404);
    assert_eq!(send("/api/v1/checks/blog/run", "k2").await.status, 202, "what failed may be sent again");
}
