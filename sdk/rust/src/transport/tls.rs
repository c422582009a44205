//! The options of a handshake, and what it showed.

use super::{Certificate, TlsFacts, TlsOptions, Trust};
use crate::config::Secret;

impl Default for TlsOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TlsOptions {
    /// Options for the target's own name, and a chain that must be trusted.
    pub fn new() -> Self {
        TlsOptions { server_name: None, trust: Trust::Require, alpn: Vec::new(), client_certificate: None }
    }
    /// Sets the name for the handshake, if it differs from the target's host. The operator must grant it.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }
    /// Continues with a chain that is not trusted. The operator must grant it, and no secret is sent.
    #[must_use]
    pub fn ignore_certificate(mut self) -> Self {
        self.trust = Trust::Ignore;
        self
    }
    /// Offers a protocol, after those that were offered before.
    #[must_use]
    pub fn alpn(mut self, protocol: impl Into<String>) -> Self {
        self.alpn.push(protocol.into());
        self
    }
    /// Shows a client certificate: the secret contains its chain and key.
    #[must_use]
    pub fn client_certificate(mut self, secret: &Secret) -> Self {
        self.client_certificate = Some(secret.name().to_owned());
        self
    }
}

impl TlsFacts {
    /// The certificate of the chain that expires first.
    pub fn earliest_expiry(&self) -> Option<&Certificate> {
        self.chain.iter().min_by_key(|certificate| certificate.not_after)
    }
    /// The certificate that expires first among those that the trust rests on, by their positions in the chain; if it
    /// rests on none, among all that were sent.
    pub fn earliest_of(&self, path: &[u32]) -> Option<&Certificate> {
        let at = |place: &u32| self.chain.get(usize::try_from(*place).ok()?);
        if path.is_empty() {
            return self.earliest_expiry();
        }
        path.iter().filter_map(at).min_by_key(|certificate| certificate.not_after)
    }
}
