//! What the network calls share: how they fail, the facts about TLS, the peers they reached.

mod failure;
mod tls;

pub use crate::bindings::imports::watchkeep::plugin::transport::{
    Address, Certificate, Credential, Digest, Encoding, Failure, FailureKind, Family, HmacPlacement,
    MessagePart, Phase, Placement, Sigv4Placement, Timings, TlsFacts, TlsOptions, Trust,
};
pub use failure::span;

use std::time::Duration;

/// The duration in milliseconds, as the contract counts.
pub(crate) fn millis(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000).saturating_add(u64::from(span.subsec_millis()))
}

/// The timings if nothing was reached.
impl Default for Timings {
    fn default() -> Self {
        Timings { name: None, connect: None, tls: None, send: None, wait: None, transfer: None, total: 0 }
    }
}

impl Failure {
    /// A failure that the SDK itself finds, without calling the host.
    pub(crate) fn of(kind: FailureKind, phase: Phase, message: impl Into<String>) -> Box<Self> {
        Box::new(Failure {
            kind,
            phase,
            message: message.into(),
            peer: None,
            tls: None,
            timings: Timings::default(),
        })
    }
}

/// Splits `host:port`, in which the host may be in brackets.
pub(crate) fn host_and_port(address: &str) -> Result<(&str, u16), Box<Failure>> {
    let parsed = address.rsplit_once(':').and_then(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        // A colon outside brackets is part of an IPv6 address without a port.
        let host = bare.or_else(|| (!host.contains(':')).then_some(host))?;
        Some((host, port.parse().ok()?))
    });
    parsed.filter(|(host, _)| !host.is_empty()).ok_or_else(|| {
        let message = format!(
            "`{address}` is not a `host:port`; hint: write `db.example.com:5432`, `[2001:db8::1]:443`"
        );
        Failure::of(FailureKind::Invalid, Phase::Policy, message)
    })
}
