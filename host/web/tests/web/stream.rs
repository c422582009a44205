//! Live updates, as a browser reads them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::ConnectInfo;
use futures::StreamExt as _;
use http::Method;
use tower::ServiceExt as _;
use watchkeep_core::alert::AlertKey;
use watchkeep_core::report::State;
use watchkeep_core::view::Update;

use crate::support::ask::request;
use crate::support::boards::varied;
use crate::support::{FakeHost, check};

const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct Listener {
    body: BodyDataStream,
    text: String,
}

impl Listener {
    async fn begin(host: &Arc<FakeHost>, path: &str) -> Self {
        Self::begin_with(host, path, &[]).await
    }

    pub(crate) async fn begin_with(host: &Arc<FakeHost>, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = request(Method::GET, path, headers);
        let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = watchkeep_web::router(host.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listener = Self { body: Body::into_data_stream(response.into_body()), text: String::new() };
        assert_eq!(listener.event().await.unwrap().0, "hello");
        listener
    }

    /// Whether all that came so far has been taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Name and data of the next event; `None` when the stream ended.
    pub(crate) async fn event(&mut self) -> Option<(String, serde_json::Value)> {
        self.placed().await.map(|(name, data, _)| (name, data))
    }

    /// The same, with the event's id.
    async fn placed(&mut self) -> Option<(String, serde_json::Value, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim().to_owned()
                };
                let data = serde_json::from_str(&field("data:")).unwrap();
                let parsed = (field("event:"), data, field("id:"));
                self.text = rest.to_owned();
                return Some(parsed);
            }
            let chunk =
                tokio::time::timeout(DEADLINE, self.body.next()).await.expect("nothing came in time")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn an_update_arrives_as_an_event() {
    let host = FakeHost::new(varied());
    let mut listener = Listener::begin(&host, "/api/v1/stream").await;
    host.publish(Update::Check(check("shop", State::Warning)));
    host.publish(Update::AlertClosed(AlertKey::Check("shop".into())));
    let (name, data) = listener.event().await.unwrap();
    assert_eq!((name.as_str(), &data["state"]), ("check", &"warning".into()));
    assert_eq!(listener.event().await.unwrap().0, "alert-closed");
}

#[tokio::test]
async fn a_listener_hears_only_of_the_check_it_named() {
    let host = FakeHost::new(varied());
    let mut listener = Listener::begin(&host, "/api/v1/stream?check=blog").await;
    host.publish(Update::Check(check("shop", State::Warning)));
    host.publish(Update::CheckRemoved("shop".into()));
    host.publish(Update::Check(check("blog", State::Warning)));
    assert_eq!(listener.event().await.unwrap().1["name"], "blog");
}

#[tokio::test]
async fn changes_leaves_out_results_that_change_no_state() {
    let host = FakeHost::new(varied());
    let mut listener = Listener::begin(&host, "/api/v1/stream?changes=true").await;
    host.publish(Update::Check(check("blog", State::Ok)));
    host.publish(Update::Check(check("blog", State::Critical)));
    host.publish(Update::Check(check("blog", State::Critical)));
    host.publish(Update::CheckRemoved("blog".into()));
    let (_, data) = listener.event().await.unwrap();
    assert_eq!(data["state"], "critical");
    assert_eq!(listener.event().await.unwrap().0, "check-removed");
}

#[tokio::test]
async fn a_listener_that_comes_back_hears_what_it_missed_or_that_it_missed_something() {
    let host = FakeHost::new(varied());
    for path in ["/api/v1/stream", "/api/v1/stream?changes=true"] {
        let mut listener = Listener::begin(&host, path).await;
        host.publish(Update::CheckRemoved("gone".into()));
        let (_, _, place) = listener.placed().await.unwrap();
        drop(listener);
        host.publish(Update::Check(check("blog", State::Critical)));
        host.publish(Update::Check(check("shop", State::Critical)));
        let mut back = Listener::begin_with(&host, path, &[("last-event-id", &place)]).await;
        host.publish(Update::AlertClosed(AlertKey::Check("shop".into())));
        let mut heard = Vec::new();
        for _ in 0..3 {
            let (name, data) = back.event().await.unwrap();
            heard.push(format!("{name} {}", data["name"]));
        }
        assert_eq!(heard, ["check \"blog\"", "check \"shop\"", "alert-closed null"], "{path}");
        drop(back);
        for _ in 0..100 {
            host.publish(Update::CheckRemoved("gone".into()));
        }
        for lost in [place.as_str(), "f01-0", "<script>", ""] {
            let mut back = Listener::begin_with(&host, path, &[("last-event-id", lost)]).await;
            assert_eq!(back.event().await.unwrap().0, "missed", "{path} {lost}");
        }
    }
}

#[tokio::test]
async fn a_listener_that_does_not_keep_up_is_dropped_and_not_buffered_for() {
    let host = FakeHost::new(varied());
    let mut listener = Listener::begin(&host, "/api/v1/stream").await;
    // The channel holds 64; without a pause the forwarder cannot take any in between.
    for _ in 0..200 {
        host.publish(Update::Check(check("shop", State::Warning)));
    }
    let mut heard = 0;
    while listener.event().await.is_some() {
        heard += 1;
    }
    assert!(heard < 200, "it heard {heard}");
}

#[tokio::test]
async fn no_more_may_listen_than_leave_room_for_asking() {
    let host = FakeHost::new(varied());
    let router = watchkeep_web::router_within(host.clone(), 1);
    let listen = async || {
        let mut request = request(Method::GET, "/api/v1/stream?changes=true", &[]);
        let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request).await.unwrap()
    };
    let first = listen().await;
    assert_eq!(first.status(), 200);
    let refused = listen().await;
    assert_eq!(refused.status(), 503);
    let told = axum::body::to_bytes(refused.into_body(), 1 << 16).await.unwrap();
    assert!(String::from_utf8_lossy(&told).contains("too-many-streams"));
    drop(first);
    // Its place is free as soon as its task has seen that nobody reads.
    let free = async {
        while listen().await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, free).await.expect("the place is given back");
}
