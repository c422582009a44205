//! `icmp`: echo requests. They use datagram sockets if the system allows them to the host's user, and raw sockets if
//! the host has the right to those. If neither is allowed, the run ends with a hint what to change.

mod packet;
mod socket;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::time::Instant as Timer;
use wasmtime::component::Linker;
use watchkeep_core::grant::Access;
use watchkeep_core::limits::Limit;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::icmp::{self, EchoOptions, Echoes, Host};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::{self, Problem};
use crate::network::resolve::{Sought, addresses};
use crate::network::sockets::Sockets;
use crate::network::timeline::{Timeline, nanos};
use crate::shortage::Shortage;
use socket::{EchoSocket, Refused};

/// The most bytes of payload: more than any link carries in one packet.
const SIZE_MAX: u16 = 9_000;
/// The shortest interval between requests: anything faster is a flood.
const INTERVAL_MIN: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
pub(crate) struct IcmpState {
    echoes: u32,
}

gate! {
    icmp {
        fn echo(host: String, options: EchoOptions) -> Result<Echoes, Failure>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    icmp::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn echo(
        &mut self,
        host: String,
        options: EchoOptions,
    ) -> wasmtime::Result<Result<Echoes, Failure>> {
        self.enter()?;
        let mut timeline = Timeline::begin();
        let echoed = echo(self, &mut timeline, &host, options).await;
        Ok(echoed.map_err(|problem| problem.told(self, &timeline)))
    }
}

async fn echo(
    state: &mut CallState,
    timeline: &mut Timeline,
    host: &str,
    options: EchoOptions,
) -> Result<Echoes, Problem> {
    let call = Access::Echo { host };
    state
        .permit(&call)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))?;
    let interval = checked(&options)?;
    count(state, options.count)?;
    let span = state.clocks.remaining();
    let _place = Sockets::place(state, span).await?;
    let remaining = state.clocks.remaining();
    let sought = Sought { host, port: 0, family: options.family, resolver: None };
    let found = tokio::time::timeout(remaining, addresses(state, timeline, &call, &sought)).await;
    let Ok(found) = found else {
        let message = format!("no address within {remaining:?}");
        return Err(Problem::new(FailureKind::TimedOut, Phase::Name, message));
    };
    let address = found?[0];
    timeline.peer(address);
    let socket = EchoSocket::open(address.ip()).map_err(|refused| match refused {
        Refused::NoRight { message, hint } => {
            let message = state.refusals.limit_with(message, &hint);
            Problem::new(FailureKind::Limit, Phase::Policy, message)
        }
        Refused::System(error) => failure::of_io(&error, Phase::Connect),
    })?;
    state.network.sent = true;
    // A guest may ask for a very long wait; it never lasts longer than the time that is left.
    let left = state.clocks.remaining();
    let timeout = Duration::from_millis(options.timeout).min(left);
    let deadline = Instant::now() + left;
    let round_trips = Round { socket, count: options.count, interval: interval.min(left), timeout, deadline }
        .run(options.size)
        .await
        .map_err(|error| failure::of_io(&error, Phase::Send))?;
    if round_trips.is_empty() {
        return Err(Problem::new(FailureKind::TimedOut, Phase::Send, "no time is left to send a request"));
    }
    Ok(Echoes { ip: text(address.ip()), round_trips })
}

fn text(ip: IpAddr) -> String {
    ip.to_canonical().to_string()
}

fn checked(options: &EchoOptions) -> Result<Duration, Problem> {
    if options.count == 0 {
        return Err(Problem::invalid("no echo request is asked for"));
    }
    if options.size > SIZE_MAX {
        let message = format!("{} bytes in an echo request, {SIZE_MAX} are allowed", options.size);
        return Err(Problem::invalid(message));
    }
    let interval = Duration::from_millis(options.interval);
    if options.count > 1 && interval < INTERVAL_MIN {
        let message = format!("echo requests every {interval:?}, {INTERVAL_MIN:?} is the least");
        return Err(Problem::invalid(message));
    }
    Ok(interval)
}

fn count(state: &mut CallState, more: u16) -> Result<(), Problem> {
    let echoes = state.own.icmp.echoes.saturating_add(u32::from(more));
    if echoes > state.limits.echoes {
        let message = format!("more than {} echo requests in one call", state.limits.echoes);
        return Err(Problem::new(FailureKind::Limit, Phase::Policy, state.meet(Limit::Echoes, message)));
    }
    state.own.icmp.echoes = echoes;
    Ok(())
}

/// Requests on their way, and the answers that arrive meanwhile.
struct Round {
    socket: EchoSocket,
    count: u16,
    interval: Duration,
    timeout: Duration,
    deadline: Instant,
}

impl Round {
    /// Sends the requests and collects round-trip times. Fails if the first request could not be sent, or if this
    /// machine lacked something for one. A request that is not sent by the deadline is left out.
    async fn run(mut self, size: u16) -> std::io::Result<Vec<Option<u64>>> {
        let began = Instant::now();
        let mut sent: HashMap<u16, Instant> = HashMap::new();
        let mut round_trips: Vec<Option<u64>> = Vec::new();
        loop {
            let now = Instant::now();
            let next = u16::try_from(round_trips.len()).unwrap_or(u16::MAX);
            let due = (next < self.count).then(|| began + self.interval * u32::from(next));
            if let Some(due) = due
                && due <= now
                && now < self.deadline
            {
                match self.socket.send(next, size).await {
                    Ok(()) => drop(sent.insert(next, Instant::now())),
                    Err(error) if next == 0 => return Err(error),
                    // A shortage of this machine says nothing about the way to the target.
                    Err(error) if Shortage::of(&error).is_some() => return Err(error),
                    // A request that the system did not accept counts as lost.
                    Err(_) => {}
                }
                round_trips.push(None);
                continue;
            }
            let last_answer = sent.values().map(|&at| at + self.timeout).max();
            let wait_until = match (due.filter(|&due| due < self.deadline), last_answer) {
                (Some(due), _) => due,
                (None, Some(last)) if now < last.min(self.deadline) => last.min(self.deadline),
                (None, _) => return Ok(round_trips),
            };
            tokio::select! {
                received = self.socket.receive() => {
                    let at = Instant::now();
                    let Ok(sequence) = received else { continue };
                    if let Some(since) = sent.get(&sequence) && at - *since <= self.timeout {
                        round_trips[usize::from(sequence)] = Some(nanos(at - *since));
                        sent.remove(&sequence);
                    }
                }
                () = tokio::time::sleep_until(Timer::from_std(wait_until)) => {}
            }
        }
    }
}
