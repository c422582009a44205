//! What an operator writes for an interface of WireGuard.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Place, Problems};

use super::{PublicKey, is_repeated, named, ordered};

/// What an interface of Linux may have.
const INTERFACE_BYTES_MAX: usize = 15;

/// An interface of WireGuard, and what is expected of its peers.
#[derive(watchkeep_sdk::Config)]
#[config(check = WireGuard::consistent)]
pub(crate) struct WireGuard {
    /// The interface.
    #[config(example = "wg0")]
    pub(crate) interface: String,
    /// The name of a command under `[commands]` that runs `wg show {interface} {what}`.
    #[config(example = "wg")]
    pub(crate) command: Option<String>,
    /// The name of a socket under `[sockets]`: that of a userspace implementation, such as
    /// `/var/run/wireguard/wg0.sock`. In place of `command`.
    #[config(example = "wg0")]
    pub(crate) socket: Option<String>,
    /// Expected peers; one that the interface does not have is critical. All others of the interface are judged too.
    #[config(default)]
    pub(crate) peers: Vec<NamedPeer>,
    /// The state for a peer that is not in `peers`.
    #[config(default = "ok")]
    pub(crate) unexpected_peers: State,
    /// A last handshake longer ago than this is a warning. WireGuard repeats it every 2 to 3 minutes while there is traffic.
    #[config(default = "4m")]
    pub(crate) handshake_warning: Duration,
    /// A last handshake longer ago than this is critical.
    #[config(default = "5m")]
    pub(crate) handshake_critical: Duration,
    /// A peer from which nothing was received for longer than this is a warning.
    #[config(example = "1m")]
    pub(crate) silence_warning: Option<Duration>,
    /// A peer from which nothing was received for longer than this is critical: sooner than by its handshake, if it has
    /// `PersistentKeepalive`.
    #[config(example = "90s")]
    pub(crate) silence_critical: Option<Duration>,
    /// Whether each peer must be there at all times. By default, a peer without `PersistentKeepalive` on this side is judged
    /// only after something was sent to it that it did not answer.
    #[config(default = false)]
    pub(crate) always_on: bool,
}

/// An expected peer.
#[derive(watchkeep_sdk::Config)]
#[config(check = NamedPeer::consistent)]
pub(crate) struct NamedPeer {
    /// The name in sentences, keys and labels.
    #[config(example = "berlin")]
    pub(crate) name: String,
    /// Its public key as `wg show` prints it, or the beginning of it.
    pub(crate) public_key: PublicKey,
    /// As `always_on` of the interface, for this peer.
    pub(crate) always_on: Option<bool>,
}

impl NamedPeer {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        named(&self.name, &place.key("name"), problems);
    }
}

impl WireGuard {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.command.is_some() == self.socket.is_some() {
            problems.add::<()>(place, "either `command` or `socket` must be given");
        }
        let name = &self.interface;
        let odd = |c: char| c == '/' || c.is_whitespace() || c.is_control();
        if name.is_empty() || name.len() > INTERFACE_BYTES_MAX || name.contains(odd) {
            problems.add::<()>(&place.key("interface"), "is not the name of an interface, such as `wg0`");
        } else if name == "all" {
            let message = "names every interface for `wg`; hint: make a check for each";
            problems.add::<()>(&place.key("interface"), message);
        }
        let (warning, critical) = (Some(self.handshake_warning), Some(self.handshake_critical));
        ordered("handshake", warning, critical, place, problems);
        ordered("silence", self.silence_warning, self.silence_critical, place, problems);
        let peers = place.key("peers");
        for (at, peer) in self.peers.iter().enumerate() {
            let place = peers.index(at);
            if is_repeated(self.peers.iter().map(|peer| &*peer.name), at) {
                problems.add::<()>(&place.key("name"), format!("`{}` is used twice", peer.name));
            }
            if is_repeated(self.peers.iter().map(|peer| peer.public_key.as_str()), at) {
                problems.add::<()>(&place.key("public_key"), "another peer has the same key");
            }
        }
    }
}
