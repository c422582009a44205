//! `connection`: what a guest does with an open stream. A write that was cut off leaves the stream in an unknown state,
//! so the stream is closed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wasmtime::component::Resource;
use watchkeep_core::grant::Scheme;
use watchkeep_core::ids::SecretName;

use super::handshake::{self, Decided};
use super::open::timed_out;
use super::stream::{Duplex, Stream, Unread};
use crate::call::CallState;
use crate::contract::net::{HostConnection, Inspection};
use crate::contract::transport::{
    Address, Encoding, Failure, FailureKind, Phase, Timings, TlsFacts, TlsOptions,
};
use crate::network::failure::{self, Problem};
use crate::network::guard::{self, Destination, Said};
use crate::network::secret;
use crate::network::sockets::Place;
use crate::network::timeline::{Timeline, nanos};
use crate::network::tls::{TlsStream, Trust};

/// The most bytes that one `read` returns.
const READ_BYTES_MAX: usize = 1 << 20;
/// The most bytes that are encoded together with a secret.
const AROUND_SECRET_BYTES_MAX: usize = 4 << 10;
/// The most secrets that one call may write.
const SECRETS_MAX: u32 = 100;

/// What a guest's handle stands for. `None` only while one of its calls is under way.
#[allow(unreachable_pub, reason = "the bindings name it, and theirs are public")]
pub struct Connection(pub(super) Option<Open>);

pub(super) struct Open {
    /// The stream; `None` once it cannot be used any more.
    pub(super) stream: Option<Stream>,
    pub(super) endpoint: Endpoint,
    pub(super) peer: Option<Address>,
    opened: Timings,
    pub(super) protection: Protection,
    /// The phase of a read: before the first byte of an answer, or after it.
    phase: Phase,
    /// The end of what the guest has written, if the call has secrets.
    written: Vec<u8>,
    _place: Place,
}

/// The endpoint of a stream, as it was decided.
#[derive(Clone, Debug)]
pub(super) enum Endpoint {
    Remote { host: String, port: u16 },
    Local { socket: String },
}

#[derive(Clone, Debug)]
pub(super) enum Protection {
    None,
    Tls {
        facts: TlsFacts,
        trust: Trust,
        /// The positions in the chain of the certificates that the trust rests on.
        path: Vec<u32>,
        wants_certificate: bool,
    },
}

impl Open {
    pub(super) fn new(stream: Stream, endpoint: Endpoint, timeline: &mut Timeline, place: Place) -> Self {
        timeline.ended();
        Self {
            stream: Some(stream),
            endpoint,
            peer: timeline.address(),
            opened: timeline.opening(),
            protection: Protection::None,
            phase: Phase::Wait,
            written: Vec::new(),
            _place: place,
        }
    }

    /// The failure of a read or a write that began at `began`.
    fn failure(&self, state: &mut CallState, problem: Problem, began: Instant) -> Failure {
        let took = nanos(began.elapsed());
        let phase = problem.phase;
        let of = |one: Phase| (phase == one).then_some(took);
        let told = problem.told(state, &Timeline::begin());
        Failure {
            kind: told.kind,
            phase,
            message: told.message,
            peer: self.peer.clone(),
            tls: match &self.protection {
                Protection::None => None,
                Protection::Tls { facts, .. } => Some(facts.clone()),
            },
            timings: Timings {
                name: None,
                connect: None,
                tls: None,
                send: of(Phase::Send),
                wait: of(Phase::Wait),
                transfer: of(Phase::Transfer),
                total: took,
            },
        }
    }

    fn handshake_failure(&self, state: &mut CallState, problem: Problem, timeline: &Timeline) -> Failure {
        Failure { peer: self.peer.clone(), ..problem.told(state, timeline) }
    }

    async fn read(&mut self, state: &mut CallState, max: u32, span: Duration) -> Result<Vec<u8>, Problem> {
        let phase = self.phase;
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        if state.net_room() == 0 {
            state.net_bytes(1, phase)?;
        }
        let max = (max as usize).clamp(1, READ_BYTES_MAX).min(state.net_room());
        let mut pace = state.pace();
        let read = match tokio::time::timeout(span, stream.read(max, &state.mask, &mut pace)).await {
            Ok(read) => read,
            Err(_) => return Err(timed_out(phase, "nothing came", span)),
        };
        let bytes = match read {
            Ok(bytes) => bytes,
            // A peer that ends TLS without saying so may have been cut off.
            Err(Unread::Io(error)) => return Err(failure::of_io(&error, phase)),
            Err(Unread::OverBudget) => return Err(guard::over_budget(state)),
        };
        state.net_bytes(bytes.len(), phase)?;
        self.phase = Phase::Transfer;
        Ok(bytes)
    }

    async fn write(&mut self, state: &mut CallState, data: &[u8], span: Duration) -> Result<(), Problem> {
        let mut stream = self.stream.take().ok_or_else(gone)?;
        state.net_bytes(data.len(), Phase::Send)?;
        state.network.sent = true;
        match tokio::time::timeout(span, stream.write(data)).await {
            Ok(Ok(())) => {
                self.stream = Some(stream);
                self.phase = Phase::Wait;
                Ok(())
            }
            // What the peer sent before the write failed can still be read.
            Ok(Err(error)) => {
                self.stream = Some(stream);
                Err(failure::of_io(&error, Phase::Send))
            }
            Err(_) => Err(timed_out(Phase::Send, "not all was taken", span)),
        }
    }

    /// Keeps a secret from going where it is not bound, even if it is written in pieces.
    async fn keep_in(&mut self, state: &mut CallState, data: &[u8]) -> Result<(), Problem> {
        let longest = state.mask.longest();
        if longest == 0 {
            return Ok(());
        }
        let text = [&*self.written, data].concat();
        let to = match &self.endpoint {
            Endpoint::Remote { host, port } => {
                Destination::Endpoint { scheme: Scheme::Tcp, host, port: *port }
            }
            Endpoint::Local { .. } => Destination::Other("what is written to a socket of this machine"),
        };
        guard::check(state, to, Said::ByGuest, &[&text]).await?;
        self.written = text[text.len().saturating_sub(longest)..].to_vec();
        Ok(())
    }

    /// The secret between what the guest put around it, encoded.
    fn with_secret(
        &self,
        state: &mut CallState,
        name: &str,
        (before, after): (&[u8], &[u8]),
        encoding: Encoding,
    ) -> Result<Vec<u8>, Problem> {
        let name = SecretName::from(name);
        let Endpoint::Remote { host, port } = &self.endpoint else {
            return Err(Problem::invalid("no secret travels over a socket of this machine"));
        };
        match &self.protection {
            Protection::None | Protection::Tls { trust: Trust::Require, .. } => {}
            Protection::Tls { trust: Trust::Ignore, .. } => {
                return Err(Problem::invalid("no credential travels over TLS that is not verified"));
            }
        }
        if before.len() + after.len() > AROUND_SECRET_BYTES_MAX {
            let message =
                format!("more than {AROUND_SECRET_BYTES_MAX} bytes around a secret; write them apart");
            return Err(Problem::invalid(message));
        }
        if state.own.net.secrets >= SECRETS_MAX {
            let message =
                state.refusals.limit(format!("more than {SECRETS_MAX} secrets written in one call"));
            return Err(Problem::new(FailureKind::Limit, Phase::Policy, message));
        }
        state.own.net.secrets += 1;
        let secret = secret::take(state, &name)?;
        secret::decide(state, &name, &secret, Scheme::Tcp, host, *port)?;
        let whole = [before, &secret.value, after].concat();
        Ok(match encoding {
            Encoding::Raw => whole,
            Encoding::Base64 => STANDARD.encode(whole).into_bytes(),
            Encoding::Hex => hex::encode(&whole).into_bytes(),
        })
    }

    /// Does a TLS handshake on a stream that is open in the clear, with the options that `decide` returns.
    async fn shake_hands(
        &mut self,
        state: &mut CallState,
        timeline: &mut Timeline,
        decide: impl FnOnce(&mut CallState, &str, u16) -> Result<Decided, Problem>,
        span: Duration,
    ) -> Result<(TlsStream<Box<dyn Duplex>>, TlsFacts, Trust), Problem> {
        if matches!(self.protection, Protection::Tls { .. }) {
            return Err(Problem::invalid("the stream is under TLS already"));
        }
        let (host, port) = match &self.endpoint {
            Endpoint::Remote { host, port } => (host, *port),
            Endpoint::Local { socket } => {
                let message = format!("socket `{socket}` leads to this machine, and there is no TLS to it");
                return Err(Problem::invalid(message));
            }
        };
        let wanted = decide(state, host, port)?;
        let stream = self.stream.take().ok_or_else(gone)?;
        let wire = stream.into_wire().map_err(|bytes| {
            let message = format!("the peer sent {bytes} bytes before the handshake that belong to nothing");
            Problem::new(FailureKind::Protocol, Phase::Tls, message)
        })?;
        let network = Arc::clone(&state.network.shared);
        let (stream, facts) =
            handshake::shake_hands(&network.tls, timeline, wire, &wanted, (span, &state.mask)).await?;
        Ok((stream, facts, wanted.trust))
    }

    async fn start_tls(
        &mut self,
        state: &mut CallState,
        timeline: &mut Timeline,
        options: TlsOptions,
        span: Duration,
    ) -> Result<TlsFacts, Problem> {
        let decide = |state: &mut CallState, host: &str, port| handshake::decide(state, host, port, options);
        let (stream, facts, trust) = self.shake_hands(state, timeline, decide, span).await?;
        self.stream = Some(Stream::new(stream));
        self.protection = Protection::Tls {
            facts: facts.clone(),
            trust,
            path: timeline.trusted_path(),
            wants_certificate: timeline.wants_certificate(),
        };
        self.phase = Phase::Wait;
        Ok(facts)
    }

    /// Looks at the server's chain. The stream cannot be used afterwards.
    async fn inspect_tls(
        &mut self,
        state: &mut CallState,
        timeline: &mut Timeline,
        options: TlsOptions,
        span: Duration,
    ) -> Result<Inspection, Problem> {
        let decide = |state: &mut CallState, host: &str, port| {
            handshake::decide_inspection(state, host, port, options)
        };
        let (_, facts, _) = self.shake_hands(state, timeline, decide, span).await?;
        Ok(Inspection { facts, path: timeline.trusted_path(), timings: timeline.timings() })
    }
}

fn gone() -> Problem {
    Problem::new(FailureKind::Closed, Phase::Policy, "the connection is not open any more")
}

impl CallState {
    /// Takes the stream out of the handle for the time of one call, because the call's state is needed as well.
    fn borrow(&mut self, handle: &Resource<Connection>) -> wasmtime::Result<Open> {
        let held = self.handles.get_mut(handle)?;
        held.0.take().ok_or_else(|| wasmtime::Error::msg("the connection is in use"))
    }
    fn give_back(&mut self, handle: &Resource<Connection>, open: Open) -> wasmtime::Result<()> {
        self.handles.get_mut(handle)?.0 = Some(open);
        Ok(())
    }
    fn held(&self, handle: &Resource<Connection>) -> wasmtime::Result<&Open> {
        let held = self.handles.get(handle)?;
        held.0.as_ref().ok_or_else(|| wasmtime::Error::msg("the connection is in use"))
    }
}

impl HostConnection for CallState {
    async fn peer(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Option<Address>> {
        self.enter()?;
        Ok(self.held(&handle)?.peer.clone())
    }

    async fn timings(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Timings> {
        self.enter()?;
        Ok(self.held(&handle)?.opened)
    }

    async fn read(
        &mut self,
        handle: Resource<Connection>,
        max: u32,
        timeout: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        self.enter()?;
        let began = Instant::now();
        let span = self.clocks.span(Duration::from_millis(timeout));
        let mut open = self.borrow(&handle)?;
        let read = open.read(self, max, span).await;
        let read = read.map_err(|problem| open.failure(self, problem, began));
        self.give_back(&handle, open)?;
        Ok(read)
    }

    async fn write(
        &mut self,
        handle: Resource<Connection>,
        data: Vec<u8>,
        timeout: u64,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.enter()?;
        let began = Instant::now();
        let span = self.clocks.span(Duration::from_millis(timeout));
        let mut open = self.borrow(&handle)?;
        let written = match open.keep_in(self, &data).await {
            Ok(()) => open.write(self, &data, span).await,
            Err(problem) => Err(problem),
        };
        let written = written.map_err(|problem| open.failure(self, problem, began));
        self.give_back(&handle, open)?;
        Ok(written)
    }

    async fn write_secret(
        &mut self,
        handle: Resource<Connection>,
        secret: String,
        before: Vec<u8>,
        after: Vec<u8>,
        encoding: Encoding,
        timeout: u64,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.enter()?;
        let began = Instant::now();
        let span = self.clocks.span(Duration::from_millis(timeout));
        let mut open = self.borrow(&handle)?;
        let written = match open.with_secret(self, &secret, (&before, &after), encoding) {
            Ok(data) => open.write(self, &data, span).await,
            Err(problem) => Err(problem),
        };
        let written = written.map_err(|problem| open.failure(self, problem, began));
        self.give_back(&handle, open)?;
        Ok(written)
    }

    async fn start_tls(
        &mut self,
        handle: Resource<Connection>,
        options: TlsOptions,
        timeout: u64,
    ) -> wasmtime::Result<Result<TlsFacts, Failure>> {
        self.enter()?;
        let span = self.clocks.span(Duration::from_millis(timeout));
        let mut open = self.borrow(&handle)?;
        let mut timeline = Timeline::begin();
        let started = open.start_tls(self, &mut timeline, options, span).await;
        let started = started.map_err(|problem| open.handshake_failure(self, problem, &timeline));
        self.give_back(&handle, open)?;
        Ok(started)
    }

    async fn inspect_tls(
        &mut self,
        handle: Resource<Connection>,
        options: TlsOptions,
        timeout: u64,
    ) -> wasmtime::Result<Result<Inspection, Failure>> {
        self.enter()?;
        let span = self.clocks.span(Duration::from_millis(timeout));
        let mut open = self.borrow(&handle)?;
        let mut timeline = Timeline::begin();
        let inspected = open.inspect_tls(self, &mut timeline, options, span).await;
        let inspected = inspected.map_err(|problem| open.handshake_failure(self, problem, &timeline));
        self.give_back(&handle, open)?;
        Ok(inspected)
    }

    async fn path(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Vec<u32>> {
        self.enter()?;
        Ok(match &self.held(&handle)?.protection {
            Protection::None => Vec::new(),
            Protection::Tls { path, .. } => path.clone(),
        })
    }

    async fn certificate_requested(&mut self, handle: Resource<Connection>) -> wasmtime::Result<bool> {
        self.enter()?;
        Ok(match self.held(&handle)?.protection {
            Protection::None => false,
            Protection::Tls { wants_certificate, .. } => wants_certificate,
        })
    }

    async fn drop(&mut self, handle: Resource<Connection>) -> wasmtime::Result<()> {
        self.handles.delete(handle)?;
        self.own.net.open = self.own.net.open.saturating_sub(1);
        Ok(())
    }
}
