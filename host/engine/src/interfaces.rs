//! What a guest may call, one file per interface: its state in a call, and what each function does. All calls pass
//! through the `gate`, where a tape can record or answer them.

#[macro_use]
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
pub(crate) mod replies;
pub(crate) mod secrets;
pub(crate) mod signatures;
pub(crate) mod snapshots;
pub(crate) mod system;
pub(crate) mod wasi;

use wasmtime::component::Linker;

use crate::call::CallState;

/// The plugins that an interface is offered to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whom {
    Everybody,
    Notifiers,
}

/// The one list of what the contract offers. The linker, the inspection and the documents are made from it.
macro_rules! offered {
    ($($name:ident to $whom:ident;)*) => {
        pub(crate) const OFFERED: &[(&str, Whom)] = &[$((stringify!($name), Whom::$whom)),*];

        /// Links everything that is offered, once per engine.
        pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<CallState>> {
            let mut linker = Linker::new(engine);
            types(&mut linker)?;
            $($name::add_to_linker(&mut linker)?;)*
            Ok(linker)
        }
    };
}

offered! {
    log to Everybody;
    clock to Everybody;
    random to Everybody;
    http to Everybody;
    net to Everybody;
    dns to Everybody;
    icmp to Everybody;
    kv to Everybody;
    secrets to Everybody;
    signatures to Everybody;
    snapshots to Everybody;
    pictures to Notifiers;
    replies to Notifiers;
    files to Everybody;
    commands to Everybody;
    system to Everybody;
}

/// Links everything that is offered to a guest that imports WASI.
pub(crate) fn linker_with_wasi(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = linker(engine)?;
    wasi::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Links the interfaces that have no functions.
fn types(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    use crate::contract::{transport, types};
    use wasmtime::component::HasSelf;
    types::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    transport::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

impl crate::contract::types::Host for CallState {}
impl crate::contract::transport::Host for CallState {}
