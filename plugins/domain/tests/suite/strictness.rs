//! The double refuses what an RDAP server refuses.

use std::time::Duration;

use serde_json::Value;
use watchkeep_doubles::{Double as _, Reply, Request};

use crate::double::{Registry, domain};

fn ask(registry: &mut Registry, method: &str, path: &str, accept: &str) -> Reply {
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![("accept".to_owned(), accept.to_owned())],
        body: Vec::new(),
    };
    registry.answer(&request, Duration::ZERO, "https://rdap.example")
}

#[test]
fn a_question_of_another_form_is_refused_and_remembered() {
    let mut registry = Registry::new().with(&domain("Shop.example.", "2027-01-01T00:00:00Z"));
    for (method, path, accept, status) in [
        ("POST", "/rdap/domain/shop.example", "application/rdap+json", 405),
        ("GET", "/rdap/domain/shop.example", "text/html", 406),
        ("GET", "/rdap/domain/shop.example?x=1", "application/rdap+json", 400),
        ("GET", "/rdap/domain/shop.example.", "application/rdap+json", 400),
        ("GET", "/rdap/domain/sh%20op.example", "application/rdap+json", 400),
        ("GET", "/rdap/domain/example", "application/rdap+json", 400),
        ("GET", "/rdap/domains/shop.example", "application/rdap+json", 400),
    ] {
        let reply = ask(&mut registry, method, path, accept);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, body["errorCode"].as_u64()), (status, Some(u64::from(status))), "{path}");
        assert_eq!(registry.wrong().len(), 1, "{path}");
        registry = Registry::new().with(&domain("Shop.example.", "2027-01-01T00:00:00Z"));
    }
    let found = ask(&mut registry, "GET", "/rdap/domain/SHOP.example", "application/rdap+json");
    assert_eq!((found.status, found.headers[0].1.as_str()), (200, "application/rdap+json"));
    assert_eq!(ask(&mut registry, "GET", "/rdap/domain/gone.example", "application/rdap+json").status, 404);
    assert!(ask(&mut registry, "GET", "/other", "application/rdap+json").body.contains("<html>"));
    assert!(registry.wrong().is_empty());
}
