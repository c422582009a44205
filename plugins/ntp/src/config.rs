//! What an operator writes for a time server.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems, has_address, response_times};
use watchkeep_sdk::net::Family;

/// Asks a time server and judges its clock.
#[derive(watchkeep_sdk::Config)]
#[config(check = Ntp::consistent)]
pub struct Ntp {
    /// The server to query, as `host:port`; the port is usually 123.
    #[config(grants = "udp", example = "ntp.example.com:123")]
    pub(crate) server: String,
    /// A larger offset of its clock from this host's is a warning.
    #[config(default = "500ms")]
    pub(crate) offset_warning: Duration,
    /// A larger offset of its clock from this host's is critical.
    #[config(default = "5s")]
    pub(crate) offset_critical: Duration,
    /// A stratum above this is a warning. Stratum 1 has a reference clock; each higher stratum is one server further
    /// away from it.
    #[config(min = 1, max = 15, example = 4)]
    pub(crate) stratum_warning: Option<u8>,
    /// A stratum above this is critical.
    #[config(min = 1, max = 15, example = 10)]
    pub(crate) stratum_critical: Option<u8>,
    /// A response time above this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How many requests to send before giving up: a datagram may be lost.
    #[config(default = 3, min = 1, max = 10)]
    pub(crate) attempts: u8,
    /// How long each attempt waits for an answer; never longer than the check's timeout.
    #[config(default = "2s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

impl Ntp {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.server, self.ip_family, place, problems);
        if self.offset_critical < self.offset_warning {
            problems.add::<()>(&place.key("offset_critical"), "must not be less than `offset_warning`");
        }
        if let (Some(warning), Some(critical)) = (self.stratum_warning, self.stratum_critical)
            && critical < warning
        {
            problems.add::<()>(&place.key("stratum_critical"), "must not be less than `stratum_warning`");
        }
    }
}
