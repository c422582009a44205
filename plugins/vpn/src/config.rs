//! What an operator writes for a tunnel.

mod key;
mod openvpn;
mod server;
mod wireguard;

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems};

pub(crate) use key::{PublicKey, from_hex, is_key};
pub(crate) use openvpn::OpenVpn;
pub(crate) use server::{Server, Way};
pub(crate) use wireguard::{NamedPeer, WireGuard};

pub(crate) const ONE_OF_THEM: &str = "either `wireguard` or `openvpn` must be given";
/// Each takes its timeout at most, one after the other.
const SERVERS_MAX: usize = 50;
const NAME_BYTES_MAX: usize = 100;

/// Judges a tunnel of WireGuard or OpenVPN, and the servers behind it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Vpn::consistent)]
pub struct Vpn {
    /// An interface of WireGuard, and what is expected of its peers.
    pub(crate) wireguard: Option<WireGuard>,
    /// The management interface of an OpenVPN client or server, and what is expected of it.
    pub(crate) openvpn: Option<OpenVpn>,
    /// Servers behind the tunnel, at most 50. They are not judged while the tunnel, or the peer that they are behind, is down.
    #[config(default)]
    pub(crate) servers: Vec<Server>,
    /// Timeout for what the tunnel's own interface is asked, and for each server.
    #[config(default = "2s")]
    pub(crate) timeout: Duration,
}

impl Vpn {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.wireguard.is_some() == self.openvpn.is_some() {
            problems.add::<()>(place, ONE_OF_THEM);
        }
        if self.timeout.is_zero() {
            problems.add::<()>(&place.key("timeout"), "must be longer than 0 s");
        }
        let place = place.key("servers");
        if self.servers.len() > SERVERS_MAX {
            let message = format!("at most {SERVERS_MAX} servers; hint: divide them between several checks");
            problems.add::<()>(&place, message);
        }
        let names = self.servers.iter().map(Server::name);
        for (at, server) in self.servers.iter().enumerate() {
            let place = place.index(at);
            if is_repeated(names.clone(), at) {
                let message = format!("`{}` is used twice; hint: give it a `name`", server.name());
                problems.add::<()>(&place, message);
            }
            if let Some(peer) = server.peer.as_ref().filter(|peer| !self.knows(peer)) {
                let message = format!("`{peer}` is not in `peers` or `clients`");
                problems.add::<()>(&place.key("peer"), message);
            }
        }
    }

    /// Whether a peer or a client has that name.
    fn knows(&self, name: &str) -> bool {
        let peers = self.wireguard.iter().flat_map(|wireguard| &wireguard.peers);
        let clients = self.openvpn.iter().flat_map(|openvpn| &openvpn.clients);
        peers.map(|peer| &peer.name).chain(clients).any(|known| known == name)
    }
}

/// Whether what is at this position was there before. Lists are short.
fn is_repeated<'a>(mut all: impl Iterator<Item = &'a str> + Clone, at: usize) -> bool {
    let it = all.clone().nth(at);
    all.by_ref().take(at).any(|one| Some(one) == it)
}

/// A name that is part of findings' keys.
fn named(name: &str, place: &Place<'_>, problems: &mut Problems) {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        let message = format!("must have 1 to {NAME_BYTES_MAX} bytes, and no control characters");
        problems.add::<()>(place, message);
    }
}

/// The critical limit must not be below that for a warning.
fn ordered(
    key: &str,
    warning: Option<Duration>,
    critical: Option<Duration>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let (Some(warning), Some(critical)) = (warning, critical)
        && critical < warning
    {
        let message = format!("must not be less than `{key}_warning`");
        problems.add::<()>(&place.key(&format!("{key}_critical")), message);
    }
}
