//! Moments that are marked in charts, such as deployments.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use watchkeep_core::access::Role;
use watchkeep_core::marker::MARKERS_MAX;
use watchkeep_core::setup::Setup;

use crate::access::{bearer, put_token, token};
use crate::pages::{attributes, texts};
use crate::support::ask::{ask, control, get, tell};
use crate::support::{Board, FakeHost, ok, result, seconds_ago, spec, view};

fn two_teams() -> Board {
    let specs = [("shop", "sales"), ("blog", "press")]
        .map(|(name, team)| spec(name, "http", "{}", &[("team", team)]));
    let runs = ["shop", "blog"].map(|check| result(check, 1, seconds_ago(600), 100, ok("up")));
    let setup = Setup {
        checks: specs.iter().map(|spec| (spec.name.clone(), Arc::new(spec.clone()))).collect(),
        ..Setup::default()
    };
    Board {
        checks: specs.into_iter().map(|spec| view(spec, Some((ok("up"), 100)), 600)).collect(),
        results: runs.into(),
        setup: Arc::new(setup),
        ..Board::default()
    }
}

fn deployed() -> Value {
    json!({"text": "shop 1.4.2", "labels": {"team": "sales"}, "link": "https://ci.example.com/7", "by": "ci"})
}

async fn set(host: &Arc<FakeHost>, body: Value) -> Value {
    let answer = tell(host, Method::POST, "/api/v1/markers", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn it_is_drawn_and_told_where_it_concerns_the_check_and_nowhere_else() {
    let host = FakeHost::new(two_teams());
    set(&host, deployed()).await;
    let page = get(&host, "/checks/shop?range=hour").await.text;
    assert_eq!(attributes(&page, "#latency line.marker", "x1"), ["100%"], "it was now");
    assert_eq!(attributes(&page, "#markers a", "href"), ["https://ci.example.com/7"]);
    let told = &texts(&page, "#markers li")[0];
    assert!(told.contains("shop 1.4.2") && told.ends_with("by ci"), "{told}");
    assert!(texts(&page, "#markers summary")[0].starts_with("1 marked"));
    let other = get(&host, "/checks/blog?range=hour").await.text;
    assert!(attributes(&other, "line.marker", "x1").is_empty() && texts(&other, "#markers").is_empty());
    // One for all, at a moment that lies before the range of an hour.
    set(&host, json!({"text": "the switch was changed", "at": "2026-11-21T01:00:00Z"})).await;
    for check in ["shop", "blog"] {
        let day = get(&host, &format!("/checks/{check}?range=day")).await.text;
        assert!(texts(&day, "#markers").concat().contains("the switch was changed"), "{check}");
        let hour = get(&host, &format!("/checks/{check}?range=hour")).await.text;
        assert!(!hour.contains("the switch was changed"), "{check}");
    }
}

#[tokio::test]
async fn it_is_listed_by_time_and_check_and_taken_away() {
    let host = FakeHost::new(two_teams());
    let first = set(&host, deployed()).await;
    let again = set(&host, deployed()).await;
    assert_eq!(first["id"], again["id"], "the same twice is one");
    set(&host, json!({"text": "earlier", "at": "2026-11-21T01:00:00Z"})).await;
    let listed = async |query: &str| -> Vec<String> {
        let list = get(&host, &format!("/api/v1/markers{query}")).await.json();
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("").await, ["shop 1.4.2", "earlier"]);
    assert_eq!(listed("?check=blog").await, ["earlier"]);
    assert_eq!(listed("?from=2026-11-21T02:00:00Z").await, ["shop 1.4.2"]);
    assert_eq!(listed("?limit=1").await, ["shop 1.4.2"]);
    let next = get(&host, "/api/v1/markers?limit=1").await.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(listed(&format!("?limit=1&cursor={next}")).await, ["earlier"]);
    let one = format!("/api/v1/markers/{}", first["id"].as_str().unwrap());
    assert_eq!(control(&host, Method::DELETE, &one).await.status, 200);
    assert_eq!(control(&host, Method::DELETE, &one).await.status, 404);
    assert_eq!(get(&host, "/api/v1/markers?check=nobody").await.status, 404);
    let log = host.with(|board| board.audit_log.iter().map(|entry| entry.what.clone()).collect::<Vec<_>>());
    assert_eq!(log, ["marker.set", "marker.set", "marker.set", "marker.remove"]);
}

#[tokio::test]
async fn what_is_no_marker_is_refused_with_what_is_wrong() {
    let host = FakeHost::new(two_teams());
    for (body, told) in [
        (json!({}), "`text` is empty"),
        (json!({"text": "a\nb"}), "`text` is one line"),
        (json!({"text": "x".repeat(201)}), "longer than 200"),
        (json!({"text": "x", "at": "yesterday"}), "`at` is a time such as"),
        (json!({"text": "x", "at": "2027-01-01T00:00:00Z"}), "`at` lies ahead"),
        (json!({"text": "x", "link": "javascript:alert(1)"}), "`link` is no web address"),
        (json!({"text": "x", "labels": {"": "y"}}), "`labels` is empty"),
        (json!({"text": "x", "labels": {"a": "\u{7}"}}), "the label `a`"),
        (json!({"text": "x", "labels": ["a"]}), "invalid type"),
        (json!({"text": "x", "colour": "red"}), "colour"),
    ] {
        let answer = tell(&host, Method::POST, "/api/v1/markers", body).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains(told), "{told}: {}", answer.text);
    }
    assert_eq!(get(&host, "/api/v1/markers").await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_earliest_gives_way_when_there_are_too_many() {
    let host = FakeHost::new(two_teams());
    for number in 0..=MARKERS_MAX {
        let at = format!("2026-11-20T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60);
        set(&host, json!({"text": format!("{number}"), "at": at})).await;
    }
    let kept = host.with(|board| board.markers.iter().map(|marker| marker.text.clone()).collect::<Vec<_>>());
    assert_eq!(kept.len(), MARKERS_MAX);
    assert!(!kept.contains(&"0".to_owned()) && kept.contains(&"1".to_owned()));
}

#[tokio::test]
async fn a_scope_marks_and_sees_what_is_its_own() {
    let host = FakeHost::new(two_teams());
    put_token(&host, token("sales", Role::Operator, &["team=\"sales\""], None));
    set(&host, json!({"text": "of the press", "labels": {"team": "press"}})).await;
    set(&host, json!({"text": "of all"})).await;
    let posted = async |body: Value| {
        let (authorization, text) = (bearer("sales"), body.to_string());
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let mut request = crate::support::ask::request(Method::POST, "/api/v1/markers", &headers);
        *request.body_mut() = axum::body::Body::from(text);
        let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        crate::support::ask::send(watchkeep_web::router(host.clone()), request).await.status
    };
    assert_eq!(posted(json!({"text": "x"})).await, 403, "it would stand in all charts");
    assert_eq!(posted(json!({"text": "x", "labels": {"team": "press"}})).await, 403);
    assert_eq!(posted(json!({"text": "x", "labels": {"team": "nobody"}})).await, 403);
    assert_eq!(posted(deployed()).await, 201);
    let authorization = bearer("sales");
    let list = ask(&host, Method::GET, "/api/v1/markers", &[("authorization", &authorization)]).await.json();
    let seen: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(seen.contains(&"shop 1.4.2") && seen.contains(&"of all") && seen.len() == 2, "{seen:?}");
    let other =
        host.with(|board| board.markers.iter().find(|it| it.text == "of the press").unwrap().id.clone());
    let path = format!("/api/v1/markers/{other}");
    let removed = ask(&host, Method::DELETE, &path, &[("authorization", &authorization)]).await;
    assert_eq!(removed.status, 404, "nobody with this scope is told that it is there");
}
