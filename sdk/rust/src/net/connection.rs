//! An open stream.

use std::time::Duration;

use super::{Address, Encoding, Failure, FailureKind, Inspection, Phase, Timings, TlsFacts, TlsOptions};
use crate::backend;
use crate::clock;
use crate::config::Secret;
use crate::transport::millis;

/// Bytes of one line at most.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// Read at once by what looks for an end.
const PIECE_BYTES: u32 = 4 << 10;

/// An open stream; closed when it is dropped.
#[derive(Debug)]
pub struct Connection {
    wire: backend::NetConnection,
    opened: Timings,
    /// Read, but not yet asked for.
    ahead: Vec<u8>,
    timeout: Duration,
    /// When it began what several calls do together in the time of one.
    talking: Option<Duration>,
    admission: Admission,
}

/// Whether the peer has taken the client for one that may speak to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Admission {
    /// Nobody was asked who he is, or an answer came since.
    Certain,
    /// The peer asked for a client certificate, and nothing came since.
    Open { is_shown: bool },
}

impl Connection {
    pub(super) fn new(wire: backend::NetConnection) -> Self {
        let opened = wire.timings();
        Self {
            wire,
            opened,
            ahead: Vec::new(),
            timeout: Duration::MAX,
            talking: None,
            admission: Admission::Certain,
        }
    }
    /// How long opening it took.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.opened.total)
    }
    /// Of opening it.
    pub fn timings(&self) -> Timings {
        self.opened
    }
    /// None for a socket of this machine.
    pub fn peer(&self) -> Option<Address> {
        self.wire.peer()
    }
    /// For each later call on it, however often the peer lets something come meanwhile. Never longer than what the run has
    /// left, which is also the default.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// At most `max` bytes, as soon as some are there; none means that the peer closed.
    pub fn read(&mut self, max: u32) -> Result<Vec<u8>, Box<Failure>> {
        if self.ahead.is_empty() {
            return self.read_wire(max, self.allowed());
        }
        let most = self.ahead.len().min(max as usize);
        Ok(self.ahead.drain(..most).collect())
    }
    /// Exactly so many bytes.
    pub fn read_exactly(&mut self, count: usize) -> Result<Vec<u8>, Box<Failure>> {
        let since = clock::monotonic();
        while self.ahead.len() < count {
            self.read_ahead(since)?;
        }
        Ok(self.ahead.drain(..count).collect())
    }
    /// The next line without its end; what is not UTF-8 becomes U+FFFD.
    pub fn read_line(&mut self) -> Result<String, Box<Failure>> {
        let since = clock::monotonic();
        loop {
            if let Some(at) = self.ahead.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.ahead.drain(..=at).collect();
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.ahead.len() >= LINE_BYTES_MAX {
                let message = format!("a line is longer than {LINE_BYTES_MAX} bytes");
                return Err(self.failure(FailureKind::TooLarge, message));
            }
            self.read_ahead(since)?;
        }
    }
    /// For a call that began then: who sends a byte now and then does not make it last.
    fn read_ahead(&mut self, since: Duration) -> Result<(), Box<Failure>> {
        let since = self.talking.unwrap_or(since);
        let left = self.timeout.saturating_sub(clock::monotonic().saturating_sub(since));
        let read = if left.is_zero() {
            Err(self.failure(FailureKind::TimedOut, ""))
        } else {
            self.read_wire(PIECE_BYTES, left)
        };
        let read = read.map_err(|mut failure| {
            if failure.kind == FailureKind::TimedOut {
                let passed = clock::monotonic().saturating_sub(since);
                failure.timings.total = nanos(passed);
            }
            failure
        })?;
        if read.is_empty() {
            return Err(self.failure(FailureKind::Closed, "the peer closed before all was there"));
        }
        self.ahead.extend_from_slice(&read);
        Ok(())
    }

    /// Writes all of it, or fails.
    pub fn write(&mut self, data: impl AsRef<[u8]>) -> Result<(), Box<Failure>> {
        let written = self.wire.write(data.as_ref(), millis(self.allowed()));
        written.map_err(|failure| self.with_reason(failure))
    }
    /// Writes the secret between two texts, all of it encoded together: `PLAIN` of SMTP is
    /// `write_secret(&password, "\0user\0", "", Encoding::Base64)`. The secret must be bound to this endpoint.
    pub fn write_secret(
        &mut self,
        secret: &Secret,
        before: impl AsRef<[u8]>,
        after: impl AsRef<[u8]>,
        encoding: Encoding,
    ) -> Result<(), Box<Failure>> {
        let timeout = millis(self.timeout);
        let (before, after) = (before.as_ref(), after.as_ref());
        let written = self.wire.write_secret(secret.name(), before, after, encoding, timeout);
        written.map_err(|failure| self.with_reason(failure))
    }
    /// At once, or after the peer agreed to STARTTLS.
    pub fn start_tls(&mut self, options: &TlsOptions) -> Result<TlsFacts, Box<Failure>> {
        self.nothing_is_ahead()?;
        let facts = self.wire.start_tls(options, millis(self.timeout)).map_err(Box::new)?;
        if self.wire.certificate_requested() {
            self.admission = Admission::Open { is_shown: options.client_certificate.is_some() };
        }
        Ok(facts)
    }
    /// Of the chain that [`start_tls`](Connection::start_tls) told the certificates that the trust rests on, by their places in
    /// it, the server's own first; none where it is not trusted. [`TlsFacts::earliest_of`] tells which of them expires first.
    pub fn path(&self) -> Vec<u32> {
        self.wire.path()
    }
    /// Whether the peer lets the client in: under TLS 1.3 it looks at a client certificate when the handshake is over already,
    /// and what it says of it comes later than anything that is said at once. Waits so long for a word at most, and not at all
    /// where the peer asked for no certificate, or has spoken since; what comes is kept for the next read.
    pub fn admitted(&mut self, patience: Duration) -> Result<(), Box<Failure>> {
        if self.admission == Admission::Certain {
            return Ok(());
        }
        match self.read_wire(PIECE_BYTES, patience.min(self.allowed())) {
            Ok(read) => {
                self.ahead.extend(read);
                Ok(())
            }
            Err(failure) if failure.kind == FailureKind::TimedOut => Ok(()),
            Err(failure) => Err(failure),
        }
    }
    /// The handshake as [`start_tls`](Connection::start_tls) does it, and no more: the stream ends with it, and a chain that
    /// is not trusted is a fact, not a failure. With a client certificate the chain has to be trusted all the same.
    pub fn inspect_tls(self, options: &TlsOptions) -> Result<Inspection, Box<Failure>> {
        self.nothing_is_ahead()?;
        self.wire.inspect_tls(options, millis(self.timeout)).map_err(Box::new)
    }
    /// All that `talk` does takes no longer than one call may.
    pub(crate) fn together<T, E: From<Box<Failure>>>(
        &mut self,
        talk: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.talking = Some(clock::monotonic());
        let talked = talk(self);
        self.talking = None;
        talked
    }
    /// A peer that asked for a client certificate and leaves without a word does so for a reason.
    fn read_wire(&mut self, max: u32, timeout: Duration) -> Result<Vec<u8>, Box<Failure>> {
        if self.admission == Admission::Certain {
            return self.wire.read(max, millis(timeout)).map_err(Box::new);
        }
        let since = clock::monotonic();
        match self.wire.read(max, millis(timeout)) {
            Ok(read) if read.is_empty() => {
                let mut failure = self.failure(FailureKind::Closed, "");
                failure.timings.total = nanos(clock::monotonic().saturating_sub(since));
                Err(self.with_reason(*failure))
            }
            Ok(read) => {
                self.admission = Admission::Certain;
                Ok(read)
            }
            Err(failure) => Err(self.with_reason(failure)),
        }
    }
    fn with_reason(&self, mut failure: Failure) -> Box<Failure> {
        let has_left = matches!(failure.kind, FailureKind::Closed | FailureKind::Reset);
        let reason = match self.admission {
            Admission::Open { is_shown: false } => "it asked for a client certificate, and none was shown",
            Admission::Open { is_shown: true } => {
                "it asked for a client certificate, and may not have taken the one that was shown"
            }
            Admission::Certain => "",
        };
        if has_left && !reason.is_empty() {
            failure.message = reason.to_owned();
        }
        Box::new(failure)
    }
    fn allowed(&self) -> Duration {
        let passed = self.talking.map(|since| clock::monotonic().saturating_sub(since));
        self.timeout.saturating_sub(passed.unwrap_or_default())
    }

    /// Whoever sent something before a handshake wants it to be taken for what comes under TLS.
    fn nothing_is_ahead(&self) -> Result<(), Box<Failure>> {
        if self.ahead.is_empty() {
            return Ok(());
        }
        Err(self.failure(FailureKind::Protocol, "the peer sent more before the handshake"))
    }

    pub(crate) fn failure(&self, kind: FailureKind, message: impl Into<String>) -> Box<Failure> {
        let mut failure = Failure::of(kind, Phase::Transfer, message);
        failure.peer = self.peer();
        failure
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
