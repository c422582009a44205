//! What checks that use TLS require of their peer.

use super::{Place, Problems, Secret, ServerName};
use crate::transport::TlsOptions;

const WARNING_DAYS: u32 = 14;
const CRITICAL_DAYS: u32 = 3;

/// Keys that stand among those of a check, by `#[config(flatten)]`.
///
/// ```
/// use watchkeep_sdk::config::TlsPeer;
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Ask {
///     #[config(grants = "tcp")]
///     address: String,
///     #[config(flatten)]
///     peer: TlsPeer,
/// }
/// let config = r#"{"address": "mail.example.com:993", "server_name": "imap.example.com"}"#;
/// let ask: Ask = watchkeep_sdk::config::parse(config).unwrap();
/// assert_eq!(ask.peer.options().server_name.as_deref(), Some("imap.example.com"));
/// assert_eq!(ask.peer.said().collect::<Vec<_>>(), ["server_name"]);
/// ```
#[derive(watchkeep_sdk::Config)]
pub struct TlsPeer {
    /// The name sent in the TLS handshake, and wherever else the protocol names a host; default: the target's host.
    /// Needs the grant `server_name`.
    #[config(example = "www.example.com")]
    pub server_name: Option<ServerName>,
    /// Accepts any certificate. Needs the grant `tls_unverified`; no secret is sent.
    #[config(default = false)]
    pub ignore_certificate: bool,
    /// The client certificate to present: a secret that holds chain and key in PEM.
    pub client_certificate: Option<Secret>,
}

impl TlsPeer {
    /// The options for the handshake.
    pub fn options(&self) -> TlsOptions {
        let mut options = TlsOptions::new();
        if let Some(name) = self.server_name() {
            options = options.server_name(name);
        }
        if self.ignore_certificate {
            options = options.ignore_certificate();
        }
        match &self.client_certificate {
            Some(certificate) => options.client_certificate(certificate),
            None => options,
        }
    }
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_ref().map(ServerName::as_str)
    }
    /// The keys that are set.
    pub fn said(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.server_name.is_some(), "server_name"),
            (self.ignore_certificate, "ignore_certificate"),
            (self.client_certificate.is_some(), "client_certificate"),
        ];
        all.into_iter().filter_map(|(is_set, key)| is_set.then_some(key))
    }
    /// Reports if a secret, including the client certificate, would be sent to a peer that need not be trusted.
    pub fn keeps_secrets(&self, has_secret: bool, place: &Place<'_>, problems: &mut Problems) {
        if self.ignore_certificate && (has_secret || self.client_certificate.is_some()) {
            problems.add::<()>(
                &place.key("ignore_certificate"),
                "no secret travels to a server whose certificate is not checked; hint: leave out one of them",
            );
        }
    }
}

/// How many days before a certificate's end there is a warning, and how many days before it is critical, from what the
/// operator wrote: by default 14 and 3. If the certificate does not matter, there are none unless the operator sets
/// them.
///
/// ```
/// use watchkeep_sdk::config::expiry_days;
///
/// assert_eq!(expiry_days(None, Some(7), false), Some((14, 7)));
/// assert_eq!(expiry_days(None, None, true), None);
/// assert_eq!(expiry_days(Some(30), None, true), Some((30, 0)));
/// ```
pub fn expiry_days(warning: Option<u32>, critical: Option<u32>, is_ignored: bool) -> Option<(u32, u32)> {
    match (warning, critical) {
        (None, None) if is_ignored => None,
        (warning, critical) if is_ignored => Some((warning.unwrap_or(0), critical.unwrap_or(0))),
        (warning, critical) => Some((warning.unwrap_or(WARNING_DAYS), critical.unwrap_or(CRITICAL_DAYS))),
    }
}
