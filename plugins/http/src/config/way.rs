//! How a target is reached.

use std::time::Duration;

use watchkeep_sdk::config::{Families, Place, Problems, Secret, Size, expiry_days, has_address};
use watchkeep_sdk::http::Family;

use super::Ask;
use super::values::Resolver;

#[derive(watchkeep_sdk::Config)]
pub(crate) struct Way {
    /// The user agent; default: the host's.
    pub(crate) user_agent: Option<String>,
    /// How much of the answer's body is read.
    #[config(default = "1MiB")]
    pub(crate) body_max: Size,
    /// How long to wait for the answer; never longer than the check's timeout.
    pub(crate) timeout: Option<Duration>,
    /// Warns this many days before a certificate in the chain of trust, of any host on the way, expires; 0 never.
    /// Default: 14 days, none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_warning_days: Option<u32>,
    /// Critical this many days before; 0: only once it has expired. Default: 3 days, none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_critical_days: Option<u32>,
    /// Accepts any certificate. Needs the grant `tls_unverified`; no secret is sent.
    #[config(default = false)]
    pub(crate) ignore_certificate: bool,
    /// The client certificate to present: a secret that holds chain and key in PEM.
    pub(crate) client_certificate: Option<Secret>,
    /// Which IP version to use; `both` makes two findings.
    #[config(default = "any")]
    pub(crate) ip_family: Families,
    /// The name server to query, by address, with `:port` if that is not 53.
    #[config(grants = "dns", example = "192.0.2.53")]
    pub(crate) resolver: Option<Resolver>,
    /// Uses only HTTP/2, over `http://` too.
    #[config(default = false)]
    pub(crate) http2: bool,
}

impl Way {
    /// From how many days on an end that is near is a warning, and critical; none if nobody asks.
    pub(crate) fn expiry_days(&self) -> Option<(u32, u32)> {
        expiry_days(self.tls_expiry_warning_days, self.tls_expiry_critical_days, self.ignore_certificate)
    }

    pub(super) fn fits(&self, url: &str, ask: &Ask, place: &Place<'_>, problems: &mut Problems) {
        let secret = ask.has_credential();
        if self.ignore_certificate && secret {
            problems.add::<()>(
                &place.key("ignore_certificate"),
                "no secret travels to a server whose certificate is not checked; hint: leave out one of them",
            );
        }
        let host = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or(host);
        for family in self.ip_family.each() {
            if *family != Family::Any {
                has_address(host, *family, place, problems);
            }
        }
    }
}
