//! Asks the router as a browser or a program on this machine would.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use watchkeep_web::{Host, LocalControl, router};

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn get(host: &Arc<impl Host>, path: &str) -> Answer {
    // Where there is an admin token, nothing is open.
    match host.access().admin_token {
        Some(_) => ask(host, Method::GET, path, &[("authorization", "Bearer s3cret")]).await,
        None => ask(host, Method::GET, path, &[]).await,
    }
}

/// From loopback, to `localhost`, with further headers.
pub(crate) async fn ask(
    host: &Arc<impl Host>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = request(method, path, headers);
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    send(router(host.clone()), request).await
}

/// Through the control socket.
pub(crate) async fn control(host: &Arc<impl Host>, method: Method, path: &str) -> Answer {
    let mut request = request(method, path, &[]);
    request.extensions_mut().insert(LocalControl);
    send(router(host.clone()), request).await
}

/// Through the control socket, with a JSON body.
pub(crate) async fn tell(host: &Arc<impl Host>, method: Method, path: &str, body: Value) -> Answer {
    let mut request = request(method, path, &[("content-type", "application/json")]);
    *request.body_mut() = Body::from(body.to_string());
    request.extensions_mut().insert(LocalControl);
    send(router(host.clone()), request).await
}

/// As a browser on this machine sends a form from a page of ours, through a proxy that adds the token.
pub(crate) async fn form(host: &Arc<impl Host>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let headers = [
        ("origin", "http://localhost:8686"),
        ("referer", "http://localhost:8686/alerts?q=x"),
        ("authorization", "Bearer s3cret"),
        ("accept", "text/html"),
    ];
    form_with(host, path, fields, &headers).await
}

pub(crate) async fn form_with(
    host: &Arc<impl Host>,
    path: &str,
    fields: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = request(Method::POST, path, headers);
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    *request.body_mut() = Body::from(body);
    send(router(host.clone()), request).await
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:8686");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub(crate) async fn send(router: axum::Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}
