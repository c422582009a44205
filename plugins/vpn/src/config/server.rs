//! What an operator writes for a server behind the tunnel.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems, response_times};

use super::named;

/// A server behind the tunnel.
#[derive(watchkeep_sdk::Config)]
#[config(check = Server::consistent)]
pub(crate) struct Server {
    /// The name in sentences, keys and labels; by default the address or host.
    #[config(example = "crm")]
    pub(crate) name: Option<String>,
    /// Where it must take TCP connections, as host:port.
    #[config(grants = "tcp", example = "10.8.0.10:443")]
    pub(crate) address: Option<String>,
    /// The host that must answer echo requests, in place of `address`.
    #[config(grants = "icmp", example = "10.8.0.1")]
    pub(crate) ping: Option<String>,
    /// The peer or client that it is behind, as named in `peers` or `clients`. It is not judged while that one is silent;
    /// without it, while all are.
    #[config(example = "berlin")]
    pub(crate) peer: Option<String>,
    /// Taking longer than this is a warning.
    #[config(example = "200ms")]
    pub(crate) response_time_warning: Option<Duration>,
    /// Taking longer than this is critical.
    #[config(example = "1s")]
    pub(crate) response_time_critical: Option<Duration>,
    /// How many echo requests to send.
    #[config(default = 3, min = 1, max = 20)]
    pub(crate) count: u16,
    /// A loss of echo requests above this percentage is a warning.
    #[config(default = 20, max = 100)]
    pub(crate) loss_warning: u8,
    /// A loss of echo requests above this percentage is critical; the loss of all always is.
    #[config(default = 60, max = 100)]
    pub(crate) loss_critical: u8,
}

/// How a server is reached.
pub(crate) enum Way<'a> {
    Tcp(&'a str),
    Ping(&'a str),
}

impl Server {
    pub(crate) fn way(&self) -> Option<Way<'_>> {
        match (&self.address, &self.ping) {
            (Some(address), _) => Some(Way::Tcp(address)),
            (None, Some(host)) => Some(Way::Ping(host)),
            (None, None) => None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        let named = self.name.as_ref().or(self.address.as_ref()).or(self.ping.as_ref());
        named.map_or("", String::as_str)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.address.is_some() == self.ping.is_some() {
            problems.add::<()>(place, "either `address` or `ping` must be given");
        } else {
            named(self.name(), place, problems);
        }
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        if self.loss_critical < self.loss_warning {
            problems.add::<()>(&place.key("loss_critical"), "must not be less than `loss_warning`");
        }
    }
}
