//! What an operator writes for a ping.

use std::time::Duration;

use watchkeep_sdk::config::{Families, Place, Problems, has_address};
use watchkeep_sdk::icmp::Family;

/// Sends echo requests and judges loss, round trips and jitter.
#[derive(watchkeep_sdk::Config)]
#[config(check = Ping::consistent)]
pub struct Ping {
    /// The host to ping: a name or an address.
    #[config(grants = "icmp", example = "gw.example.com")]
    pub(crate) host: String,
    /// How many requests to send.
    #[config(default = 5, min = 1, max = 100)]
    pub(crate) count: u16,
    /// The time between requests, at least 10 ms.
    #[config(default = "200ms")]
    pub(crate) interval: Duration,
    /// How long to wait for the answer to each request.
    #[config(default = "1s")]
    pub(crate) timeout: Duration,
    /// The payload of a request, in bytes.
    #[config(default = 56, max = 9000)]
    pub(crate) size: u16,
    /// A loss above this percentage is a warning.
    #[config(default = 20, max = 100)]
    pub(crate) loss_warning: u8,
    /// A loss above this percentage is critical; the loss of all requests always is.
    #[config(default = 60, max = 100)]
    pub(crate) loss_critical: u8,
    /// An average round trip longer than this is a warning.
    #[config(example = "100ms")]
    pub(crate) round_trip_warning: Option<Duration>,
    /// An average round trip longer than this is critical.
    #[config(example = "500ms")]
    pub(crate) round_trip_critical: Option<Duration>,
    /// Jitter above this is a warning. It is the average difference between one round trip and the one before it.
    #[config(example = "20ms")]
    pub(crate) jitter_warning: Option<Duration>,
    /// Jitter above this is critical.
    #[config(example = "50ms")]
    pub(crate) jitter_critical: Option<Duration>,
    /// Which IP version to use. With `both`, each is tested and is a finding of its own.
    #[config(default = "any")]
    pub(crate) ip_family: Families,
}

impl Ping {
    pub(crate) const fn families(&self) -> &'static [Family] {
        self.ip_family.each()
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        for family in self.families() {
            has_address(&self.host, *family, place, problems);
        }
        if self.interval < Duration::from_millis(10) {
            problems.add::<()>(&place.key("interval"), "must be at least `10ms`: faster is a flood");
        }
        if self.loss_critical < self.loss_warning {
            problems.add::<()>(&place.key("loss_critical"), "must not be less than `loss_warning`");
        }
        for (key, warning, critical) in [
            ("round_trip", self.round_trip_warning, self.round_trip_critical),
            ("jitter", self.jitter_warning, self.jitter_critical),
        ] {
            if let (Some(warning), Some(critical)) = (warning, critical)
                && critical < warning
            {
                problems.add::<()>(
                    &place.key(&format!("{key}_critical")),
                    format!("must not be less than `{key}_warning`"),
                );
            }
        }
        if self.count < 2 && (self.jitter_warning.is_some() || self.jitter_critical.is_some()) {
            problems.add::<()>(&place.key("count"), "jitter is between two round trips; hint: send 5");
        }
    }
}
