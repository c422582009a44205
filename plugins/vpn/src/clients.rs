//! An OpenVPN client or server: its state, and each of a server's clients judged.

use watchkeep_sdk::http::span;
use watchkeep_sdk::openvpn;
use watchkeep_sdk::prelude::*;

use crate::config::OpenVpn;
use crate::management::{self, Found};
use crate::memory::Memory;
use crate::peers::{traffic, with_traffic};
use crate::status::Role;
use crate::tunnel::{self, Tunnel};
use crate::uapi::Peer;
use crate::words::{count, has, unjudged};

pub(crate) fn look(config: &OpenVpn, timeout: Duration, memory: &mut Memory) -> Result<Tunnel, Stop> {
    let found = match management::visit(config, timeout)? {
        Ok(found) => found,
        Err(summary) => return Ok(without(config, summary)),
    };
    if !found.state.is_up() {
        return Ok(without(config, standing(&found, memory.now())));
    }
    let mut tunnel = match found.status.role {
        Some(Role::Server) => server(config, &found, memory),
        Some(Role::Client) | None => client(config, &found, memory)?,
    };
    tunnel.moves = std::mem::take(&mut memory.moves);
    Ok(tunnel)
}

fn key(name: &str) -> String {
    format!("client {name}")
}

/// Nothing is known of its clients.
fn without(config: &OpenVpn, summary: String) -> Tunnel {
    let mut tunnel = Tunnel::down(summary);
    let clients = config.clients.iter();
    let unjudged = clients.map(|name| unjudged(key(name), tunnel::IS_DOWN).label("peer", &**name));
    tunnel.findings.extend(unjudged);
    tunnel
}

/// Why it is not connected.
fn standing(found: &Found, now: u64) -> String {
    let openvpn::State { since, name, detail } = &found.state;
    let went_silent = has(detail, "ping-restart") || has(detail, "ping-exit");
    let (kind, doing) = match name.as_str() {
        "RECONNECTING" if went_silent => {
            ("peer silent", "is reconnecting, because the other end fell silent")
        }
        "WAIT" => ("peer silent", "waits for a first answer from the other end"),
        "TCP_CONNECT" => ("peer silent", "waits for a connection over TCP"),
        "RECONNECTING" => ("tunnel down", "is reconnecting"),
        "CONNECTING" => ("tunnel down", "is connecting"),
        "RESOLVE" => ("tunnel down", "is looking up the address of the other end"),
        "AUTH" => ("tunnel down", "is logging in"),
        "AUTH_PENDING" => ("tunnel down", "waits for a login that needs a person"),
        "GET_CONFIG" => ("tunnel down", "waits for its settings from the server"),
        "ASSIGN_IP" | "ADD_ROUTES" => ("tunnel down", "is setting up its interface"),
        "EXITING" => ("tunnel down", "is ending"),
        _ => ("tunnel down", "is in an unknown state"),
    };
    let since = span(Duration::from_secs((now / 1_000).saturating_sub(*since)));
    let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
    let hint = match found.waits {
        Some(waits) => format!("; {waits}"),
        None if has(&detail, "tls-error") => {
            "; hint: its log says why: certificates, keys, or nobody who answers".to_owned()
        }
        None if has(&detail, "auth-failure") => "; hint: user name and password".to_owned(),
        None => String::new(),
    };
    format!("{kind}: OpenVPN {doing} ({name}{detail}, for {since}){hint}")
}

/// The finding of a process that is connected.
fn connected(found: &Found, said: &str) -> Finding {
    let openvpn::State { detail, name, .. } = &found.state;
    let finding = match detail.as_str() {
        "SUCCESS" | "" => Finding::ok(tunnel::KEY, format!("OpenVPN is {said}")),
        "ROUTE_ERROR" => {
            let said =
                format!("routes missing: OpenVPN is {said}, and could not set all routes ({name} {detail})");
            Finding::warning(tunnel::KEY, format!("{said}; hint: its log names them"))
        }
        _ => Finding::warning(tunnel::KEY, format!("errors at start: OpenVPN is {said} ({name} {detail})")),
    };
    finding.metric("vpn_up", true)
}

fn client(config: &OpenVpn, found: &Found, memory: &mut Memory) -> Result<Tunnel, Stop> {
    if !config.clients.is_empty() {
        let said = "this OpenVPN is a client, or serves one peer alone, and has no clients; hint: leave `clients` out";
        return Err(Fault::config(said).into());
    }
    let (received, sent) = (found.status.received, found.status.sent);
    let grown = memory.note("link", "link", received, sent, None);
    let since = span(Duration::from_secs((memory.now() / 1_000).saturating_sub(found.state.since)));
    let opening = format!("connected for {since}{}", traffic(&grown));
    let finding = with_traffic(connected(found, &opening), "link", received, sent, &grown);
    let opening = format!("OpenVPN is {opening}");
    Ok(Tunnel { opening, findings: vec![finding], is_up: true, ..Tunnel::default() })
}

fn server(config: &OpenVpn, found: &Found, memory: &mut Memory) -> Tunnel {
    let clients = &found.status.clients;
    let opening = format!("up with {}", count(clients.len(), "client"));
    let mut tunnel = Tunnel { is_up: true, opening: format!("OpenVPN is {opening}"), ..Tunnel::default() };
    let pending = found.status.pending;
    let said = if pending == 0 { opening } else { format!("{opening}, {pending} not logged in yet") };
    let finding = connected(found, &said).metric("vpn_clients", clients.len());
    tunnel.findings.push(finding.metric("vpn_clients_pending", pending));
    // Expected clients first: of very many, not all are remembered.
    for name in &config.clients {
        let found = clients.binary_search_by(|client| client.key.as_str().cmp(name));
        let finding = match found.ok().and_then(|at| clients.get(at)) {
            Some(client) => one(client, State::Ok, memory),
            None => {
                tunnel.silent.push(name.clone());
                let said = format!("client missing: `{name}` is not connected");
                Finding::critical(key(name), said).label("peer", &**name)
            }
        };
        tunnel.findings.push(finding);
    }
    for client in clients.iter().filter(|client| !config.clients.contains(&client.key)) {
        tunnel.findings.push(one(client, config.unexpected_clients, memory));
    }
    if clients.is_empty() && !config.clients.is_empty() {
        tunnel.silence = Some("no client is connected".to_owned());
    }
    tunnel
}

fn one(client: &Peer, state: State, memory: &mut Memory) -> Finding {
    let Peer { key: name, endpoint, handshake, received, sent, more, .. } = client;
    let endpoint = endpoint.as_deref().unwrap_or_default();
    let grown = memory.note(&format!("client {name}"), name, *received, *sent, Some(endpoint));
    let age = Duration::from_secs((memory.now() / 1_000).saturating_sub(handshake.unwrap_or_default()));
    let mut said =
        format!("`{}` from {endpoint} is connected for {}", watchkeep_sdk::clipped(name), span(age));
    if *more > 0 {
        said.push_str(&format!(", {} times", more + 1));
    }
    said.push_str(&traffic(&grown));
    if state != State::Ok {
        said = format!("unexpected client: {said}; it is not in `clients`");
    }
    let finding = Finding::new(key(name), state, said).label("peer", &**name);
    let finding = finding.metric("vpn_client_connected_seconds", age);
    with_traffic(finding, "client", *received, *sent, &grown)
}
