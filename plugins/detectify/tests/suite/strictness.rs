//! The double of Detectify refuses what Detectify refuses.

use std::time::Duration;

use watchkeep_doubles::message::unix_time;
use watchkeep_doubles::signing::hmac_sha256;
use watchkeep_doubles::{Double, Reply, Request};

use super::double::Detectify;

fn ask(service: &mut Detectify, request: &Request) -> Reply {
    service.answer(request, Duration::ZERO, "")
}

fn get(path: &str) -> Request {
    Request::new("GET", path, "", "").with("x-detectify-key", Detectify::KEY)
}

#[test]
fn paths_end_in_a_slash_and_keys_are_known() {
    let mut service = Detectify::new();
    assert_eq!(ask(&mut service, &get("/rest/v2/profiles/")).status, 200);
    assert_eq!(ask(&mut service, &get("/rest/v2/profiles")).status, 404);
    assert_eq!(ask(&mut service, &get("/v2/profiles/")).status, 404);
    assert_eq!(service.wrong.len(), 2);
    let unknown = Request::new("GET", "/rest/v2/profiles/", "", "").with("x-detectify-key", "another");
    assert_eq!(ask(&mut service, &unknown).status, 401);
    assert_eq!(ask(&mut service, &get("/rest/v2/vulnerabilities/?page_size=1000")).status, 404);
    assert_eq!(ask(&mut service, &get("/rest/v2/scans/another/")).status, 404);
}

/// The example that Detectify gives.
#[test]
fn a_signature_is_over_method_path_key_time_and_body() {
    let message = format!("GET;/v2/domains/;{};1519829567;", Detectify::KEY);
    assert_eq!(
        hmac_sha256(Detectify::SECRET_KEY, message.as_bytes()).unwrap(),
        "6jpu6S4cQwEY4uLk+xELSe1RhajVJP0QEDpGWZ5T+U0="
    );
}

#[test]
fn a_timestamp_is_near_and_a_signature_right() {
    let mut service = Detectify::new().signed();
    let now = unix_time(Duration::ZERO);
    let mut signed = |at: u64, path: &str| {
        let message = format!("GET;{path};{};{at};", Detectify::KEY);
        let signature = hmac_sha256(Detectify::SECRET_KEY, message.as_bytes()).unwrap();
        let request = get("/rest/v2/profiles/")
            .with("x-detectify-timestamp", &at.to_string())
            .with("x-detectify-signature", &signature);
        ask(&mut service, &request).status
    };
    assert_eq!(signed(now, "/v2/profiles/"), 200);
    assert_eq!(signed(now - 10, "/v2/profiles/"), 200);
    assert_eq!(signed(now - 11, "/v2/profiles/"), 401);
    assert_eq!(signed(now + 5, "/v2/profiles/"), 200);
    assert_eq!(signed(now + 6, "/v2/profiles/"), 401);
    assert_eq!(signed(now, "/rest/v2/profiles/"), 401);
}
