//! What an operator writes for an OpenVPN client or server.

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Place, Problems};
use watchkeep_sdk::openvpn::Access;

use super::{is_repeated, named};

/// The management interface of an OpenVPN client or server, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = OpenVpn::consistent)]
pub(crate) struct OpenVpn {
    #[config(flatten)]
    pub(crate) access: Access,
    /// Common names of clients that must be connected to a server; one that is not is critical.
    #[config(default, example = ["berlin", "hamburg"])]
    pub(crate) clients: Vec<String>,
    /// The state for a connected client that is not in `clients`.
    #[config(default = "ok")]
    pub(crate) unexpected_clients: State,
}

impl OpenVpn {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let clients = place.key("clients");
        for (at, name) in self.clients.iter().enumerate() {
            named(name, &clients.index(at), problems);
            if is_repeated(self.clients.iter().map(String::as_str), at) {
                problems.add::<()>(&clients.index(at), format!("`{name}` is used twice"));
            }
        }
    }
}
