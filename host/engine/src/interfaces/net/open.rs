//! Opens streams.

use std::time::Duration;

use tokio::net::TcpStream;
use wasmtime::component::Resource;
use watchkeep_core::grant::{Access, Scheme};
use watchkeep_core::limits::Limit;

use super::Target;
use super::connection::{Connection, Endpoint, Open};
use super::stream::Stream;
use crate::call::{CallState, HostStop};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::dial::dial;
use crate::network::failure::Problem;
use crate::network::local;
use crate::network::resolve::{self, Sought};
use crate::network::sockets::{Place, Sockets};
use crate::network::timeline::Timeline;

pub(super) async fn connect(
    state: &mut CallState,
    target: Target,
) -> wasmtime::Result<Result<Resource<Connection>, Failure>> {
    let mut timeline = Timeline::begin();
    match tcp(state, &mut timeline, &target).await {
        Ok((stream, place)) => {
            let endpoint = Endpoint::Remote { host: target.host, port: target.port };
            keep(state, Open::new(Stream::new(stream), endpoint, &mut timeline, place)).map(Ok)
        }
        Err(problem) => Ok(Err(problem.told(state, &timeline))),
    }
}

/// Decides, looks the name up, decides again and connects, all within the target's timeout.
pub(super) async fn tcp(
    state: &mut CallState,
    timeline: &mut Timeline,
    target: &Target,
) -> Result<(TcpStream, Place), Problem> {
    let Target { host, port, family, timeout } = target;
    let access = Access::Endpoint { transport: Scheme::Tcp, host, port: *port };
    permit(state, &access)?;
    admit(state)?;
    let span = state.clocks.span(*timeout);
    let place = Sockets::place(state, span).await?;
    let span = state.clocks.span(*timeout);
    let opening = async {
        let sought = Sought { host, port: *port, family: *family, resolver: None };
        let addresses = resolve::addresses(state, timeline, &access, &sought).await?;
        dial(timeline, &addresses).await
    };
    let opened = tokio::time::timeout(span, opening).await;
    match opened {
        Ok(stream) => Ok((stream?, place)),
        Err(_) => Err(timed_out(timeline.phase(), "no connection", span)),
    }
}

pub(super) async fn connect_local(
    state: &mut CallState,
    socket: &str,
    timeout: Duration,
) -> wasmtime::Result<Result<Resource<Connection>, Failure>> {
    let mut timeline = Timeline::begin();
    match unix(state, &mut timeline, socket, timeout).await {
        Ok((stream, place)) => {
            let endpoint = Endpoint::Local { socket: socket.to_owned() };
            keep(state, Open::new(stream, endpoint, &mut timeline, place)).map(Ok)
        }
        Err(problem) => Ok(Err(problem.told(state, &timeline))),
    }
}

async fn unix(
    state: &mut CallState,
    timeline: &mut Timeline,
    socket: &str,
    timeout: Duration,
) -> Result<(Stream, Place), Problem> {
    let path = local::file(state, &Access::Socket { name: socket }, socket).await?;
    admit(state)?;
    let span = state.clocks.span(timeout);
    let place = Sockets::place(state, span).await?;
    let span = state.clocks.span(timeout);
    let opened = tokio::time::timeout(span, local::connect(state, timeline, socket, &path)).await;
    match opened {
        Ok(stream) => Ok((Stream::new(stream?), place)),
        // The socket's queue is full.
        Err(_) => Err(timed_out(Phase::Connect, "no connection", span)),
    }
}

pub(super) fn permit(state: &mut CallState, access: &Access<'_>) -> Result<(), Problem> {
    state
        .permit(access)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
}

/// Checks that one more stream may be open.
fn admit(state: &mut CallState) -> Result<(), Problem> {
    if state.own.net.open < state.limits.connections {
        return Ok(());
    }
    let message = format!("more than {} connections open at once", state.limits.connections);
    Err(Problem::new(FailureKind::Limit, Phase::Policy, state.meet(Limit::Connections, message)))
}

fn keep(state: &mut CallState, open: Open) -> wasmtime::Result<Resource<Connection>> {
    let kept = state.handles.push(Connection(Some(open)));
    let kept = kept.map_err(|error| HostStop::Host(format!("the connection cannot be kept: {error}")))?;
    state.own.net.open += 1;
    Ok(kept)
}

pub(super) fn timed_out(phase: Phase, what: &str, span: Duration) -> Problem {
    Problem::new(FailureKind::TimedOut, phase, format!("{what} within {span:?}"))
}
