//! Behind a proxy: whose failures count, who is written down, and who is on this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Version};
use watchkeep_core::access::Role;
use watchkeep_web::{public_router, router};

use crate::access::{PASSWORD, put_user, user};
use crate::support::ask::{Answer, ask, request, send};
use crate::support::boards::{busy, varied};
use crate::support::{Board, FakeHost};

fn behind() -> Arc<FakeHost> {
    let mut board = busy();
    board.access.admin_token = None;
    board.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let host = FakeHost::new(board);
    put_user(&host, user("kari", Role::Operator, &[]));
    host
}

/// Tries to sign in, one request after another at one and the same router.
struct Tries(axum::Router);

impl Tries {
    async fn sign_in(&self, name: &str, password: &str, from: &str, headers: &[(&str, &str)]) -> Answer {
        let mut asked = request(Method::POST, "/login", headers);
        let peer: SocketAddr = format!("{from}:50000").parse().unwrap();
        asked.extensions_mut().insert(ConnectInfo(peer));
        let fields = [("name", name), ("password", password)];
        *asked.body_mut() =
            Body::from(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        let form = "application/x-www-form-urlencoded".parse().unwrap();
        asked.headers_mut().insert("content-type", form);
        asked.headers_mut().insert("origin", "http://localhost:8686".parse().unwrap());
        send(self.0.clone(), asked).await
    }
}

#[tokio::test]
async fn failures_count_for_who_made_them_and_not_for_the_proxy() {
    let host = behind();
    let tries = Tries(router(host.clone()));
    for n in 0..12 {
        let forwarded = format!("198.51.100.{n}, 203.0.113.9, 10.0.0.2");
        let headers = [("x-forwarded-for", forwarded.as_str())];
        let answer = tries.sign_in(&format!("nobody-{n}"), "wrong", "127.0.0.1", &headers).await;
        let expected = if n < 10 { 403 } else { 429 };
        assert_eq!(answer.status, expected, "{n}: what it made up before its own address counts for nothing");
    }
    let headers = [("x-forwarded-for", "203.0.113.10"), ("x-forwarded-proto", "https")];
    let answer = tries.sign_in("kari", PASSWORD, "127.0.0.1", &headers).await;
    assert_eq!(answer.status, 303, "somebody else behind the same proxy");
    assert!(answer.header("set-cookie").contains("; Secure"), "{}", answer.header("set-cookie"));
    assert_eq!(answer.header("strict-transport-security"), "", "that is for the proxy to say");
    let entries = host.with(|board| board.audit_log.clone());
    let from =
        |what: &str| entries.iter().find(|entry| entry.what == what).map(|entry| entry.who.from.clone());
    assert_eq!(from("session.begin").as_deref(), Some("203.0.113.10"));
    assert_eq!(from("session.refuse").as_deref(), Some("203.0.113.9"));
}

#[tokio::test]
async fn whoever_is_no_trusted_proxy_counts_as_what_it_is() {
    let tries = Tries(router(behind()));
    for n in 0..11 {
        let forwarded = format!("198.51.100.{n}");
        let headers = [("x-forwarded-for", forwarded.as_str()), ("x-forwarded-proto", "https")];
        let answer = tries.sign_in("nobody", "wrong", "192.0.2.1", &headers).await;
        assert_eq!(answer.status, if n < 10 { 403 } else { 429 }, "{n}");
    }
    let headers = [("x-forwarded-proto", "https")];
    let answer = tries.sign_in("kari", PASSWORD, "192.0.2.2", &headers).await;
    assert!(!answer.header("set-cookie").contains("Secure"), "{}", answer.header("set-cookie"));
}

/// A host that lies open to its own machine must not lie open to the world because somebody put a proxy in front.
#[tokio::test]
async fn a_proxy_does_not_open_what_is_open_on_this_machine() {
    let host = FakeHost::new(varied());
    assert_eq!(ask(&host, Method::GET, "/api/v1/checks", &[]).await.status, 200);
    for headers in [
        &[("x-forwarded-for", "203.0.113.9")][..],
        &[("x-forwarded-for", "127.0.0.1")],
        &[("x-forwarded-proto", "https")],
        &[("forwarded", "for=127.0.0.1")],
        &[("via", "1.1 proxy")],
        &[("x-real-ip", "127.0.0.1")],
    ] {
        let answer = ask(&host, Method::GET, "/api/v1/checks", headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains("came through a proxy") && detail.contains("hint: set `users = true`"),
            "{detail}"
        );
    }
    // As nginx asks that was told nothing but `proxy_pass`.
    let mut bare = request(Method::GET, "/api/v1/checks", &[]);
    *bare.version_mut() = Version::HTTP_10;
    bare.extensions_mut().insert(ConnectInfo::<SocketAddr>("127.0.0.1:50000".parse().unwrap()));
    assert_eq!(send(router(host.clone()), bare).await.status, 403);

    // One that is trusted may say what it likes, or nothing.
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let board = varied();
    let host =
        FakeHost::new(Board { access: watchkeep_web::Access { trusted_proxies, ..board.access }, ..board });
    for headers in [&[][..], &[("x-forwarded-for", "127.0.0.1")], &[("x-forwarded-for", "garbage")]] {
        assert_eq!(ask(&host, Method::GET, "/api/v1/checks", headers).await.status, 403, "{headers:?}");
    }
}

#[tokio::test]
async fn guesses_of_pings_count_for_who_made_them() {
    let mut board = busy();
    board.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let pings = public_router(FakeHost::new(board));
    let ping = async |from: &str, key: &str| {
        let mut asked = request(Method::GET, &format!("/ping/{key}"), &[("x-forwarded-for", from)]);
        asked.extensions_mut().insert(ConnectInfo::<SocketAddr>("127.0.0.1:50000".parse().unwrap()));
        let began = std::time::Instant::now();
        let answer = send(pings.clone(), asked).await;
        (answer.status.as_u16(), began.elapsed().as_millis() > 500)
    };
    for n in 0..30 {
        ping("203.0.113.9", &format!("unknown-{n}")).await;
    }
    assert_eq!(ping("203.0.113.9", "unknown").await, (404, true), "who guessed waits");
    assert_eq!(ping("203.0.113.10", "5d7a").await, (200, false), "and nobody else");
}
