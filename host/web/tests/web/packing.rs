//! Answers are packed for whoever takes them so.

use std::io::Read as _;

use axum::body::to_bytes;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Method;
use tower::ServiceExt as _;
use watchkeep_web::router;

use crate::support::FakeHost;
use crate::support::ask::{get, request};
use crate::support::boards::varied;

async fn answered(path: &str, accepted: &[(&str, &str)]) -> Response {
    let mut request = request(Method::GET, path, accepted);
    let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router(FakeHost::new(varied())).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response
}

#[tokio::test]
async fn a_page_and_a_list_come_packed_and_are_the_same() {
    for path in ["/", "/feed", "/api/v1/checks", "/metrics"] {
        let response = answered(path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(response.headers()["content-encoding"], "gzip", "{path}");
        assert!(response.headers()["vary"].to_str().unwrap().contains("accept-encoding"), "{path}");
        let packed = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
        assert_eq!(text, get(&FakeHost::new(varied()), path).await.text, "{path}");
        assert!(packed.len() * 2 < text.len(), "{path}: {} of {}", packed.len(), text.len());
    }
}

#[tokio::test]
async fn who_does_not_ask_for_it_and_who_listens_gets_plain_text() {
    let plain = answered("/", &[]).await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let refused = answered("/", &[("accept-encoding", "gzip;q=0")]).await;
    assert!(!refused.headers().contains_key("content-encoding"));
    let live = answered("/api/v1/stream", &[("accept-encoding", "gzip")]).await;
    assert!(!live.headers().contains_key("content-encoding"));
}
