//! How far a connection got, and when. Each step is marked where it happens, and read when the connection is over,
//! however it ended. Kept outside of the future that does the work, which may be cut off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tls::Recorder;
use crate::contract::transport::{Address, Certificate, Phase, Timings, TlsFacts};
use crate::http::mask::{MASKED, Mask};
use crate::shortage::Shortage;

/// One connection and what was done over it (a redirect begins another).
#[derive(Debug)]
pub(crate) struct Timeline {
    began: Instant,
    looked_up: bool,
    /// The addresses were decided.
    resolved: Option<Instant>,
    connecting: Option<Instant>,
    connected: Option<Instant>,
    tls_began: Option<Instant>,
    tls_ended: Option<Instant>,
    /// The last byte of a message was handed to the system, where that is known.
    sent: Option<Instant>,
    answered: Option<Instant>,
    ended: Option<Instant>,
    peer: Option<SocketAddr>,
    /// The resource of the host that is waited for at this moment.
    lacking: Option<Shortage>,
    tls: Option<Arc<Recorder>>,
}

impl Timeline {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            looked_up: false,
            resolved: None,
            connecting: None,
            connected: None,
            tls_began: None,
            tls_ended: None,
            sent: None,
            answered: None,
            ended: None,
            peer: None,
            lacking: None,
            tls: None,
        }
    }

    pub(crate) fn looking_up(&mut self) {
        self.looked_up = true;
    }
    pub(crate) fn resolved(&mut self) {
        self.resolved = Some(Instant::now());
    }
    pub(crate) fn connecting(&mut self) {
        self.connecting = Some(Instant::now());
    }
    pub(crate) fn connected(&mut self) {
        self.connected = Some(Instant::now());
    }
    pub(crate) fn tls_began(&mut self, recorder: Arc<Recorder>) {
        self.tls_began = Some(Instant::now());
        self.tls = Some(recorder);
    }
    pub(crate) fn tls_ended(&mut self) {
        self.tls_ended = Some(Instant::now());
    }
    pub(crate) fn answered(&mut self) {
        self.answered = Some(Instant::now());
    }
    pub(crate) fn ended(&mut self) {
        self.ended = Some(Instant::now());
    }
    /// Notes that the host itself is waited for: if the time runs out now, that is a shortage of the host.
    pub(crate) fn waits_for_host(&mut self, lacking: Option<Shortage>) {
        self.lacking = lacking;
    }
    pub(crate) fn lacking(&self) -> Option<&Shortage> {
        self.lacking.as_ref()
    }
    pub(crate) fn peer(&mut self, peer: SocketAddr) {
        self.peer = Some(peer);
    }

    /// Whether something can have been sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.connected.is_some() && (self.tls.is_none() || self.tls_ended.is_some())
    }

    /// The phase that was under way, or is.
    pub(crate) fn phase(&self) -> Phase {
        if self.answered.is_some() {
            Phase::Transfer
        } else if self.is_ready() {
            Phase::Wait
        } else if self.tls_began.is_some() {
            Phase::Tls
        } else if self.resolved.is_some() || self.connecting.is_some() {
            Phase::Connect
        } else {
            Phase::Name
        }
    }

    /// `wait` holds what `send` does not: a client that does not tell when the last byte left has no `send`.
    pub(crate) fn timings(&self) -> Timings {
        let now = Instant::now();
        let span = |from: Option<Instant>, to: Option<Instant>| {
            from.map(|from| nanos(to.unwrap_or(now).saturating_duration_since(from)))
        };
        let ready = if self.is_ready() { self.tls_ended.or(self.connected) } else { None };
        Timings {
            name: if self.looked_up { span(Some(self.began), self.resolved) } else { None },
            connect: span(self.connecting, self.connected),
            tls: span(self.tls_began, self.tls_ended),
            send: self.sent.and_then(|sent| span(ready, Some(sent))),
            wait: span(self.sent.or(ready), self.answered),
            transfer: span(self.answered, self.ended),
            total: nanos(self.ended.unwrap_or(now).saturating_duration_since(self.began)),
        }
    }

    /// The timings of a stream that is open, over which nothing was asked yet.
    pub(crate) fn opening(&self) -> Timings {
        Timings { send: None, wait: None, transfer: None, ..self.timings() }
    }

    pub(crate) fn address(&self) -> Option<Address> {
        self.peer.map(|peer| Address { ip: peer.ip().to_canonical().to_string(), port: peer.port() })
    }

    /// Places in the chain of the certificates that the trust is based on.
    pub(crate) fn trusted_path(&self) -> Vec<u32> {
        self.tls.as_ref().map(|recorder| recorder.path()).unwrap_or_default()
    }

    /// Whether the peer asked for a client certificate.
    pub(crate) fn wants_certificate(&self) -> bool {
        self.tls.as_ref().is_some_and(|recorder| recorder.wants_certificate())
    }

    /// What the peer showed, without what the guest may not read.
    pub(crate) fn tls_facts(&self, mask: &Mask) -> Option<TlsFacts> {
        let facts = self.tls.as_ref()?.facts()?;
        if !mask.hides_from_guest() {
            return Some(facts);
        }
        let text = |text: String| mask.for_guest(text);
        let shown = self.shown(mask);
        Some(TlsFacts {
            protocol: facts.protocol,
            cipher_suite: facts.cipher_suite,
            alpn: facts.alpn.map(text),
            chain: facts
                .chain
                .into_iter()
                .zip(shown)
                .map(|(certificate, shown)| masked(certificate, shown, mask))
                .collect(),
            ocsp: facts.ocsp.map(|mut der| {
                mask.strike_out(&mut der);
                der
            }),
            untrusted: facts.untrusted.map(|reason| self.reason(reason, mask)),
        })
    }

    /// Why there is no TLS, without anything that the guest may not read: the reason may contain names and numbers of a
    /// certificate in the host's notation.
    pub(crate) fn reason(&self, reason: String, mask: &Mask) -> String {
        match self.shown(mask).contains(&Shown::Secret) {
            true => "the server shows a secret in its certificate".to_owned(),
            false => mask.for_guest(reason),
        }
    }

    /// What each certificate of the chain shows.
    fn shown(&self, mask: &Mask) -> Vec<Shown> {
        if !mask.hides_from_guest() {
            return Vec::new();
        }
        let chain = self.tls.as_ref().map(|recorder| recorder.chain()).unwrap_or_default();
        let shown = |der: Vec<u8>| match mask.hidden_in(&der).is_empty() {
            true => Shown::Nothing,
            false => Shown::Secret,
        };
        chain.into_iter().map(shown).collect()
    }
}

/// Whether a certificate shows something that a guest may not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    Nothing,
    Secret,
}

/// Serial numbers, addresses and object numbers are bytes that the host writes in digits of its own. So if a
/// certificate shows a secret at all, none of its texts is told.
fn masked(certificate: Certificate, shown: Shown, mask: &Mask) -> Certificate {
    let text = |text: String| match shown {
        Shown::Nothing => mask.for_guest(text),
        Shown::Secret => String::from_utf8_lossy(MASKED).into_owned(),
    };
    let Certificate { subject, issuer, serial, names, signature_algorithm, key_algorithm, .. } = certificate;
    Certificate {
        subject: text(subject),
        issuer: text(issuer),
        serial: text(serial),
        names: names.into_iter().map(text).collect(),
        signature_algorithm: text(signature_algorithm),
        key_algorithm: text(key_algorithm),
        ..certificate
    }
}

pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
