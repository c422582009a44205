//! A double that listens on loopback.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::{Double, Reply, Request};

pub struct Served<D> {
    /// Without a slash at its end.
    pub url: String,
    shared: Shared<D>,
}

struct Shared<D> {
    double: Arc<Mutex<D>>,
    began: Instant,
    base: String,
}

impl<D> Clone for Shared<D> {
    fn clone(&self) -> Self {
        Self { double: Arc::clone(&self.double), began: self.began, base: self.base.clone() }
    }
}

impl<D> Shared<D> {
    fn lock(&self) -> MutexGuard<'_, D> {
        self.double.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Double> Served<D> {
    pub async fn start(double: D) -> Served<D> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shared =
            Shared { double: Arc::new(Mutex::new(double)), began: Instant::now(), base: url.clone() };
        let router = Router::new().fallback(take::<D>).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Served { url, shared }
    }
    pub fn with<T>(&self, look: impl FnOnce(&mut D) -> T) -> T {
        look(&mut self.shared.lock())
    }
}

async fn take<D: Double>(
    State(shared): State<Shared<D>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let request = Request {
        method: method.to_string(),
        path: uri.to_string(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    };
    let Reply { status, headers, body } =
        shared.lock().answer(&request, shared.began.elapsed(), &shared.base);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
