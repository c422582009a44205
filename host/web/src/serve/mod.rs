//! Serves a router over a listener, within bounds: how many connections in all and from one address, how long a head
//! may take, and how long a peer may go without reading anything of its answer. (The routes bound how long a body and
//! an answer may take.) Where there is TLS, the time for a head is also the time for a handshake, and whoever is in the
//! middle of one gives way like anybody who says nothing.
//!
//! When there is no place, the oldest connection on which nothing is being answered gives way. So whoever has something
//! to say gets through, however many others keep connections open and say nothing.

mod crowd;
mod patient;
mod tls;

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
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use crate::access::OverTls;
use crate::source::Source;
use crowd::{Answering, Crowd};
use patient::Patient;

/// The bounds of one listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The most open connections.
    pub connections_max: usize,
    /// The most open connections from one address.
    pub of_address_max: usize,
    /// The time for a complete head, from the beginning of the connection or from the last answer.
    pub head_time: Duration,
    /// How long a peer may take nothing of an answer.
    pub stall_time: Duration,
}

/// How the connections of a listener are protected.
#[derive(Clone)]
pub enum Transport {
    Plain,
    /// Its protocols must be those that are served: HTTP/1.1 alone.
    Tls(Arc<ServerConfig>),
}

pub type TurnedAway = Arc<dyn Fn() + Send + Sync>;

/// The most bytes of a head; a longer one is refused.
const HEAD_BYTES_MAX: usize = 32 << 10;

/// The address of a client, as far as its listener knows it.
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

/// Serves until it is dropped; open connections then continue. `turned_away` is called, at most once a second, when
/// somebody was turned away who may have had something to say.
pub async fn serve<L>(
    mut listener: L,
    router: Router,
    transport: Transport,
    bounds: Bounds,
    turned_away: TurnedAway,
) where
    L: Listener,
    L::Addr: Caller,
{
    let crowd = Arc::new(Crowd::new(bounds, turned_away));
    loop {
        let (stream, caller) = listener.accept().await;
        let address = caller.address();
        // Dropping the stream closes the connection.
        let Some(place) = crowd.admit(Source::of(address.map(|address| address.ip()))) else { continue };
        let (router, transport) = (router.clone(), transport.clone());
        tokio::spawn(async move {
            let answering = place.answering();
            let stream = Patient::new(stream, bounds.stall_time);
            let conversation = async {
                match transport {
                    Transport::Plain => {
                        converse(stream, Client { address, tls: None }, router, answering, bounds).await
                    }
                    Transport::Tls(config) => {
                        let Some(stream) = tls::handshake(stream, config, bounds.head_time).await else {
                            return;
                        };
                        let client = Client { address, tls: Some(OverTls) };
                        converse(stream, client, router, answering, bounds).await;
                    }
                }
            };
            tokio::select! {
                () = conversation => {}
                () = place.gives_way() => {}
            }
        });
    }
}

/// What is known of whoever is at the other end.
#[derive(Clone, Copy)]
struct Client {
    address: Option<SocketAddr>,
    tls: Option<OverTls>,
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    client: Client,
    router: Router,
    answering: Answering,
    bounds: Bounds,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, busy) = (router.clone(), answering.begin());
        async move {
            let mut request = request.map(Body::new);
            mark(request.extensions_mut(), client);
            // The router never fails.
            let answered: Result<Response, Infallible> = router.oneshot(request).await;
            answered.map(|response| response.map(|body| busy.until_sent(body)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    // How a peer ends its connection does not matter.
    let _ended = connection.await;
}

fn mark(extensions: &mut Extensions, client: Client) {
    if let Some(address) = client.address {
        extensions.insert(ConnectInfo(address));
    }
    if let Some(tls) = client.tls {
        extensions.insert(tls);
    }
}
