//! Heartbeats, as clients of Healthchecks send them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::{FutureExt, StreamExt};
use http::{Method, Request};
use watchkeep_core::heartbeat::{PingKind, Refused};
use watchkeep_web::{public_router, router};

use crate::support::FakeHost;
use crate::support::ask::{Answer, send};
use crate::support::boards::busy;

/// From afar, under any name, without a token.
async fn ping(router: Router, method: Method, path: &str, body: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "ping.example.com");
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    let peer: SocketAddr = "203.0.113.9:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    send(router, request).await
}

fn both(host: &Arc<FakeHost>) -> [Router; 2] {
    [router(host.clone()), public_router(host.clone())]
}

#[tokio::test]
async fn every_way_to_ping_is_taken_on_both_addresses() {
    let host = FakeHost::new(busy());
    let rid = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
    let with_rid = format!("/ping/5d7a/start?rid={rid}");
    for router in both(&host) {
        for (method, path, kind) in [
            (Method::GET, "/ping/5d7a", PingKind::Success),
            (Method::GET, "/ping/5d7a/", PingKind::Success),
            (Method::HEAD, "/ping/5d7a", PingKind::Success),
            (Method::POST, "/ping/5d7a/fail", PingKind::Fail),
            (Method::POST, "/ping/5d7a/log", PingKind::Log),
            (Method::GET, "/ping/5d7a/0", PingKind::Exit(0)),
            (Method::GET, "/ping/5d7a/255", PingKind::Exit(255)),
            (Method::GET, with_rid.as_str(), PingKind::Start),
        ] {
            let answer = ping(router.clone(), method.clone(), path, "what the job said").await;
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
            assert_eq!(answer.text, if method == Method::HEAD { "" } else { "OK" });
            assert!(answer.header("content-type").starts_with("text/plain"), "{path}");
            assert_eq!(answer.header("set-cookie"), "", "{path}");
            let taken = host.with(|board| board.pings.pop().unwrap());
            assert_eq!((taken.kind, taken.body.as_str()), (kind, "what the job said"), "{path}");
            assert_eq!(taken.run_id.is_some(), path.contains("rid"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_ping_is_refused_and_not_taken() {
    let host = FakeHost::new(busy());
    for router in both(&host) {
        for (method, path, status) in [
            (Method::GET, "/ping/other", 404),
            (Method::GET, "/ping/other/fail", 404),
            (Method::GET, "/ping/5d7a/256", 400),
            (Method::GET, "/ping/5d7a/99999999999", 400),
            (Method::GET, "/ping/5d7a/-1", 404),
            (Method::GET, "/ping/5d7a/sleep", 404),
            (Method::GET, "/ping/5d7a?rid=1", 400),
            (Method::DELETE, "/ping/5d7a", 405),
            (Method::PUT, "/ping/5d7a/start", 405),
        ] {
            let answer = ping(router.clone(), method, path, "").await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        }
        assert_eq!(ping(router, Method::GET, "/ping/other", "").await.text, "not found");
    }
    assert!(host.with(|board| board.pings.is_empty()));
}

#[tokio::test]
async fn ten_kibibytes_of_a_body_are_kept_and_a_longer_one_is_no_failure() {
    let host = FakeHost::new(busy());
    let answer = ping(router(host.clone()), Method::POST, "/ping/5d7a", &"x".repeat(200_000)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("ping-body-limit"), "10240");
    assert_eq!(host.with(|board| board.pings[0].body.len()), 10 << 10);
}

#[tokio::test]
async fn the_public_address_serves_pings_and_nothing_else() {
    let host = FakeHost::new(busy());
    for path in [
        "/",
        "/alerts",
        "/api/v1/checks",
        "/metrics",
        "/-/healthy",
        "/-/ready",
        "/assets/live.js",
        "/ping",
        "/ping/",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = ping(public_router(host.clone()), method, path, "").await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, "not found"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

#[tokio::test]
async fn a_ping_opens_no_other_path() {
    let host = FakeHost::new(busy());
    let answer = ping(router(host), Method::GET, "/ping/5d7a/../../api/v1/checks", "").await;
    assert_ne!(answer.status, 200);
}

#[tokio::test]
async fn guessing_keys_becomes_slow_and_a_job_behind_the_same_address_still_gets_through() {
    let host = FakeHost::new(busy());
    let router = public_router(host.clone());
    let guess = |n| {
        let router = router.clone();
        async move { ping(router, Method::GET, &format!("/ping/guess-{n}"), "").await }
    };
    let at_once = (0..60).take_while(|n| guess(*n).now_or_never().is_some()).count();
    // Thirty, and one more for each second that it took.
    assert!((30..60).contains(&at_once), "{at_once} guesses were answered at once");
    assert_eq!(ping(router, Method::GET, "/ping/5d7a", "").await.status, 200);
}

/// One byte of ten, and then nothing.
async fn drip(router: Router, path: &str) -> Answer {
    let first = futures::stream::iter([Ok::<_, std::convert::Infallible>("x")]);
    let body = Body::from_stream(first.chain(futures::stream::pending()));
    let request = Request::builder().method(Method::POST).uri(path).header("host", "ping.example.com");
    send(router, request.body(body).unwrap()).await
}

/// 540 of them once kept every job's pings out, and the host paged that the jobs had not run.
#[tokio::test]
async fn who_has_no_key_holds_nobody_up_however_slowly_he_speaks() {
    let host = FakeHost::new(busy());
    let router = public_router(host.clone());
    for n in 0..20 {
        let answer = drip(router.clone(), &format!("/ping/unknown-{n}")).now_or_never();
        assert_eq!(answer.expect("nothing is waited for").status, 404);
    }
    assert_eq!(ping(router, Method::GET, "/ping/5d7a", "").await.status, 200);
    assert!(host.with(|board| board.turned_away.is_empty()));
}

#[tokio::test]
async fn a_ping_for_which_there_is_no_place_is_noted_as_turned_away() {
    let host = FakeHost::new(busy());
    let router = public_router(host.clone());
    let mut slow: Vec<_> = (0..600).map(|_| Box::pin(drip(router.clone(), "/ping/5d7a"))).collect();
    let refused = slow.iter_mut().filter_map(|slow| slow.now_or_never()).map(|answer| {
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "5"));
    });
    let refused = refused.count();
    assert!(refused > 500, "{refused}");
    assert_eq!(ping(router.clone(), Method::GET, "/ping/5d7a", "").await.status, 429);
    let noted = host.with(|board| std::mem::take(&mut board.turned_away));
    assert_eq!(noted, vec![Refused::Of("backup".into()); refused + 1]);
    drop(slow);
    assert_eq!(ping(router, Method::GET, "/ping/5d7a", "").await.status, 200, "places are given back");
}

#[tokio::test]
async fn a_job_behind_an_address_that_guesses_is_noted_as_turned_away() {
    let host = FakeHost::new(busy());
    let router = public_router(host.clone());
    let guess = |n| {
        let router = router.clone();
        Box::pin(async move { ping(router, Method::GET, &format!("/ping/guess-{n}"), "").await })
    };
    let mut waiting: Vec<_> = (0..120).map(guess).collect();
    let answered = waiting.iter_mut().filter_map(|guess| guess.now_or_never()).count();
    assert!(answered > 30, "{answered}");
    assert_eq!(ping(router, Method::GET, "/ping/5d7a", "").await.status, 429);
    assert_eq!(host.with(|board| board.turned_away.clone()), [Refused::Of("backup".into())]);
}
