//! Serves a router over a listener, within bounds: so many connections in all and from one address, so long for a head,
//! so long for a peer that reads nothing of its answer. (How long a body and an answer may take is bounded by the routes.)
//!
//! Where there is no place, the connection that has said nothing whole for the longest gives way: whoever has something
//! to say gets through, however many hold connections open and say nothing.

mod crowd;
mod patient;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::serve::Listener;
use http::{Extensions, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use crate::source::Source;
use crowd::{Crowd, Place};
use patient::Patient;

/// Of one listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Connections that are open.
    pub connections_max: usize,
    /// Of them from one address.
    pub of_address_max: usize,
    /// From the first moment, or from the last answer, to a whole head.
    pub head_time: Duration,
    /// While nothing of an answer is taken.
    pub stall_time: Duration,
}

pub type TurnedAway = Arc<dyn Fn() + Send + Sync>;

/// Bytes of a head; more is refused.
const HEAD_BYTES_MAX: usize = 32 << 10;

/// Who connected, as its listener tells.
pub trait Caller: Send + 'static {
    fn address(&self) -> Option<SocketAddr>;
}

impl Caller for SocketAddr {
    fn address(&self) -> Option<SocketAddr> {
        Some(*self)
    }
}

impl Caller for tokio::net::unix::SocketAddr {
    fn address(&self) -> Option<SocketAddr> {
        None
    }
}

/// Runs until it is dropped; what is connected then goes on.
/// `turned_away` is told, once a second at most, that somebody was who may have had something to say.
pub async fn serve<L>(mut listener: L, router: Router, bounds: Bounds, turned_away: TurnedAway)
where
    L: Listener,
    L::Addr: Caller,
{
    let crowd = Arc::new(Crowd::new(bounds, turned_away));
    loop {
        let (stream, caller) = listener.accept().await;
        let address = caller.address();
        // Dropping it closes it.
        let Some(place) = crowd.admit(Source::of(address.map(|address| address.ip()))) else { continue };
        tokio::spawn(converse(stream, address, router.clone(), place, bounds));
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    address: Option<SocketAddr>,
    router: Router,
    place: Place,
    bounds: Bounds,
) {
    let answering = place.answering();
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, busy) = (router.clone(), answering.begin());
        async move {
            let mut request = request.map(Body::new);
            mark(request.extensions_mut(), address);
            // It never fails.
            let answered: Result<Response, Infallible> = router.oneshot(request).await;
            answered.map(|response| response.map(|body| busy.until_sent(body)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Patient::new(stream, bounds.stall_time)), service);
    tokio::select! {
        // How a peer ends is its own business.
        _ended = connection => {}
        () = place.gives_way() => {}
    }
}

fn mark(extensions: &mut Extensions, address: Option<SocketAddr>) {
    if let Some(address) = address {
        extensions.insert(ConnectInfo(address));
    }
}
