//! What holds for every request. The table of who may ask is tested beside its function.

use http::Method;
use watchkeep_web::{Access, AdminToken, NotReady, router};

use crate::support::ask::{ask, control, get, request, send};
use crate::support::boards::varied;
use crate::support::{Board, FakeHost};

fn guarded() -> Board {
    let access = Access {
        admin_token: Some(AdminToken::new("s3cret")),
        external_url: Some("https://watch.example.com".to_owned()),
        ..Access::default()
    };
    Board { access, ..varied() }
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_trust_nothing() {
    let host = FakeHost::new(varied());
    for path in ["/", "/checks/shop", "/api/v1/checks", "/nothing", "/metrics", "/-/ready"] {
        let answer = get(&host, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn another_name_is_refused_on_every_path() {
    let host = FakeHost::new(guarded());
    for path in ["/", "/api/v1/checks", "/metrics", "/-/healthy", "/api/v1/stream", "/nothing"] {
        let answer = ask(&host, Method::GET, path, &[("host", "evil.example")]).await;
        assert_eq!(answer.status, 421, "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("external_url"), "{path}");
    }
}

#[tokio::test]
async fn without_a_known_peer_the_token_is_needed_for_all_but_health() {
    let host = FakeHost::new(guarded());
    for (path, status) in
        [("/", 401), ("/api/v1/checks", 401), ("/metrics", 401), ("/-/ready", 401), ("/-/healthy", 200)]
    {
        let answer = send(router(host.clone()), request(Method::GET, path, &[])).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        if status == 401 {
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{path}");
        }
        let answer =
            send(router(host.clone()), request(Method::GET, path, &[("authorization", "Bearer s3cret")]))
                .await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_control_socket_needs_neither_token_nor_name() {
    let host = FakeHost::new(guarded());
    assert_eq!(control(&host, Method::POST, "/-/reload").await.status, 200);
    assert_eq!(control(&host, Method::GET, "/api/v1/checks").await.status, 200);
}

#[tokio::test]
async fn a_browser_gets_a_refusal_as_a_page() {
    let host = FakeHost::new(guarded());
    let headers = [("accept", "text/html,*/*"), ("authorization", "Bearer s3cret")];
    let answer = ask(&host, Method::GET, "/nothing/%3Cb%3E", &headers).await;
    assert_eq!(answer.status, 404);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.text.contains("/nothing/") && !answer.text.contains("<b>"), "{}", answer.text);
    let wrong = [("accept", "text/html"), ("host", "watch.example.com"), ("authorization", "Bearer x")];
    let answer = ask(&host, Method::GET, "/", &wrong).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert!(answer.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn head_answers_as_get_does_without_a_body() {
    let host = FakeHost::new(varied());
    for path in ["/", "/api/v1/checks", "/metrics"] {
        let answer = ask(&host, Method::HEAD, path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_and_a_large_body_are_refused_in_a_sentence() {
    let host = FakeHost::new(guarded());
    let token = ("authorization", "Bearer s3cret");
    let answer = ask(&host, Method::POST, "/api/v1/checks", &[token]).await;
    assert_eq!(answer.status, 405);
    assert!(answer.json()["detail"].as_str().unwrap().contains("openapi.json"));
    let answer = ask(&host, Method::POST, "/-/reload", &[token, ("content-length", "1000000")]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn readiness_says_why_not() {
    let host = FakeHost::new(varied());
    assert_eq!(get(&host, "/-/ready").await.status, 200);
    host.with(|board| {
        board.not_ready = vec![NotReady { part: "store", message: "the disk is full".to_owned() }];
    });
    let answer = get(&host, "/-/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["reasons"][0]["message"], "the disk is full");
    assert_eq!(get(&host, "/-/healthy").await.status, 200);
    assert!(get(&host, "/").await.text.contains("the disk is full"), "the page says it too");
}
