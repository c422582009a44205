//! An interface of WireGuard: asked over its socket or by a command, and each of its peers judged.

use watchkeep_sdk::http::span;
use watchkeep_sdk::net::Lines;
use watchkeep_sdk::prelude::*;

use crate::config::{NamedPeer, WireGuard};
use crate::lines::{self, Broken, Door};
use crate::memory::{Grown, Memory};
use crate::show;
use crate::tunnel::{self, Tunnel};
use crate::uapi::{Interface, Peer, in_order};
use crate::words::{count, speed, unjudged};

/// As much of a key as `wg` users tell peers apart by.
const SHORT_KEY_CHARS: usize = 8;
/// WireGuard repeats a handshake that is not answered every 5 s.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);
/// Clocks that are set by NTP step less.
const AHEAD_MAX: u64 = 60;

pub(crate) fn look(config: &WireGuard, timeout: Duration, memory: &mut Memory) -> Result<Tunnel, Stop> {
    let interface = &config.interface;
    let found = match (&config.socket, &config.command) {
        (Some(socket), _) => over_socket(config, socket, timeout)?,
        (None, Some(command)) => show::peers(config, command, timeout)?.ok_or_else(|| {
            format!("tunnel down: there is no interface {interface}; hint: `wg-quick up {interface}`")
        }),
        (None, None) => return Err(Fault::config("`command` or `socket` is missing").into()),
    };
    let mut peers = match found {
        Ok(peers) => peers,
        Err(summary) => return Ok(without(config, summary)),
    };
    in_order(&mut peers);
    Judge { config, memory }.all(&peers)
}

/// An interface that is not there. Nothing is known of its peers.
fn without(config: &WireGuard, summary: String) -> Tunnel {
    let mut tunnel = Tunnel::down(summary);
    let peers = config.peers.iter();
    let unjudged = peers.map(|peer| unjudged(key(&peer.name), tunnel::IS_DOWN).label("peer", &*peer.name));
    tunnel.findings.extend(unjudged);
    tunnel
}

/// Its peers, or why there is no interface.
fn over_socket(config: &WireGuard, name: &str, timeout: Duration) -> Result<Result<Vec<Peer>, String>, Stop> {
    let interface = &config.interface;
    let connection = match lines::socket(name, net::connect_local(name))? {
        Door::Open(connection) => connection,
        Door::Absent => {
            let said = "tunnel down: there is no interface";
            return Ok(Err(format!("{said} {interface}: socket `{name}` is gone")));
        }
        Door::Refused => {
            let said = format!(
                "tunnel down: the process behind {interface} has ended: socket `{name}` refuses connections"
            );
            return Ok(Err(format!("{said}; hint: remove the interface and set it up anew")));
        }
    };
    let lines = Lines::over(connection, lines::intake(), clock::monotonic() + timeout);
    match asked(lines) {
        Ok(read) => Ok(Ok(read.peers)),
        Err(broken) => {
            let late = format!("did not answer within {}", span(timeout));
            Err(broken.fault(&format!("socket `{name}` of {interface}"), &late))
        }
    }
}

fn asked(mut lines: Lines) -> Result<Interface, Broken> {
    let mut read = Interface::default();
    lines.write("get=1\n\n")?;
    while !read.line(lines.line()?).map_err(Broken::nonsense)? {}
    Ok(read)
}

fn key(name: &str) -> String {
    format!("peer {name}")
}

struct Judge<'a> {
    config: &'a WireGuard,
    memory: &'a mut Memory,
}

/// One peer, with all that is known of it.
struct Seen<'a> {
    peer: &'a Peer,
    name: &'a str,
    grown: Grown,
    /// None before the first handshake.
    age: Option<Duration>,
    /// Whether it has to be there.
    expected: bool,
}

impl<'a> Judge<'a> {
    fn all(mut self, peers: &[Peer]) -> Result<Tunnel, Stop> {
        let mut tunnel = Tunnel { is_up: true, ..Tunnel::default() };
        let names = self.names(peers, &mut tunnel)?;
        // Expected peers first: of very many, not all are remembered.
        let by_name = |is_named: bool| {
            let all = peers.iter().enumerate().zip(&names);
            all.filter(move |(_, named)| named.is_some() == is_named)
        };
        let mut others = 0;
        for ((at, peer), named) in by_name(true).chain(by_name(false)) {
            let name = named.map_or_else(|| self.short(peers, at), |named| &named.name);
            let seen = self.seen(peer, name, *named);
            let (state, said) = self.state(&seen);
            if state == State::Critical {
                tunnel.silent.push(name.to_owned());
            } else {
                others += 1;
            }
            tunnel.findings.push(self.finding(&seen, *named, state, said));
        }
        let silent = tunnel.silent.len();
        tunnel.findings.insert(0, self.interface(peers));
        tunnel.opening = format!("{} is up with {}", self.config.interface, count(peers.len(), "peer"));
        if silent > 0 && others == 0 {
            tunnel.silence = Some(match silent {
                1 => "its peer is silent".to_owned(),
                _ => "all peers are silent".to_owned(),
            });
        }
        tunnel.moves = std::mem::take(&mut self.memory.moves);
        Ok(tunnel)
    }

    /// Which of them is which in the config; those that are missing are findings.
    fn names(&self, peers: &[Peer], tunnel: &mut Tunnel) -> Result<Vec<Option<&'a NamedPeer>>, Stop> {
        let mut names: Vec<Option<&'a NamedPeer>> = vec![None; peers.len()];
        let config: &'a WireGuard = self.config;
        for named in &config.peers {
            let name = &named.name;
            let fits = |peer: &Peer| named.public_key.fits(&peer.key);
            let Some(at) = peers.iter().position(fits) else {
                tunnel.silent.push(name.clone());
                tunnel.findings.push(self.missing(named));
                continue;
            };
            let several = peers.iter().filter(|peer| fits(peer)).count();
            if several > 1 {
                let said =
                    format!("the key of `{name}` in `peers` fits {several} peers; hint: write all of it");
                return Err(Fault::config(said).into());
            }
            if let Some(known) = names.get_mut(at).and_then(|place| place.replace(named)) {
                let known = &known.name;
                let said = format!("the keys of `{known}` and `{name}` in `peers` fit the same peer");
                return Err(Fault::config(said).into());
            }
        }
        Ok(names)
    }

    /// The beginning of its key, or all of it where another peer's begins alike.
    fn short<'p>(&self, peers: &'p [Peer], at: usize) -> &'p str {
        let key = |at: usize| peers.get(at).map_or("", |peer| &*peer.key);
        let short = key(at).get(..SHORT_KEY_CHARS).unwrap_or_default();
        let neighbours = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
        let is_taken = neighbours.into_iter().any(|other| key(other).starts_with(short))
            || self.config.peers.iter().any(|named| named.name == short);
        if is_taken { key(at) } else { short }
    }

    fn interface(&self, peers: &[Peer]) -> Finding {
        let interface = &self.config.interface;
        let finding = if peers.is_empty() && self.config.peers.is_empty() {
            Finding::warning(tunnel::KEY, format!("no peers: {interface} is up, but has none"))
        } else {
            Finding::ok(tunnel::KEY, format!("{interface} is up with {}", count(peers.len(), "peer")))
        };
        finding.metric("vpn_up", true).metric("vpn_peers", peers.len())
    }

    fn missing(&self, named: &NamedPeer) -> Finding {
        let (name, interface) = (&named.name, &self.config.interface);
        let said = format!(
            "peer missing: {interface} has no peer `{name}`; hint: was it removed, or has it a new key?"
        );
        Finding::critical(key(name), said).label("peer", &**name)
    }

    fn seen<'p>(&mut self, peer: &'p Peer, name: &'p str, named: Option<&NamedPeer>) -> Seen<'p> {
        let id = peer.key.get(..22).unwrap_or(&peer.key);
        let grown = self.memory.note(id, name, peer.received, peer.sent, peer.endpoint.as_deref());
        let now = self.memory.now() / 1_000;
        let age = peer.handshake.map(|at| Duration::from_secs(now.saturating_sub(at)));
        let always = named.and_then(|named| named.always_on).unwrap_or(self.config.always_on);
        let owes = grown.owing.is_some_and(|owing| owing >= ANSWERS_WITHIN);
        Seen { peer, name, grown, age, expected: always || peer.keepalive || owes }
    }

    fn finding(
        &self,
        seen: &Seen<'_>,
        named: Option<&NamedPeer>,
        state: State,
        mut summary: String,
    ) -> Finding {
        let Seen { peer, name, grown, .. } = seen;
        let mut finding = Finding::new(key(name), state, "").label("peer", *name);
        let unexpected = self.config.unexpected_peers;
        if named.is_none() && unexpected != State::Ok {
            let from = peer.endpoint.as_ref().map_or(String::new(), |from| format!(" from {from}"));
            summary = format!("unexpected peer: `{name}`{from} is not in `peers`; {summary}");
            finding.state = Report::new(state, "").no_better_than(unexpected, "").state;
        }
        finding.summary = summary;
        if let Some(age) = seen.age {
            let limit = |limit: Duration| Range::at_most(limit.as_secs_f64());
            let (warning, critical) = (self.config.handshake_warning, self.config.handshake_critical);
            let mut metric = Metric::new("vpn_peer_handshake_age_seconds", age.as_secs_f64(), "seconds");
            if seen.expected {
                metric = metric.warning(limit(warning)).critical(limit(critical));
            }
            finding = finding.with(metric);
        }
        with_traffic(finding, "peer", peer.received, peer.sent, grown)
    }

    fn state(&self, seen: &Seen<'_>) -> (State, String) {
        let Seen { peer, name, grown, age, expected } = seen;
        let config = self.config;
        let now = self.memory.now() / 1_000;
        if let Some(ahead) =
            peer.handshake.and_then(|at| at.checked_sub(now)).filter(|ahead| *ahead > AHEAD_MAX)
        {
            let ahead = span(Duration::from_secs(ahead));
            let said = format!("`{name}`: its last handshake is {ahead} ahead of this host's clock");
            return (State::Unknown, format!("{said}; hint: was the clock set back?"));
        }
        let traffic = traffic(grown);
        let Some(age) = age else {
            if *expected {
                let said = format!("peer silent: `{name}` never completed a handshake{traffic}");
                return (
                    State::Critical,
                    format!("{said}; hint: look at the keys, its endpoint, and UDP in firewalls"),
                );
            }
            return (State::Ok, format!("`{name}` has never connected; no traffic is expected"));
        };
        let ago = span(*age);
        if !expected {
            return (State::Ok, format!("`{name}` is quiet, last handshake {ago} ago{traffic}"));
        }
        let handshake = |limit: Duration| format!("last handshake {ago} ago, more than {}", span(limit));
        let silence = |limit: Duration| {
            format!("nothing received for {}, more than {}", span(grown.silent), span(limit))
        };
        let over = |limit: Option<Duration>| limit.filter(|limit| grown.silent > *limit);
        let silent = format!("peer silent: `{name}`: ");
        if *age > config.handshake_critical {
            (State::Critical, silent + &handshake(config.handshake_critical) + &traffic)
        } else if let Some(limit) = over(config.silence_critical) {
            (State::Critical, silent + &silence(limit) + &traffic)
        } else if *age > config.handshake_warning {
            let said = format!("handshake late: `{name}`: ");
            (State::Warning, said + &handshake(config.handshake_warning) + &traffic)
        } else if let Some(limit) = over(config.silence_warning) {
            (State::Warning, format!("peer quiet: `{name}`: {}{traffic}", silence(limit)))
        } else {
            (State::Ok, format!("`{name}` is connected, last handshake {ago} ago{traffic}"))
        }
    }
}

/// What came and went since the last run.
pub(crate) fn traffic(grown: &Grown) -> String {
    let (Some(received), Some(sent)) = (grown.received, grown.sent) else { return String::new() };
    if grown.over <= 0.0 {
        return String::new();
    }
    format!(", {} in, {} out", speed(received / grown.over), speed(sent / grown.over))
}

/// `what` is `peer`, `client` or `link`.
pub(crate) fn with_traffic(finding: Finding, what: &str, received: u64, sent: u64, grown: &Grown) -> Finding {
    let mut finding = finding;
    for (direction, total, grew) in [("received", received, grown.received), ("sent", sent, grown.sent)] {
        let name = format!("vpn_{what}_{direction}_bytes");
        finding = finding.with(Metric::new(&name, total as f64, "bytes"));
        if let Some(grew) = grew.filter(|_| grown.over > 0.0) {
            finding = finding.with(Metric::new(&format!("{name}_per_second"), grew / grown.over, "bytes"));
        }
    }
    finding
}
