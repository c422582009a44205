//! What an operator writes for a ping.

use std::time::Duration;

use watchkeep_sdk::config::{Families, Place, Problems, has_address};
use watchkeep_sdk::icmp::Family;

/// Sends echo requests and judges loss, round trips and jitter.
#[derive(watchkeep_sdk::Config)]
#[config(check = Ping::consistent)]
pub struct Ping {
    /// A name or an address.
    #[config(grants = "icmp", example = "gw.example.com")]
    pub(crate) host: String,
    /// How many requests are sent.
    #[config(default = 5, min = 1, max = 100)]
    pub(crate) count: u16,
    /// From one request to the next, at least 10 ms.
    #[config(default = "200ms")]
    pub(crate) interval: Duration,
    /// How long each request waits for its answer.
    #[config(default = "1s")]
    pub(crate) timeout: Duration,
    /// Bytes of payload in a request.
    #[config(default = 56, max = 9000)]
    pub(crate) size: u16,
    /// More requests lost than this, in percent, is a warning.
    #[config(default = 20, max = 100)]
    pub(crate) loss_warning: u8,
    /// More than this is critical. That all are lost is critical in any case.
    #[config(default = 60, max = 100)]
    pub(crate) loss_critical: u8,
    /// A longer average round trip is a warning.
    #[config(example = "100ms")]
    pub(crate) round_trip_warning: Option<Duration>,
    /// A longer one is critical.
    #[config(example = "500ms")]
    pub(crate) round_trip_critical: Option<Duration>,
    /// More jitter, which is how much a round trip differs from the one before it on average, is a warning.
    #[config(example = "20ms")]
    pub(crate) jitter_warning: Option<Duration>,
    /// More is critical.
    #[config(example = "50ms")]
    pub(crate) jitter_critical: Option<Duration>,
    /// Which addresses of the name are used. With `both` each family is asked, and is a finding of its own.
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
