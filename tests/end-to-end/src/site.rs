//! Things to watch that misbehave as no web server would: on purpose, at a chosen moment, below HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// A site whose every path answers on its own, 200 until told otherwise.
#[derive(Clone)]
pub struct Site {
    url: String,
    shared: Arc<Mutex<Shared>>,
    arrived: Arc<Notify>,
}

#[derive(Default)]
struct Shared {
    paths: BTreeMap<String, Answering>,
    pictures: BTreeMap<String, Vec<u8>>,
    requests: Vec<Request>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Answering {
    #[default]
    Well,
    /// With this status.
    Status(u16),
    /// 200 after this span.
    After(Duration),
    /// With what the request carried, as a careless server would in its error page.
    Echo,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
}

impl Site {
    pub async fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let site = Site { url, shared: Arc::default(), arrived: Arc::default() };
        let router = Router::new().fallback(answer).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        site
    }
    /// `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
    pub fn set(&self, path: &str, answering: Answering) {
        self.shared().paths.insert(path.to_owned(), answering);
    }
    /// Answers a path that is well with this PNG.
    pub fn give(&self, path: &str, picture: Vec<u8>) {
        self.shared().pictures.insert(path.to_owned(), picture);
    }
    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.shared().requests.iter().filter(|request| request.path == path).cloned().collect()
    }
    /// Makes the path answer so from now on, and waits until it was asked again: no later than it is.
    pub async fn set_and_meet(&self, path: &str, answering: Answering) -> Request {
        let before = self.requests(path).len();
        self.set(path, answering);
        loop {
            let arrived = self.arrived.notified();
            if let Some(request) = self.requests(path).get(before) {
                return request.clone();
            }
            arrived.await;
        }
    }
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let (answering, picture) = {
        let mut shared = site.shared();
        let request = Request { at: Instant::now(), path: uri.path().to_owned(), headers: headers.clone() };
        shared.requests.push(request);
        site.arrived.notify_waiters();
        let picture = shared.pictures.get(uri.path()).cloned();
        (shared.paths.get(uri.path()).copied().unwrap_or_default(), picture)
    };
    match answering {
        Answering::Well => match picture {
            Some(picture) => ([(CONTENT_TYPE, "image/png")], picture).into_response(),
            None => "well\n".into_response(),
        },
        Answering::Status(status) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT), "not well\n").into_response()
        }
        Answering::After(delay) => {
            tokio::time::sleep(delay).await;
            "well, but late\n".into_response()
        }
        Answering::Echo => format!("{uri} {headers:?}\n").into_response(),
    }
}

/// An address at which nobody listens.
pub async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    listener.local_addr().expect("it is bound").to_string()
}

/// An address that resets every connection as soon as something was sent.
pub async fn resetting() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Unread bytes and a linger of zero: the peer gets a reset, not an end.
            if stream.readable().await.is_ok() && stream.set_zero_linger().is_ok() {
                drop(stream);
            }
        }
    });
    address
}
