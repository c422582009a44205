//! The document says what the router does: every path answers, every answer fits its schema.

use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

use watchkeep_core::status_page::Shows;
use watchkeep_web::ConfigProblem;

use crate::pages::{attributes, texts};
use crate::support::ask::{Answer, control, get, tell};
use crate::support::boards::{recovering, varied};
use crate::support::outside::{outside, status_page};
use crate::support::schema::must_fit;
use crate::support::{Board, FakeHost};

/// The digest of the file that waits on the board.
fn new_digest() -> String {
    watchkeep_core::ids::Digest::of(b"new").to_string()
}

async fn document() -> Value {
    get(&FakeHost::new(varied()), "/api/v1/openapi.json").await.json()
}

fn fits(document: &Value, operation: &Value, answer: &Answer, what: &str) {
    let responses = &operation["responses"];
    let response = &responses[answer.status.as_str()];
    assert!(
        response.is_object(),
        "{what} answers {}, which the document has not: {}",
        answer.status,
        answer.text
    );
    let (media_type, content) = response["content"].as_object().unwrap().iter().next().unwrap();
    assert!(answer.header("content-type").starts_with(media_type.as_str()), "{what}");
    if media_type.ends_with("json") {
        must_fit(document, &content["schema"], &answer.json());
    }
}

/// An id and a key for the path: of an alert that fires, of what the board has of the rest.
async fn ids(host: &Arc<FakeHost>, path: &str) -> String {
    let first =
        async |list: &str| get(host, list).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let taken = path.ends_with("/unacknowledge");
    match path.split('/').nth(3) {
        Some("alerts") if taken => first("/api/v1/alerts?acknowledged=true").await,
        Some("alerts") => first("/api/v1/alerts?check=api").await,
        Some("groups") => first("/api/v1/groups").await,
        // The first of them waits for approval, and when one was decided about the next does.
        Some("occasions") => {
            let items = get(host, "/api/v1/occasions").await.json();
            let waits =
                items["items"].as_array().unwrap().iter().find(|it| it["status"] == "awaits-approval");
            waits.map_or("gone".to_owned(), |it| it["id"].as_str().unwrap().to_owned())
        }
        Some("notes") => "n-open".to_owned(),
        Some("silences") => "s-old".to_owned(),
        Some("maintenance") => "config:nightly".to_owned(),
        _ => "d1".to_owned(),
    }
}

/// With a status page that is called as a check is.
fn with_pages(board: Board) -> Board {
    let outside = outside();
    let mut setup = (*board.setup).clone();
    setup.status_pages = outside.setup.status_pages.clone();
    setup.status_pages.push(Arc::new(status_page("shop", Shows::Services(vec!["canary-service".into()]))));
    setup.services = outside.setup.services.clone();
    setup.checks = outside.setup.checks.clone();
    Board { setup: Arc::new(setup), notes: outside.notes, ..board }
}

fn filled(path: &str, id: &str) -> String {
    path.replace("{id}", id).replace("{key}", "5d7a").replace("{what}", "start")
}

/// What a write of this path needs.
fn body(path: &str) -> Value {
    match path {
        "/api/v1/users" => json!({"name": "ola", "role": "viewer", "scope": ["team=\"web\""]}),
        "/api/v1/tokens" => json!({"name": "grafana", "role": "viewer", "for": "90d"}),
        path if path.ends_with("/notes") => json!({"title": "Slow", "text": "We look."}),
        path if path.contains("/notes/") && !path.contains("/end") => json!({"text": "We look."}),
        path if path.contains("/markers") => json!({"text": "shop 1.4.2", "labels": {"team": "web"}}),
        path if path.ends_with("/role") => json!({"role": "operator"}),
        path if path.ends_with("/hand-over") => json!({"to": "web team", "comment": "yours"}),
        path if path.contains("/act") => json!({"action": "restart", "by": "ann", "dry_run": true}),
        path if path.contains("/silences") => json!({"matchers": ["team=\"web\""], "for": "1h"}),
        path if path.contains("/maintenance") => {
            json!({"matchers": ["team=\"web\""], "schedule": "0 2 * * *", "lasts": "1h"})
        }
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_documented_read_answers_as_documented() {
    let document = document().await;
    let host = FakeHost::new(with_pages(recovering()));
    for (path, name) in [("/api/v1/users", "kari"), ("/api/v1/tokens", "grafana")] {
        let asked = json!({"name": name, "role": "viewer", "scope": ["team=\"web\""]});
        assert_eq!(tell(&host, Method::POST, path, asked).await.status, 201);
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get").filter(|_| path != "/api/v1/stream") else { continue };
        let ids = ids(&host, path).await;
        for name in ["shop", "hostile", "docker", "trapped", "new"] {
            let mut path = filled(path, &ids).replace("{name}", name);
            if path.ends_with("/alerts/explain") {
                path = format!("{path}?check={name}");
            }
            let answer = control(&host, Method::GET, &path).await;
            if answer.status != 404 {
                fits(&document, operation, &answer, &path);
            }
            assert!(
                answer.status != 404
                    || ["results", "snapshots", "status-pages"].iter().any(|it| path.contains(it)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn every_documented_write_answers_as_documented() {
    let document = document().await;
    let host = FakeHost::new(with_pages(recovering()));
    let kari = json!({"name": "kari", "role": "viewer", "password": "correct horse battery"});
    assert_eq!(tell(&host, Method::POST, "/api/v1/users", kari).await.status, 201);
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("post") else { continue };
        let name = match path {
            path if path.contains("receivers") => "chat",
            path if path.contains("plugins") => "wants",
            path if path.contains("/users/") => "kari",
            _ => "shop",
        };
        let approval =
            format!("?digest={}&right=http:%20https://a.example&right=reveal:%20key", new_digest());
        let name = if path.ends_with("/accept") { "docker" } else { name };
        let right = match path {
            path if path.contains("plugins") && path.ends_with("/approve") => approval.as_str(),
            path if path.ends_with("/accept") => "?series=a.png",
            _ => "",
        };
        let ids = ids(&host, path).await;
        for query in [right, "?wait=5"] {
            let path = format!("{}{query}", filled(path, &ids).replace("{name}", name));
            let answer = tell(&host, Method::POST, &path, body(&path)).await;
            if answer.status != 400 {
                fits(&document, operation, &answer, &path);
            }
            assert!(answer.status != 400 || query == "?wait=5", "{path}: {}", answer.text);
        }
    }
    let marked = get(&host, "/api/v1/markers").await;
    fits(&document, &document["paths"]["/api/v1/markers"]["get"], &marked, "markers that are listed");
    let marked = marked.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let removed = control(&host, Method::DELETE, &format!("/api/v1/markers/{marked}")).await;
    fits(
        &document,
        &document["paths"]["/api/v1/markers/{id}"]["delete"],
        &removed,
        "a marker that is removed",
    );
    let removed = control(&host, Method::DELETE, "/api/v1/notes/n-open").await;
    fits(&document, &document["paths"]["/api/v1/notes/{id}"]["delete"], &removed, "a note that is removed");
    for (path, id) in [("silences", "s-later"), ("maintenance", "m-shop")] {
        let operation =
            |method: &str, rest: &str| &document["paths"][format!("/api/v1/{path}{rest}")][method];
        let one = format!("/api/v1/{path}/{id}");
        let answer = control(&host, Method::DELETE, &one).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        fits(&document, operation("delete", "/{id}"), &answer, &one);
        let look = format!("/api/v1/{path}?dry_run=true");
        let answer = tell(&host, Method::POST, &look, body(&look)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        fits(&document, operation("post", ""), &answer, &look);
    }
    host.with(|board| {
        board.problems = vec![ConfigProblem {
            severity: watchkeep_web::Severity::Error,
            file: "a.toml".to_owned(),
            line: None,
            column: None,
            key: None,
            message: "empty".to_owned(),
            hint: None,
        }];
    });
    let refused = control(&host, Method::POST, "/-/reload").await;
    fits(&document, &document["paths"]["/-/reload"]["post"], &refused, "a refused reload");
}

#[tokio::test]
async fn every_route_is_documented() {
    let document = document().await;
    let is_page = |path: &str| !["/api/", "/-/", "/metrics"].iter().any(|start| path.starts_with(start));
    let mut paths = BTreeSet::new();
    for (method, path, _) in watchkeep_web::routes().into_iter().filter(|(_, path, _)| !is_page(path)) {
        let method = method.as_str().to_lowercase();
        assert!(document["paths"][path].get(&method).is_some(), "{method} {path} is not in the document");
        paths.insert(path.to_owned());
    }
    // Pings have a router of their own, which cannot be listed, so its source is read.
    for piece in include_str!("../../src/ping/mod.rs").split(".route(").skip(1) {
        let path = piece.split('"').nth(1).unwrap();
        assert!(document["paths"].get(path).is_some(), "{path} is not in the document");
        paths.insert(path.to_owned());
    }
    assert_eq!(paths.len(), document["paths"].as_object().unwrap().len());
}

#[tokio::test]
async fn problems_fit_their_schema() {
    let document = document().await;
    let schema = serde_json::json!({"$ref": "#/components/schemas/Problem"});
    let answer = get(&FakeHost::new(varied()), "/api/v1/checks/nobody").await;
    must_fit(&document, &schema, &answer.json());
}

#[tokio::test]
async fn people_read_the_document_as_a_page_with_who_may() {
    let host = FakeHost::new(varied());
    let (document, page) = (document().await, get(&host, "/api").await.text);
    let operations: Vec<&Value> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|it| it.as_object().unwrap().values())
        .collect();
    assert!(operations.len() > 80);
    let ids: BTreeSet<String> =
        operations.iter().map(|it| it["operationId"].as_str().unwrap().to_owned()).collect();
    let shown = attributes(&page, "section:not(#shapes) > details.operation", "id");
    assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), ids);
    let parameters: usize = operations.iter().filter_map(|it| Some(it["parameters"].as_array()?.len())).sum();
    assert_eq!(texts(&page, "section:not(#shapes) tbody tr").len(), parameters);
    let summary = texts(&page, "#removeSubscriber > summary").concat();
    assert!(summary.contains("DELETE /api/v1/subscribers/{id}") && summary.contains("admin"), "{summary}");
    let limit = texts(&page, "#listMarkers tbody tr").concat();
    assert!(limit.contains("integer, 1 to 1000"), "{limit}");
    assert_eq!(attributes(&page, "#listMarkers li a", "href"), ["#shape-MarkerList"]);
    // Every link within the page leads somewhere, and to one place.
    let mut places = attributes(&page, "main [id]", "id");
    places.sort();
    assert!(places.windows(2).all(|two| two[0] != two[1]), "{places:?}");
    for target in attributes(&page, "main a[href^='#']", "href") {
        assert!(places.binary_search(&target[1..].to_owned()).is_ok(), "{target}");
    }
    assert!(page.len() < 400_000, "{}", page.len());
}
