//! How far an exchange came, and when: stamped where it happens, read when it is over, however it ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::certificate;
use crate::contract::transport::{Address, Phase, Timings, TlsFacts};

/// One exchange (a redirect begins another).
#[derive(Debug)]
pub(super) struct Trace {
    marks: Mutex<Marks>,
}

#[derive(Clone, Debug)]
pub(super) struct Marks {
    pub(super) began: Instant,
    /// The name was looked up, or none was needed.
    pub(super) resolved: Option<Instant>,
    pub(super) looked_up: bool,
    pub(super) connecting: Option<Instant>,
    pub(super) tls_began: Option<Instant>,
    /// Connection and handshake are done.
    pub(super) connected: Option<Instant>,
    pub(super) answered: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) peer: Option<Address>,
    pub(super) tls: Option<Handshake>,
}

/// What the peer showed, trusted or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Handshake {
    /// DER, leaf first.
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) ocsp: Option<Vec<u8>>,
    pub(super) untrusted: Option<String>,
    pub(super) protocol: &'static str,
    pub(super) alpn: Option<String>,
}

impl Trace {
    pub(super) fn begin() -> Self {
        Self {
            marks: Mutex::new(Marks {
                began: Instant::now(),
                resolved: None,
                looked_up: false,
                connecting: None,
                tls_began: None,
                connected: None,
                answered: None,
                ended: None,
                peer: None,
                tls: None,
            }),
        }
    }
    pub(super) fn marks(&self) -> MutexGuard<'_, Marks> {
        // Marks are plain values: whoever panicked left them readable.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marks {
    /// The phase that was under way, or is.
    pub(super) fn phase(&self) -> Phase {
        if self.answered.is_some() {
            Phase::Transfer
        } else if self.connected.is_some() {
            Phase::Wait
        } else if self.tls_began.is_some() {
            Phase::Tls
        } else if self.resolved.is_some() {
            Phase::Connect
        } else {
            Phase::Name
        }
    }

    /// `send` is none: the client does not tell when the last byte left, so it is part of `wait`.
    pub(super) fn timings(&self) -> Timings {
        let now = Instant::now();
        let span = |from: Option<Instant>, to: Option<Instant>| {
            from.map(|from| nanos(to.unwrap_or(now).saturating_duration_since(from)))
        };
        Timings {
            name: if self.looked_up || self.resolved.is_none() {
                span(Some(self.began), self.resolved)
            } else {
                None
            },
            connect: span(self.connecting, self.tls_began.or(self.connected)),
            tls: span(self.tls_began, self.connected),
            send: None,
            wait: span(self.connected, self.answered),
            transfer: span(self.answered, self.ended),
            total: nanos(self.ended.unwrap_or(now).saturating_duration_since(self.began)),
        }
    }

    pub(super) fn tls_facts(&self) -> Option<TlsFacts> {
        let handshake = self.tls.as_ref()?;
        Some(TlsFacts {
            protocol: handshake.protocol.to_owned(),
            cipher_suite: None,
            alpn: handshake.alpn.clone(),
            chain: handshake.chain.iter().map(|der| certificate::facts(der)).collect(),
            ocsp: handshake.ocsp.clone(),
            untrusted: handshake.untrusted.clone(),
        })
    }
}

fn nanos(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
