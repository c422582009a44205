//! One datagram out, and its answers in. The socket is connected, so that only the peer's datagrams arrive.

use std::time::{Duration, Instant};

use watchkeep_core::grant::{Access, Scheme};
use watchkeep_core::limits::Limit;

use super::Target;
use super::open::{permit, timed_out};
use crate::call::CallState;
use crate::contract::net::Datagram;
use crate::contract::transport::{Address, Failure, FailureKind, Phase};
use crate::network::dial::connected;
use crate::network::failure::{self, Problem};
use crate::network::guard::{self, Destination, Said};
use crate::network::resolve::{Sought, addresses};
use crate::network::sockets::Sockets;
use crate::network::timeline::{Timeline, nanos};

/// The most bytes that a datagram can have.
const DATAGRAM_BYTES_MAX: usize = 65_507;

pub(super) async fn exchange(
    state: &mut CallState,
    target: Target,
    data: &[u8],
    replies_max: u32,
) -> Result<Vec<Datagram>, Failure> {
    let mut timeline = Timeline::begin();
    let exchanged = exchange_within(state, &mut timeline, &target, data, replies_max).await;
    exchanged.map_err(|problem| problem.told(state, &timeline))
}

async fn exchange_within(
    state: &mut CallState,
    timeline: &mut Timeline,
    target: &Target,
    data: &[u8],
    replies_max: u32,
) -> Result<Vec<Datagram>, Problem> {
    let Target { host, port, family, timeout } = target;
    if data.len() > DATAGRAM_BYTES_MAX {
        let message = format!("{} bytes are more than a datagram holds ({DATAGRAM_BYTES_MAX})", data.len());
        return Err(Problem::invalid(message));
    }
    let access = Access::Endpoint { transport: Scheme::Udp, host, port: *port };
    permit(state, &access)?;
    let to = Destination::Endpoint { scheme: Scheme::Udp, host, port: *port };
    guard::check(state, to, Said::ByGuest, &[data]).await?;
    count(state)?;
    state.net_bytes(data.len(), Phase::Policy)?;
    let span = state.clocks.span(*timeout);
    let _place = Sockets::place(state, span).await?;
    let deadline = Instant::now() + state.clocks.span(*timeout);
    let left = || deadline.saturating_duration_since(Instant::now());
    let sought = Sought { host, port: *port, family: *family, resolver: None };
    let found = tokio::time::timeout(left(), addresses(state, timeline, &access, &sought)).await;
    let addresses = match found {
        Ok(addresses) => addresses?,
        Err(_) => return Err(timed_out(Phase::Name, "no address", *timeout)),
    };
    let address = addresses[0];
    timeline.peer(address);
    let source = || Address { ip: address.ip().to_string(), port: address.port() };
    let socket = connected(address).await.map_err(|error| failure::of_io(&error, Phase::Send))?;
    state.network.sent = true;
    let sent_at = Instant::now();
    socket.send(data).await.map_err(|error| failure::of_io(&error, Phase::Send))?;
    let mut replies = Vec::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    while replies.len() < replies_max as usize {
        match tokio::time::timeout(left(), socket.recv(&mut buffer)).await {
            Ok(Ok(size)) => {
                let after = nanos(sent_at.elapsed());
                count(state)?;
                state.net_bytes(size, Phase::Transfer)?;
                let data = state.mask.shown(buffer[..size].to_vec());
                replies.push(Datagram { data, source: source(), after });
            }
            // What has arrived is an answer, whatever happens to the rest.
            Ok(Err(_)) if !replies.is_empty() => break,
            Ok(Err(error)) => return Err(failure::of_io(&error, Phase::Wait)),
            Err(_) => break,
        }
    }
    if replies.is_empty() && replies_max > 0 {
        return Err(timed_out(Phase::Wait, "no answer", sent_at.elapsed().max(Duration::from_millis(1))));
    }
    Ok(replies)
}

fn count(state: &mut CallState) -> Result<(), Problem> {
    if state.own.net.datagrams >= state.limits.datagrams {
        let message = format!("more than {} datagrams in one call", state.limits.datagrams);
        return Err(Problem::new(FailureKind::Limit, Phase::Policy, state.meet(Limit::Datagrams, message)));
    }
    state.own.net.datagrams += 1;
    Ok(())
}
