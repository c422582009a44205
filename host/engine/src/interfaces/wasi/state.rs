//! What a call carries for a guest that imports WASI; nothing for one that does not.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{Deterministic, HostWallClock, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use watchkeep_core::time::Wall;

use super::background::Background;
use super::http::Outgoing;
use super::output::{End, Output};
use crate::call::CallState;
use crate::contract::log::Level;
use crate::interfaces::log::LINE_BYTES_MAX;
use crate::ports::Ports;

/// The most streams, pollables, requests and their parts at once.
const RESOURCES_MAX: usize = 1_000;
/// The most bytes of the headers that a guest makes for one message.
const HEADER_BYTES_MAX: usize = 32 << 10;
/// The most random bytes of one call.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// The random bytes while there is a tape; they repeat.
const TAPED_RANDOM: [u8; 8] = [0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15];
/// The most bytes of output that has not been taken as lines.
const PENDING_BYTES_MAX: usize = 128 << 10;
/// The most bytes that are kept of a program's standard output.
const SAID_BYTES_MAX: usize = 256 << 10;

/// What a call needs of WASI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wasi {
    Unused,
    Empty,
    /// A program, with its arguments, of which the first is its name. What it writes to its standard output is kept.
    Program(Vec<String>),
}

pub(crate) struct WasiState {
    ctx: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    pub(super) outgoing: Outgoing,
    stdout: Stdout,
    stderr: Output,
    background: Background,
}

enum Stdout {
    Logged(Output),
    Kept(Output),
}

impl WasiState {
    /// The state for a call; `None` if the call needs no WASI.
    pub(crate) fn new(wasi: &Wasi, ports: Option<&Ports>) -> Option<Box<WasiState>> {
        let (stdout, args): (_, &[String]) = match wasi {
            Wasi::Unused => return None,
            Wasi::Empty => (Stdout::Logged(Output::new(PENDING_BYTES_MAX)), &[]),
            Wasi::Program(args) => (Stdout::Kept(Output::new(SAID_BYTES_MAX)), args),
        };
        let stderr = Output::new(PENDING_BYTES_MAX);
        let mut ctx = WasiCtx::builder();
        ctx.args(args)
            .stdout(match &stdout {
                Stdout::Logged(output) | Stdout::Kept(output) => output.clone(),
            })
            .stderr(stderr.clone())
            .wall_clock(HostClock(ports.map(|ports| Arc::clone(&ports.wall))))
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        if ports.and_then(|ports| ports.tape.as_ref()).is_some() {
            // These bytes are not recorded: they are the same in the recording and in every replay.
            ctx.secure_random(Deterministic::new(TAPED_RANDOM.to_vec()))
                .insecure_random(Deterministic::new(TAPED_RANDOM.to_vec()))
                .insecure_random_seed(1);
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES_MAX);
        Some(Box::new(WasiState {
            ctx: ctx.build(),
            table,
            http,
            outgoing: Outgoing::default(),
            stdout,
            stderr,
            background: Background::default(),
        }))
    }
}

/// What a program wrote to its standard output.
pub(crate) struct Said {
    pub(crate) bytes: Vec<u8>,
    /// How many bytes it wrote beyond what is kept.
    pub(crate) over: u64,
}

impl CallState {
    /// Turns what was written into log lines, and what requests met beside the guest into the call's own state. Called
    /// before anything else of a host call, and once after the call.
    pub(crate) fn settle_wasi(&mut self, end: End) {
        let Some(wasi) = &mut self.wasi else { return };
        wasi.outgoing.forget();
        let background = wasi.background.clone();
        let stderr = wasi.stderr.take_lines(LINE_BYTES_MAX, end);
        let stdout = match &wasi.stdout {
            Stdout::Logged(output) => output.take_lines(LINE_BYTES_MAX, end),
            Stdout::Kept(_) => Vec::new(),
        };
        background.settle(self, end);
        for line in stdout {
            self.log_line(Level::Info, line, &[]);
        }
        for line in stderr.into_iter().filter(|line| !line.trim().is_empty()) {
            // A panic or an exception is shown with the trap that follows it.
            let told = self.mask.told(line.clone());
            self.own.log.last_words.hear(told);
            self.log_line(Level::Warn, line, &[]);
        }
    }

    /// Takes what a program wrote, once the call has ended.
    pub(crate) fn take_said(&mut self) -> Said {
        let (bytes, over) = match self.wasi.as_ref().map(|wasi| &wasi.stdout) {
            Some(Stdout::Kept(output)) => output.take_all(),
            Some(Stdout::Logged(_)) | None => (Vec::new(), 0),
        };
        Said { bytes, over }
    }

    pub(super) fn background(&mut self) -> Background {
        self.wasi_mut().background.clone()
    }

    pub(super) fn wasi_mut(&mut self) -> &mut WasiState {
        self.wasi.as_deref_mut().expect("WASI is linked only where a call carries it")
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.settle_wasi(End::NotYet);
        let WasiState { ctx, table, .. } = self.wasi_mut();
        WasiCtxView { ctx, table }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let WasiState { http, table, outgoing, .. } = self.wasi_mut();
        WasiHttpCtxView { hooks: outgoing, table, ctx: http }
    }
}

/// The host's wall clock as the contract shows it; while a plugin is described, there is no clock.
struct HostClock(Option<Arc<dyn Fn() -> Wall + Send + Sync>>);

impl HostWallClock for HostClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }
    fn now(&self) -> Duration {
        let millis = self.0.as_ref().map_or(0, |wall| wall().millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}
