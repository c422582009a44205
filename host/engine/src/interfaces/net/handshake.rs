//! TLS on a stream, and looking at a server's chain without sending anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::grant::{Access, Scheme};
use watchkeep_core::ids::SecretName;

use super::Target;
use super::open::{permit, tcp, timed_out};
use super::stream::Duplex;
use crate::call::CallState;
use crate::contract::transport::{Failure, FailureKind, Phase, TlsFacts, TlsOptions};
use crate::http::mask::Mask;
use crate::network::failure::Problem;
use crate::network::guard::{self, Destination};
use crate::network::secret;
use crate::network::timeline::Timeline;
use crate::network::tls::{Handshake, Identity, Tls, TlsStream, Trust};

/// A handshake that the grants allow.
pub(super) struct Decided {
    name: String,
    pub(super) trust: Trust,
    alpn: Vec<String>,
    identity: Option<Identity>,
}

/// Decides whether a chain may be looked at. Nothing is sent, so an untrusted chain needs no right, unless a client
/// certificate is shown.
pub(super) fn decide_inspection(
    state: &mut CallState,
    host: &str,
    port: u16,
    options: TlsOptions,
) -> Result<Decided, Problem> {
    if options.client_certificate.is_some() {
        let verified = TlsOptions { trust: crate::contract::transport::Trust::Require, ..options };
        return decide(state, host, port, verified);
    }
    let name = decide_name(state, host, options.server_name, &options.alpn)?;
    Ok(Decided { name, trust: Trust::Ignore, alpn: options.alpn, identity: None })
}

/// Decides whether a handshake may be made. A different server name, an untrusted chain and a client certificate each
/// need a right of their own.
pub(super) fn decide(
    state: &mut CallState,
    host: &str,
    port: u16,
    options: TlsOptions,
) -> Result<Decided, Problem> {
    let TlsOptions { server_name, trust, alpn, client_certificate } = options;
    let name = decide_name(state, host, server_name, &alpn)?;
    let trust = Trust::from(trust);
    if trust == Trust::Ignore {
        permit(state, &Access::UnverifiedTls { scheme: Scheme::Tcp, host, port })?;
    }
    let identity = match client_certificate {
        None => None,
        Some(_) if trust == Trust::Ignore => {
            return Err(Problem::invalid("no credential travels over TLS that is not verified"));
        }
        Some(secret_name) => {
            let secret_name = SecretName::from(&*secret_name);
            let secret = secret::take(state, &secret_name)?;
            secret::decide(state, &secret_name, &secret, Scheme::Tcp, host, port)?;
            Some(secret::identity(state, &secret_name, &secret)?)
        }
    };
    Ok(Decided { name, trust, alpn, identity })
}

fn decide_name(
    state: &mut CallState,
    host: &str,
    server_name: Option<String>,
    alpn: &[String],
) -> Result<String, Problem> {
    let name = server_name.unwrap_or_else(|| host.to_owned());
    let shown: Vec<&[u8]> = std::iter::once(&name).chain(alpn).map(String::as_bytes).collect();
    guard::check_words(state, Destination::Other("what a handshake shows"), &shown)?;
    permit(state, &Access::ServerName { host, name: &name })?;
    Ok(name)
}

/// Does a handshake. Nothing else is sent before the chain is trusted, unless that was granted.
pub(super) async fn shake_hands<S: Duplex>(
    tls: &Tls,
    timeline: &mut Timeline,
    wire: S,
    wanted: &Decided,
    (span, mask): (Duration, &Mask),
) -> Result<(TlsStream<S>, TlsFacts), Problem> {
    let asked = Handshake {
        server_name: &wanted.name,
        trust: wanted.trust,
        alpn: wanted.alpn.iter().map(|protocol| protocol.clone().into_bytes()).collect(),
        identity: wanted.identity.as_ref(),
    };
    let ended = tokio::time::timeout(span, tls.handshake(timeline, wire, asked)).await;
    let stream = match ended {
        Ok(stream) => stream?,
        Err(_) => return Err(timed_out(Phase::Tls, "no TLS handshake", span)),
    };
    timeline.ended();
    let facts = timeline.tls_facts(mask);
    let facts =
        facts.ok_or_else(|| Problem::new(FailureKind::Tls, Phase::Tls, "the peer showed no certificate"))?;
    Ok((stream, facts))
}

/// Does only the handshake. Nothing is sent, so an untrusted chain needs no right.
pub(super) async fn inspect(
    state: &mut CallState,
    target: Target,
    options: TlsOptions,
) -> Result<TlsFacts, Failure> {
    let mut timeline = Timeline::begin();
    let inspected = inspect_within(state, &mut timeline, target, options).await;
    inspected.map_err(|problem| problem.told(state, &timeline))
}

async fn inspect_within(
    state: &mut CallState,
    timeline: &mut Timeline,
    target: Target,
    options: TlsOptions,
) -> Result<TlsFacts, Problem> {
    if options.client_certificate.is_some() {
        return Err(Problem::invalid("`inspect-tls` shows no client certificate"));
    }
    let began = Instant::now();
    let wanted = decide_inspection(state, &target.host, target.port, options)?;
    let (stream, _place) = tcp(state, timeline, &target).await?;
    let span = state.clocks.span(target.timeout.saturating_sub(began.elapsed()));
    let network = Arc::clone(&state.network.shared);
    let (_, facts) = shake_hands(&network.tls, timeline, stream, &wanted, (span, &state.mask)).await?;
    Ok(facts)
}
