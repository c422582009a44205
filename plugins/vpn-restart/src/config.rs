//! What an operator writes for a restart.

use std::time::Duration;

use watchkeep_sdk::action::Template;
use watchkeep_sdk::config::{OneOrMany, Place, Problems, Table};
use watchkeep_sdk::openvpn::Access;

/// Restarts a tunnel of OpenVPN by its management interface, or one of WireGuard by a command.
#[derive(watchkeep_sdk::Config)]
#[config(check = Tunnel::consistent)]
pub struct Tunnel {
    /// A tunnel of OpenVPN.
    pub(crate) openvpn: Option<OpenVpn>,
    /// A tunnel of WireGuard, or any other that a command restarts.
    pub(crate) wireguard: Option<WireGuard>,
    /// How long to wait until the tunnel is up; default: as long as the action may take.
    #[config(example = "45s")]
    pub(crate) timeout: Option<Duration>,
}

/// The management interface of OpenVPN, and what is said to it.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct OpenVpn {
    #[config(flatten)]
    pub(crate) access: Access,
    /// The signal: `sigusr1` connects anew, `sighup` reads the config anew as well.
    #[config(default = "sigusr1")]
    pub(crate) signal: Signal,
    /// Whether a tunnel that waits because of `management-hold` is released.
    #[config(default = true)]
    pub(crate) release_hold: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Signal {
    Sigusr1,
    Sighup,
}

impl Signal {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Signal::Sigusr1 => "SIGUSR1",
            Signal::Sighup => "SIGHUP",
        }
    }
}

/// A command that restarts the tunnel, such as `wg-quick` or `systemctl restart wg-quick@wg0`.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct WireGuard {
    /// The command's name under `[commands]`. Needs the grant `commands`.
    #[config(non_empty, example = "restart-wg0")]
    pub(crate) command: String,
    /// Values for the holes in its arguments. `{check}`, `{finding}`, `{summary}`, `{id}` and `{label.NAME}` in them are
    /// replaced.
    #[config(default)]
    pub(crate) parameters: Table<Template>,
    /// Exit codes that say that it was done.
    #[config(default = 0)]
    pub(crate) exit_codes_ok: OneOrMany<u32>,
    /// The interface that has to be up afterwards. Needs the grant `system = ["links"]`.
    #[config(example = "wg0")]
    pub(crate) interface: Option<String>,
}

impl Tunnel {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.openvpn.is_some() == self.wireguard.is_some() {
            problems.add::<()>(place, "either `openvpn` or `wireguard` must be given");
        }
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) {
            problems.add::<()>(&place.key("timeout"), "nothing is up in no time; hint: `45s`");
        }
    }
}
