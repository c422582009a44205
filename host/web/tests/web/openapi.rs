//! The document says what the router does: every path answers, every answer fits its schema.

use http::Method;
use serde_json::Value;
use watchkeep_web::ConfigProblem;

use crate::support::FakeHost;
use crate::support::ask::{Answer, control, get};
use crate::support::boards::varied;
use crate::support::schema::must_fit;

/// Of the file that waits on the board.
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

#[tokio::test]
async fn every_documented_read_answers_as_documented() {
    let document = document().await;
    let host = FakeHost::new(varied());
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get").filter(|_| path != "/api/v1/stream") else { continue };
        for name in ["shop", "hostile", "docker", "trapped", "new"] {
            let mut path = path.replace("{name}", name);
            if path.ends_with("/explain") {
                path = format!("{path}?check={name}");
            }
            let answer = control(&host, Method::GET, &path).await;
            if answer.status != 404 {
                fits(&document, operation, &answer, &path);
            }
            assert!(answer.status != 404 || path.contains("results") || path.contains("snapshots"), "{path}");
        }
    }
}

#[tokio::test]
async fn every_documented_write_answers_as_documented() {
    let document = document().await;
    let host = FakeHost::new(varied());
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("post") else { continue };
        let name = match path {
            path if path.contains("receivers") => "chat",
            path if path.contains("plugins") => "wants",
            _ => "shop",
        };
        let approval =
            format!("?digest={}&right=http:%20https://a.example&right=reveal:%20key", new_digest());
        let name = if path.ends_with("/accept") { "docker" } else { name };
        let right = match path {
            path if path.ends_with("/approve") => approval.as_str(),
            path if path.ends_with("/accept") => "?series=a.png",
            _ => "",
        };
        for query in [right, "?wait=5"] {
            let path = format!("{}{query}", path.replace("{name}", name));
            let answer = control(&host, Method::POST, &path).await;
            if answer.status != 400 {
                fits(&document, operation, &answer, &path);
            }
            assert!(answer.status != 400 || query == "?wait=5", "{path}: {}", answer.text);
        }
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
    // The router cannot be listed, so its source is read: a route that is not in the document fails here.
    let document = document().await;
    let source = include_str!("../../src/router.rs");
    let mut routes = 0;
    for piece in source.split(".route(").skip(1) {
        let path = piece.split('"').nth(1).unwrap();
        routes += 1;
        assert!(document["paths"].get(path).is_some(), "{path} is not in the document");
    }
    assert_eq!(routes, document["paths"].as_object().unwrap().len());
}

#[tokio::test]
async fn problems_fit_their_schema() {
    let document = document().await;
    let schema = serde_json::json!({"$ref": "#/components/schemas/Problem"});
    let answer = get(&FakeHost::new(varied()), "/api/v1/checks/nobody").await;
    must_fit(&document, &schema, &answer.json());
}
