//! `dns`: one question to one name server, decided by the operator's grants for names and for servers. Whatever a
//! server answers counts as an answer. Nothing is cached, and no question is repeated on the guest's behalf.

mod masked;
mod message;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use wasmtime::component::Linker;
use watchkeep_core::grant::Access;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::dns::{self, Answer, Host, Protocol, Question};
use crate::contract::transport::{Address, Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::guard::{self, Destination};
use crate::network::name_server::{self, Query};
use crate::network::sockets::Sockets;
use crate::network::timeline::{Timeline, nanos};
use crate::shortage::Shortage;

/// The file in which the system names its name servers.
const RESOLVER_FILE: &str = "/etc/resolv.conf";
const DNS_PORT: u16 = 53;
/// How many servers of the system's resolver are tried, as in the C library.
const SERVERS_MAX: usize = 3;

gate! {
    dns {
        fn query(question: Question) -> Result<Answer, Failure>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    dns::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn query(&mut self, question: Question) -> wasmtime::Result<Result<Answer, Failure>> {
        self.enter()?;
        let mut timeline = Timeline::begin();
        let answered = query(self, &mut timeline, question).await;
        Ok(answered.map_err(|problem| problem.told(self, &timeline)))
    }
}

async fn query(
    state: &mut CallState,
    timeline: &mut Timeline,
    question: Question,
) -> Result<Answer, Problem> {
    let Question { name, kind, server, protocol, recursive, dnssec, timeout } = question;
    let server = server.map(|address| name_server::parse(&address)).transpose()?;
    state
        .permit(&Access::Question { name: &name, server })
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))?;
    guard::check_words(state, Destination::Other("a question to name servers"), &[name.as_bytes()])?;
    let asked = Query::new(&name, &kind, recursive, dnssec).map_err(Problem::invalid)?;
    state.count_question()?;
    let timeout = Duration::from_millis(timeout);
    let span = state.clocks.span(timeout);
    let _place = Sockets::place(state, span).await?;
    let deadline = Instant::now() + state.clocks.span(timeout);
    let servers = match server {
        Some(server) => vec![server],
        None => system_servers()?,
    };
    state.network.sent = true;
    let began = Instant::now();
    let (bytes, server) = first_answer(timeline, &asked, &servers, protocol, deadline).await?;
    let took = nanos(began.elapsed());
    let address = Address { ip: server.ip().to_canonical().to_string(), port: server.port() };
    let answer = message::answer(&bytes, address, took).map_err(|problem| {
        Problem::new(
            FailureKind::Protocol,
            Phase::Transfer,
            format!("the answer is not a valid message: {problem}"),
        )
    })?;
    masked::answer(state, answer).await
}

/// Asks one server after the other. A server that does not answer uses up only its share of the time.
async fn first_answer(
    timeline: &mut Timeline,
    asked: &Query,
    servers: &[SocketAddr],
    protocol: Protocol,
    deadline: Instant,
) -> Result<(Vec<u8>, SocketAddr), Problem> {
    let mut last = None;
    for (at, &server) in servers.iter().enumerate() {
        timeline.peer(server);
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(servers.len() - at).unwrap_or(1);
        let mut odd = 0;
        let asking = async {
            match protocol {
                Protocol::Udp => name_server::over_udp(asked, server, &mut odd).await,
                Protocol::Tcp => name_server::over_tcp(asked, server).await,
            }
        };
        let answered = tokio::time::timeout(share, asking).await;
        match answered {
            Ok(Ok(answer)) => return Ok((answer, server)),
            // If this machine lacks something, another server does not help.
            Ok(Err(problem)) if problem.is_short() => return Err(problem),
            Ok(Err(problem)) => last = Some(problem),
            Err(_) if odd > 0 => {
                let message = format!("{odd} datagrams came, and none answers the question");
                last = Some(Problem::new(FailureKind::Protocol, Phase::Wait, message));
            }
            Err(_) => {
                let message = format!("no answer of `{server}` within {share:?}");
                last = Some(Problem::new(FailureKind::TimedOut, Phase::Wait, message));
            }
        }
    }
    Err(last.unwrap_or_else(|| Problem::invalid("there is no name server to ask")))
}

fn system_servers() -> Result<Vec<SocketAddr>, Problem> {
    // A small local file, read when it is needed: this never waits in a queue.
    let text = match std::fs::read_to_string(RESOLVER_FILE) {
        Ok(text) => text,
        Err(error) => match Shortage::of(&error) {
            Some(shortage) => return Err(Problem::short(shortage, Phase::Name)),
            None => String::new(),
        },
    };
    let servers = servers_in(&text);
    if servers.is_empty() {
        let message = format!("the host has no resolver: `{RESOLVER_FILE}` names no server");
        return Err(Problem::new(FailureKind::NameServerFailed, Phase::Name, message));
    }
    Ok(servers)
}

fn servers_in(text: &str) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    let addresses = named.filter_map(|rest| rest.split_whitespace().next()?.parse::<IpAddr>().ok());
    addresses.map(|ip| SocketAddr::new(ip, DNS_PORT)).take(SERVERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_servers_are_those_that_its_file_names() {
        let text = "# nameserver 192.0.2.9\nsearch example.com\nnameserver 192.0.2.1\n  nameserver\t2001:db8::53 # x\nnameserver odd\n";
        let expected: [SocketAddr; 2] =
            ["192.0.2.1:53".parse().unwrap(), "[2001:db8::53]:53".parse().unwrap()];
        assert_eq!(servers_in(text), expected);
    }
}
