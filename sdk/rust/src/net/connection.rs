//! An open stream.

use std::time::Duration;

use super::{Address, Encoding, Failure, FailureKind, Inspection, Phase, Timings, TlsFacts, TlsOptions};
use crate::backend;
use crate::clock;
use crate::config::Secret;
use crate::transport::millis;

/// The most bytes of one line.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// How much is read at once when looking for an end.
const PIECE_BYTES: u32 = 4 << 10;

/// An open stream; closed when it is dropped.
#[derive(Debug)]
pub struct Connection {
    wire: backend::NetConnection,
    opened: Timings,
    /// Read from the wire, but not requested yet.
    ahead: Vec<u8>,
    timeout: Duration,
    /// When an operation of several calls that share the time of one began.
    talking: Option<Duration>,
    admission: Admission,
}

/// Whether the peer has accepted the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Admission {
    /// The peer asked for no certificate, or has sent something since.
    Certain,
    /// The peer asked for a client certificate, and has sent nothing since.
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
    /// How long it took to open.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.opened.total)
    }
    /// The timings of opening it.
    pub fn timings(&self) -> Timings {
        self.opened
    }
    /// The address of the peer; `None` for a socket of this machine.
    pub fn peer(&self) -> Option<Address> {
        self.wire.peer()
    }
    /// Sets the timeout of each later call on it, however often the peer sends something meanwhile. It is never longer
    /// than what remains of the run, which is also the default.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Reads at most `max` bytes, as soon as there are some; none means that the peer has closed.
    pub fn read(&mut self, max: u32) -> Result<Vec<u8>, Box<Failure>> {
        if self.ahead.is_empty() {
            return self.read_wire(max, self.allowed());
        }
        let most = self.ahead.len().min(max as usize);
        Ok(self.ahead.drain(..most).collect())
    }
    /// Reads exactly this many bytes.
    pub fn read_exactly(&mut self, count: usize) -> Result<Vec<u8>, Box<Failure>> {
        let since = clock::monotonic();
        while self.ahead.len() < count {
            self.read_ahead(since)?;
        }
        Ok(self.ahead.drain(..count).collect())
    }
    /// Reads a line, and returns it without its end; what is not UTF-8 becomes U+FFFD.
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
    /// Reads more for a call that began at `since`. A peer that sends a byte now and then does not prolong the call.
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

    /// Writes everything, or fails.
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
    /// Begins TLS, at once or after the peer agreed to STARTTLS.
    pub fn start_tls(&mut self, options: &TlsOptions) -> Result<TlsFacts, Box<Failure>> {
        self.nothing_is_ahead()?;
        let facts = self.wire.start_tls(options, millis(self.timeout)).map_err(Box::new)?;
        if self.wire.certificate_requested() {
            self.admission = Admission::Open { is_shown: options.client_certificate.is_some() };
        }
        Ok(facts)
    }
    /// The certificates that the trust rests on, as positions in the chain that [`start_tls`](Connection::start_tls)
    /// returned, the server's own first; empty if the chain is not trusted. [`TlsFacts::earliest_of`] says which of
    /// them expires first.
    pub fn path(&self) -> Vec<u32> {
        self.wire.path()
    }
    /// Checks whether the peer accepts the client. Under TLS 1.3, the peer looks at a client certificate only after the
    /// handshake, and a refusal comes later than anything that is said at once. Waits at most this long for something
    /// to arrive, and not at all if the peer asked for no certificate or has sent something since. What arrives is kept
    /// for the next read.
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
    /// Does the same handshake as [`start_tls`](Connection::start_tls), and no more: the stream ends with it, and an
    /// untrusted chain is a fact, not a failure. With a client certificate, the chain must be trusted all the same.
    pub fn inspect_tls(self, options: &TlsOptions) -> Result<Inspection, Box<Failure>> {
        self.nothing_is_ahead()?;
        self.wire.inspect_tls(options, millis(self.timeout)).map_err(Box::new)
    }
    /// Does everything in `talk` within the time of one call.
    pub(crate) fn together<T, E: From<Box<Failure>>>(
        &mut self,
        talk: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.talking = Some(clock::monotonic());
        let talked = talk(self);
        self.talking = None;
        talked
    }
    /// Reads from the wire. If a peer that asked for a client certificate closes without a word, the certificate is
    /// named as the reason.
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

    /// Fails if bytes came before the handshake: whoever sent them wants them to pass for something that came under
    /// TLS.
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
