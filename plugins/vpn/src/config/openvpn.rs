//! What an operator writes for an OpenVPN client or server.

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Place, Problems, Secret};

use super::{is_repeated, named};

/// The management interface of an OpenVPN client or server, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = OpenVpn::consistent)]
pub(crate) struct OpenVpn {
    /// Where the management interface listens, as `management` of OpenVPN's config says it.
    #[config(grants = "tcp", example = "127.0.0.1:7505")]
    pub(crate) address: Option<String>,
    /// The name of a socket under `[sockets]` where it listens, in place of `address`.
    #[config(example = "openvpn")]
    pub(crate) socket: Option<String>,
    /// The password of the management interface, if it asks for one: a secret bound to `address`.
    pub(crate) password: Option<Secret>,
    /// Common names of clients that must be connected to a server; one that is not is critical.
    #[config(default, example = ["berlin", "hamburg"])]
    pub(crate) clients: Vec<String>,
    /// The state for a connected client that is not in `clients`.
    #[config(default = "ok")]
    pub(crate) unexpected_clients: State,
}

impl OpenVpn {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.address.is_some() == self.socket.is_some() {
            problems.add::<()>(place, "either `address` or `socket` must be given");
        } else if self.socket.is_some() && self.password.is_some() {
            problems.add::<()>(
                &place.key("password"),
                "no secret goes over a socket of this machine; hint: let the file's rights protect it, without a password, or use `address`",
            );
        }
        let clients = place.key("clients");
        for (at, name) in self.clients.iter().enumerate() {
            named(name, &clients.index(at), problems);
            if is_repeated(self.clients.iter().map(String::as_str), at) {
                problems.add::<()>(&clients.index(at), format!("`{name}` is used twice"));
            }
        }
    }
}
