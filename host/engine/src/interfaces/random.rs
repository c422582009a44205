//! `random`: random bytes from the operating system.

use wasmtime::component::Linker;

use super::gate::{Gate, Gated};
use crate::call::{CallState, HostStop};
use crate::contract::random::{self, Host};

/// The most bytes of one call; a seed needs no more.
const BYTES_MAX: u32 = 1 << 10;

gate! {
    random {
        fn bytes(count: u32) -> Vec<u8>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    random::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.enter()?;
        if count > BYTES_MAX {
            let message = format!("{count} random bytes in one call, {BYTES_MAX} are allowed");
            return Err(HostStop::Limit { message, limit: None }.into());
        }
        let mut bytes = vec![0; count as usize];
        getrandom::fill(&mut bytes)
            .map_err(|error| HostStop::Host(format!("the system gave no random bytes: {error}")))?;
        Ok(bytes)
    }
}
