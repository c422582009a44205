//! Where an exchange connects to: names are looked up here, every address is decided, and the client below is
//! given the decided addresses and no other.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;
use watchkeep_core::grant::{Access, Host};

use super::failure::Problem;
use super::trace::Trace;
use crate::call::CallState;
use crate::contract::transport::{FailureKind, Family, Phase};

/// The addresses that `origin` leads to and that may be connected to.
pub(super) async fn addresses(
    state: &mut CallState,
    trace: &Trace,
    origin: &Access<'_>,
    host: &str,
    port: u16,
    family: Family,
) -> Result<Arc<[SocketAddr]>, Problem> {
    let parsed = Host::parse(host)
        .map_err(|error| Problem::new(FailureKind::Invalid, Phase::Policy, error.to_string()))?;
    let found = match parsed {
        Host::Address(ip) => vec![ip],
        Host::Name(name) => {
            trace.marks().looked_up = true;
            look_up(&name).await?
        }
    };
    let of_family = |ip: &IpAddr| match family {
        Family::Any => true,
        Family::Ipv4 => ip.is_ipv4(),
        Family::Ipv6 => ip.is_ipv6(),
    };
    let mut allowed = Vec::with_capacity(found.len());
    let mut denied = None;
    for ip in found.into_iter().filter(of_family) {
        match state.decide(&Access::Resolved { call: origin, ip }) {
            Ok(()) => allowed.push(SocketAddr::new(ip, port)),
            Err(denial) => denied = Some(denial),
        }
    }
    match (allowed.is_empty(), denied) {
        (true, Some(denial)) => {
            let denial = state.refusals.deny(denial);
            Err(Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
        }
        (true, None) => {
            let message = format!("`{host}` has no address of this family");
            Err(Problem::new(FailureKind::NameNotFound, Phase::Name, message))
        }
        (false, _) => {
            trace.marks().resolved = Some(Instant::now());
            Ok(allowed.into())
        }
    }
}

async fn look_up(name: &str) -> Result<Vec<IpAddr>, Problem> {
    match tokio::net::lookup_host((name, 0)).await {
        Ok(addresses) => {
            let mut found: Vec<IpAddr> = Vec::new();
            for ip in addresses.map(|address| address.ip().to_canonical()) {
                if !found.contains(&ip) {
                    found.push(ip);
                }
            }
            Ok(found)
        }
        Err(error) => {
            let text = error.to_string();
            // The C library's own words: no code of getaddrinfo reaches us.
            let kind = if text.contains("emporary failure") || text.contains("recoverable") {
                FailureKind::NameServerFailed
            } else {
                FailureKind::NameNotFound
            };
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            Err(Problem::new(kind, Phase::Name, format!("`{name}` cannot be looked up: {text}")))
        }
    }
}

/// Gives the client the addresses that were decided.
pub(super) struct Decided(pub(super) Arc<[SocketAddr]>);

impl Resolve for Decided {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses: Addrs = Box::new((0..addresses.len()).map(move |at| addresses[at]));
            Ok(addresses)
        })
    }
}

/// Stamps begin and end of connecting, handshake included.
#[derive(Clone)]
pub(super) struct ConnectMarks(pub(super) Arc<Trace>);

impl<S> Layer<S> for ConnectMarks {
    type Service = Marked<S>;
    fn layer(&self, inner: S) -> Marked<S> {
        Marked { inner, trace: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(super) struct Marked<S> {
    inner: S,
    trace: Arc<Trace>,
}

impl<S, R> Service<R> for Marked<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }
    fn call(&mut self, request: R) -> Self::Future {
        self.trace.marks().connecting.get_or_insert_with(Instant::now);
        let trace = Arc::clone(&self.trace);
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connected = connecting.await;
            if connected.is_ok() {
                trace.marks().connected = Some(Instant::now());
            }
            connected
        })
    }
}
