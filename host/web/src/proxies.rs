//! Requests that come through a proxy. What it says of them is believed of a proxy that the config names, and of nobody
//! else. Only `X-Forwarded-For` and `X-Forwarded-Proto` are read: a proxy that sets these passes on a `Forwarded` that its
//! client made up.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, Version, header};
use ipnet::IpNet;

use crate::access::Peer;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Behind a proxy on this machine, everybody seems to come from loopback; these headers give it away.
const TRACES: [HeaderName; 9] = [
    header::FORWARDED,
    header::VIA,
    FORWARDED_FOR,
    FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
];

/// How a request seems to have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    Straight,
    ThroughAProxy,
}

impl Route {
    pub(crate) fn of(peer: Peer, version: Version, headers: &HeaderMap) -> Self {
        match peer {
            Peer::ControlSocket => Route::Straight,
            Peer::Proxied(_) => Route::ThroughAProxy,
            // A proxy that was told nothing leaves no header: nginx asks in HTTP/1.0 then, which no browser does.
            Peer::Tcp(_) if is_forwarded(headers) || version < Version::HTTP_11 => Route::ThroughAProxy,
            Peer::Tcp(_) => Route::Straight,
        }
    }
}

/// Whether a proxy left its traces.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    TRACES.iter().any(|name| headers.contains_key(name))
}

fn is_trusted(trusted: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// Who asks. A trusted proxy says so itself, in the last entry of the list; if that is one, too, what it was told counts, and
/// so on. An entry that is no address ends the list: then the proxy that passed it on asks for itself.
pub(crate) fn peer(trusted: &[IpNet], address: Option<IpAddr>, headers: &HeaderMap) -> Peer {
    let Some(mut client) = address.filter(|address| is_trusted(trusted, *address)) else {
        return Peer::Tcp(address);
    };
    let lines = headers.get_all(FORWARDED_FOR).iter().collect::<Vec<_>>();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        let Some(address) = std::str::from_utf8(entry).ok().and_then(address_of) else { break };
        client = address;
        if !is_trusted(trusted, address) {
            break;
        }
    }
    Peer::Proxied(client.to_canonical())
}

/// Whether a trusted proxy says that it was asked over HTTPS. Of several statements the last counts, which is its own.
pub(crate) fn says_https(trusted: &[IpNet], address: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let last = headers.get_all(FORWARDED_PROTO).iter().next_back().and_then(|value| value.to_str().ok());
    let last = last.and_then(|value| value.rsplit(',').next()).map(str::trim);
    address.is_some_and(|address| is_trusted(trusted, address))
        && last.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// An address as proxies write it: alone, with a port, an IPv6 address in brackets or not.
fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let alone = || entry.parse::<IpAddr>().ok();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    alone().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
#[path = "proxies_tests.rs"]
mod tests;
