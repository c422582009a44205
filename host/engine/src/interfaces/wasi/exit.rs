//! `wasi:cli/exit`: how a program ends. Most toolchains for WASI 0.2 only say whether it failed; some give the status.

use std::fmt;

use wasmtime_wasi::p2::bindings::cli::exit::Host;

use crate::call::{CallState, HostStop};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    Status(u8),
    /// The program failed, with a status that is not known.
    Failed,
}

impl Exit {
    pub(crate) fn of(result: Result<(), ()>) -> Exit {
        match result {
            Ok(()) => Exit::Status(0),
            Err(()) => Exit::Failed,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Status(status) => write!(f, "status {status}"),
            Exit::Failed => f.write_str("a failing status"),
        }
    }
}

impl Host for CallState {
    fn exit(&mut self, status: Result<(), ()>) -> wasmtime::Result<()> {
        Err(HostStop::Exit(Exit::of(status)).into())
    }
    fn exit_with_code(&mut self, status: u8) -> wasmtime::Result<()> {
        Err(HostStop::Exit(Exit::Status(status)).into())
    }
}
