//! What a guest may call, one file per interface: its state in a call, and what each function does. All calls pass
//! the `gate`, where a tape may listen or answer.

mod gate;

pub(crate) mod clock;
pub(crate) mod commands;
pub(crate) mod dns;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod icmp;
pub(crate) mod kv;
pub(crate) mod log;
pub(crate) mod net;
pub(crate) mod pictures;
pub(crate) mod random;
pub(crate) mod secrets;
pub(crate) mod snapshots;
pub(crate) mod system;
pub(crate) mod wasi;

use wasmtime::component::Linker;

use crate::call::CallState;

/// Everything that is offered, once per engine.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    types(&mut linker)?;
    log::add_to_linker(&mut linker)?;
    clock::add_to_linker(&mut linker)?;
    random::add_to_linker(&mut linker)?;
    http::add_to_linker(&mut linker)?;
    net::add_to_linker(&mut linker)?;
    dns::add_to_linker(&mut linker)?;
    icmp::add_to_linker(&mut linker)?;
    kv::add_to_linker(&mut linker)?;
    secrets::add_to_linker(&mut linker)?;
    snapshots::add_to_linker(&mut linker)?;
    pictures::add_to_linker(&mut linker)?;
    files::add_to_linker(&mut linker)?;
    commands::add_to_linker(&mut linker)?;
    system::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Everything that is offered to a guest that imports WASI.
pub(crate) fn linker_with_wasi(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = linker(engine)?;
    wasi::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Interfaces without functions.
fn types(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    use crate::contract::{transport, types};
    use wasmtime::component::HasSelf;
    types::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    transport::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

impl crate::contract::types::Host for CallState {}
impl crate::contract::transport::Host for CallState {}
