//! People acknowledge from within a message: the page behind its link, on both addresses, from a phone that has signed in
//! nowhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use scraper::{Html, Selector};
use watchkeep_core::alert::{Acknowledgement, AlertRecord, Lasting};
use watchkeep_core::ids::{AlertId, PersonName, ReceiverName};
use watchkeep_core::replies::{ANSWERABLE_FOR, invitation};
use watchkeep_core::reply::{Person, Readers};
use watchkeep_core::time::Wall;
use watchkeep_web::{Host as _, public_router, router};

use crate::support::ask::{Answer, send};
use crate::support::boards::busy;
use crate::support::{FakeHost, NOW, REPLY_KEY, receiver};

/// `chat` is read by these people.
fn read_by(people: &[&str]) -> Arc<FakeHost> {
    let mut board = busy();
    let setup = Arc::make_mut(&mut board.setup);
    for name in ["ada", "ben"] {
        let (name, shown) = (PersonName::new(name), format!("{name} <b>"));
        setup.people.insert(name.clone(), Arc::new(Person { name, shown, ids: [].into() }));
    }
    let readers = people.iter().copied().map(PersonName::new).collect();
    setup.readers.insert(ReceiverName::new("chat"), Readers::These(readers));
    setup.receivers.insert(ReceiverName::new("chat"), receiver("chat", "console"));
    setup.external_url = "https://watch.example.com".to_owned();
    let host = FakeHost::new(board);
    // Ids as the core derives them.
    host.with(|board| {
        for alert in &mut board.alerts {
            let id = AlertId::derive(&alert.key.to_string(), NOW);
            Arc::make_mut(alert).id = id;
        }
    });
    host
}

fn alert(host: &FakeHost) -> Arc<AlertRecord> {
    host.alerts().into_iter().find(|alert| alert.key.to_string() == "api").unwrap()
}

fn token(host: &FakeHost) -> String {
    let offered = invitation(&host.setup(), &alert(host), &ReceiverName::new("chat"), NOW).unwrap();
    REPLY_KEY.seal(&offered).unwrap()
}

async fn ask(router: Router, method: Method, path: &str, body: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "ping.example.com");
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    let peer: SocketAddr = "203.0.113.9:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    send(router, request).await
}

fn buttons(answer: &Answer) -> Vec<String> {
    let page = Html::parse_document(&answer.text);
    let button = Selector::parse("form button").unwrap();
    let found = page.select(&button);
    found.map(|button| button.text().collect::<String>()).collect()
}

#[tokio::test]
async fn opening_the_page_changes_nothing_and_its_one_button_acknowledges_once() {
    let host = read_by(&["ada"]);
    let path = format!("/reply/{}", token(&host));
    for router in [router(host.clone()), public_router(host.clone())] {
        for method in [Method::GET, Method::HEAD] {
            let page = ask(router.clone(), method, &path, "").await;
            assert_eq!(page.status, 200);
        }
        let page = ask(router, Method::GET, &path, "").await;
        assert_eq!(buttons(&page), ["Acknowledge"]);
        assert!(page.text.contains("https://watch.example.com/alerts/"), "{}", page.text);
    }
    assert!(host.commands.lock().unwrap().is_empty() && alert(&host).acknowledged.is_none());
    // A phone's notification posts nothing but the address.
    let done = ask(public_router(host.clone()), Method::POST, &path, "").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(alert(&host).acknowledged.clone().unwrap().by, "ada <b>");
    assert!(done.text.contains("Acknowledged by ada &#60;b&#62;"), "{}", done.text);
    let entry = host.with(|board| board.audit_log.pop().unwrap());
    assert_eq!((entry.who.name.as_str(), entry.what.as_str()), ("ada <b>", "alert.acknowledge"));
    assert_eq!((entry.who.by_way_of.as_str(), entry.who.from.as_str()), ("message to chat", "203.0.113.9"));
    let again = ask(public_router(host.clone()), Method::POST, &path, "").await;
    assert_eq!(again.status, 409);
    assert!(buttons(&again).is_empty() && again.text.contains("has acknowledged this alert already"));
    assert_eq!(host.commands.lock().unwrap().len(), 1);
    host.with(|board| {
        for alert in &mut board.alerts {
            Arc::make_mut(alert).acknowledged = None;
        }
    });
    let used = ask(public_router(host.clone()), Method::POST, &path, "").await;
    assert_eq!(used.status, 409);
    assert!(used.text.contains("was used") && alert(&host).acknowledged.is_none(), "{}", used.text);
}

#[tokio::test]
async fn of_several_readers_each_has_a_button_and_nobody_else_answers() {
    let host = read_by(&["ada", "ben"]);
    let path = format!("/reply/{}", token(&host));
    let at = || public_router(host.clone());
    let page = ask(at(), Method::GET, &path, "").await;
    assert_eq!(buttons(&page), ["Acknowledge as ada <b>", "Acknowledge as ben <b>"]);
    let open = ask(at(), Method::POST, &path, "").await;
    assert_eq!(open.status, 422);
    assert_eq!(buttons(&open).len(), 2);
    let foreign = ask(at(), Method::POST, &path, "person=carl").await;
    assert_eq!(foreign.status, 409);
    assert!(alert(&host).acknowledged.is_none());
    let done = ask(at(), Method::POST, &path, "person=ben").await;
    assert_eq!(done.status, 200);
    assert_eq!(alert(&host).acknowledged.clone().unwrap().by, "ben <b>");
}

#[tokio::test]
async fn what_cannot_be_answered_any_more_has_no_button() {
    let host = read_by(&["ada"]);
    let path = format!("/reply/{}", token(&host));
    let at = || public_router(host.clone());
    host.with(|board| board.now = Some(NOW + ANSWERABLE_FOR));
    let old = ask(at(), Method::GET, &path, "").await;
    assert!(buttons(&old).is_empty() && old.text.contains("too old"), "{}", old.text);
    assert_eq!(ask(at(), Method::POST, &path, "").await.status, 409);
    host.with(|board| {
        board.now = Some(NOW + Duration::from_secs(60));
        let taken = Acknowledgement {
            by: "eve".to_owned(),
            at: Wall::from_millis(0),
            comment: String::new(),
            until: None,
            lasting: Lasting::Sticky,
        };
        board.alerts.iter_mut().for_each(|alert| Arc::make_mut(alert).acknowledged = Some(taken.clone()));
    });
    let taken = ask(at(), Method::GET, &path, "").await;
    assert!(buttons(&taken).is_empty() && taken.text.contains("eve has acknowledged"), "{}", taken.text);
    host.with(|board| board.alerts.clear());
    let over = ask(at(), Method::GET, &path, "").await;
    assert!(buttons(&over).is_empty() && over.text.contains("This alert is over"), "{}", over.text);
    assert_eq!(ask(at(), Method::POST, &path, "").await.status, 409);
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_token_of_this_host_tells_nothing() {
    let host = read_by(&["ada"]);
    let token = token(&host);
    let mut other = token.clone().into_bytes();
    other[20] = if other[20] == b'A' { b'B' } else { b'A' };
    let long = "A".repeat(5_000);
    for wrong in [std::str::from_utf8(&other).unwrap(), "x", "..%2f..%2fetc", "%00", "%ff", &long] {
        for method in [Method::GET, Method::POST] {
            let answer =
                ask(public_router(host.clone()), method, &format!("/reply/{wrong}"), "person=ada").await;
            assert!(answer.status == 404 || answer.status == 400, "{wrong}: {}", answer.status);
            assert!(!answer.text.contains("api"), "{}", answer.text);
        }
    }
    for method in [Method::PUT, Method::DELETE] {
        let answer = ask(public_router(host.clone()), method, &format!("/reply/{token}"), "").await;
        assert_eq!(answer.status, 405);
    }
    let body = "a".repeat(1 << 20);
    let large = ask(public_router(host.clone()), Method::POST, &format!("/reply/{token}"), &body).await;
    assert_eq!(large.status, 413);
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_page_runs_nothing_and_tells_nobody_its_address() {
    let host = read_by(&["ada"]);
    host.with(|board| {
        for alert in &mut board.alerts {
            Arc::make_mut(alert).summary = "<script>alert(1)</script>".to_owned();
        }
    });
    let page = ask(public_router(host.clone()), Method::GET, &format!("/reply/{}", token(&host)), "").await;
    assert!(!page.text.contains("<script"), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; form-action") && !policy.contains("unsafe")
    );
    let style = ask(public_router(host.clone()), Method::GET, "/reply/style.css", "").await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("set-cookie"), "");
}
