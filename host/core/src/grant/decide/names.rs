//! Decisions about questions to name servers, and about the servers.

use std::net::SocketAddr;

use super::super::question::parse_domain;
use super::super::{Allow, Capability, Denial, NamePattern, Rights, Scheme};
use super::{Granted, Reach, decide_address, granted_or, invalid_host, refuse_own_listener};

pub(super) fn decide_question(rights: &Rights, name: &str, server: Option<SocketAddr>) -> Result<(), Denial> {
    let name = parse_domain(name).map_err(|error| invalid_host(Capability::Dns, error))?;
    let Some(server) = server else {
        return granted_or(rights, Capability::Dns, &name, |allow| {
            allow.dns.iter().any(|pattern| pattern.server.is_none() && covers_name(pattern, &name))
        });
    };
    let reach = reach(server);
    let ip = server.ip().to_canonical();
    refuse_own_listener(rights, &reach, ip)?;
    let together = |allow: &Allow| {
        allow.dns.iter().any(|pattern| covers_name(pattern, &name) && covers_server(pattern, &reach))
    };
    // Name and server may also be granted separately, each by an entry of its own, as two fields of a config do.
    let name_alone = |allow: &Allow| {
        allow.dns.iter().any(|pattern| pattern.server.is_none() && covers_name(pattern, &name))
    };
    let entry = format!("{name}{reach}");
    let apart = matches!(rights.grants(name_alone), Granted::Yes)
        && matches!(rights.grants(|allow| server_alone(allow, &reach)), Granted::Yes);
    if !apart {
        granted_or(rights, Capability::Dns, &entry, together)?;
    }
    decide_address(rights, &reach, ip)
}

/// Decides about a server that looks names up. Each of the names is decided by what is done with it: a plugin that may
/// fetch a page may look its host up.
pub(super) fn decide_server(rights: &Rights, server: SocketAddr) -> Result<(), Denial> {
    let reach = reach(server);
    let ip = server.ip().to_canonical();
    refuse_own_listener(rights, &reach, ip)?;
    granted_or(rights, Capability::Dns, &reach, |allow| server_alone(allow, &reach))?;
    decide_address(rights, &reach, ip)
}

fn reach(server: SocketAddr) -> Reach {
    Reach {
        capability: Capability::Dns,
        scheme: Some(Scheme::Udp),
        host: server.ip().into(),
        port: server.port(),
    }
}

fn server_alone(allow: &Allow, reach: &Reach) -> bool {
    allow.dns.iter().any(|pattern| pattern.name.is_none() && covers_server(pattern, reach))
}

fn covers_server(pattern: &NamePattern, reach: &Reach) -> bool {
    pattern.server.as_ref().is_some_and(|server| server.covers(Scheme::Udp, &reach.host, reach.port))
}

fn covers_name(pattern: &NamePattern, name: &str) -> bool {
    pattern.name.as_ref().is_some_and(|domain| domain.covers(name))
}
