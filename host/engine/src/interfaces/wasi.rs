//! WASI 0.2, for guests that import it, as everything built with the Python and JavaScript toolchains does: an almost
//! empty context. There are clocks, random bytes and an empty standard input; standard output and standard error become
//! lines of the log. There are no files, no variables and no sockets, and `wasi:http` goes through the broker.
//!
//! Only generations that import WASI are linked with it, so that the others do not pay for it. What a guest does here
//! without a host call being counted (clocks, random, polling) costs it CPU time, which is bounded. Resources are
//! bounded by their table, and waiting by the call's deadline.

mod background;
mod exit;
mod http;
mod output;
mod sockets;
mod state;
mod told;

use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::p2::bindings::cli::exit as cli_exit;
use wasmtime_wasi::p2::bindings::sockets::{ip_name_lookup, tcp_create_socket, udp_create_socket};
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types as http_types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpView};

pub(crate) use exit::Exit;
pub(crate) use output::End;
pub(crate) use state::{Said, Wasi, WasiState};

use crate::call::CallState;

/// The interfaces that may be imported, by package. Everything else of WASI is refused when a plugin is loaded.
pub(crate) const OFFERED: [(&str, &[&str]); 7] = [
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:random", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:filesystem", &["types", "preopens"]),
    (
        "wasi:sockets",
        &[
            "network",
            "instance-network",
            "ip-name-lookup",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
    ("wasi:http", &["types", "outgoing-handler"]),
];

/// Adds all of it to a linker that already has the contract.
pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    // What follows replaces what was added: a denial must be remembered as one, and an exit with a status must not be
    // mixed up with a mere failure.
    linker.allow_shadowing(true);
    cli_exit::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    tcp_create_socket::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    udp_create_socket::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    ip_name_lookup::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    linker.allow_shadowing(false);
    outgoing_handler::add_to_linker::<_, WasiHttp>(linker, CallState::handing_over)?;
    http_types::add_to_linker::<_, WasiHttp>(linker, &Default::default(), WasiHttpView::http)
}
