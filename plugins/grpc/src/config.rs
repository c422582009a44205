//! What an operator writes for a gRPC server.

use std::time::Duration;

use watchkeep_sdk::config::{
    BaseUrl, OneOrMany, Place, Problems, Secret, Table, TlsPeer, expiry_days, has_address, response_times,
};
use watchkeep_sdk::net::Family;

/// Asks a gRPC server for its health.
#[derive(watchkeep_sdk::Config)]
#[config(check = Grpc::consistent)]
pub struct Grpc {
    /// The server's URL: `https://` for TLS, `http://` for unencrypted HTTP/2. A path is put in front of the method's
    /// path.
    #[config(grants = "http", example = "https://grpc.example.com:8443")]
    pub(crate) url: BaseUrl,
    /// Services to query, each a finding of its own; an empty name means the server as a whole, which is the default.
    #[config(default, example = ["", "shop.v1.Orders"])]
    pub(crate) service: OneOrMany<String>,
    /// The expected health status.
    #[config(default = "serving", example = "not_serving")]
    pub(crate) expect: Expected,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// Metadata to send, with lower-case names.
    #[config(default)]
    pub(crate) metadata: Table<String>,
    /// Metadata whose values are secrets.
    #[config(default)]
    pub(crate) secret_metadata: Table<Secret>,
    /// A response time above this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Warns this many days before a certificate in the chain of trust expires; 0 never warns. Default: 14 days, or
    /// none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_warning_days: Option<u32>,
    /// Critical this many days before a certificate expires. Default: 3 days, or none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_critical_days: Option<u32>,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// Which IP version to use.
    #[config(default = "any", example = "ipv4")]
    pub(crate) ip_family: Family,
}

/// The health status of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Expected {
    Serving,
    NotServing,
}

impl Grpc {
    /// In their order, each once.
    pub(crate) fn services(&self) -> Vec<&str> {
        let mut services: Vec<&str> = Vec::new();
        for service in &self.service.0 {
            if !services.contains(&service.as_str()) {
                services.push(service);
            }
        }
        if services.is_empty() { vec![""] } else { services }
    }

    /// From how many days on an end that is near is a warning, and critical.
    pub(crate) fn expiry_days(&self) -> Option<(u32, u32)> {
        let (warning, critical) = (self.tls_expiry_warning_days, self.tls_expiry_critical_days);
        expiry_days(warning, critical, self.peer.ignore_certificate)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(self.url.host(), self.ip_family, place, problems);
        const SERVICES_MAX: usize = 50;
        if self.service.0.len() > SERVICES_MAX {
            problems.add::<()>(
                &place.key("service"),
                format!("at most {SERVICES_MAX}; hint: write a second check"),
            );
        }
        let has_secret = self.bearer.is_some() || !self.secret_metadata.0.is_empty();
        self.peer.keeps_secrets(has_secret, place, problems);
        let names = self.metadata.0.iter().map(|(name, _)| ("metadata", name));
        for (key, name) in
            names.chain(self.secret_metadata.0.iter().map(|(name, _)| ("secret_metadata", name)))
        {
            if let Some(wrong) = no_metadata(name) {
                problems.add::<()>(&place.key(key).key(name), wrong);
            }
        }
        for (name, value) in &self.metadata.0 {
            if value.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) {
                problems.add::<()>(
                    &place.key("metadata").key(name),
                    "metadata has printable ASCII alone; hint: encode it, as the service wants it",
                );
            }
        }
    }
}

/// Why it is no name of metadata that a client may send.
fn no_metadata(name: &str) -> Option<&'static str> {
    const OWN: [&str; 5] = ["content-type", "te", "grpc-timeout", "grpc-encoding", "host"];
    let stands = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(stands) {
        return Some("a name of metadata has lower-case letters, digits, `-`, `_` and `.`");
    }
    OWN.contains(&name).then_some("is written by the check itself; hint: leave it out")
}
