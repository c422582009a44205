//! `clock`: the wall clock of the host, and the call's own time.

use std::time::Duration;

use wasmtime::component::Linker;
use watchkeep_core::time::{Local, Wall};

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::clock::{self, Host, LocalTime};

gate! {
    clock {
        fn now() -> u64;
        fn monotonic() -> u64;
        fn remaining() -> u64;
        fn local(at: u64) -> LocalTime;
        fn sleep(duration: u64) -> ();
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    clock::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        self.enter()?;
        let millis = self.ports.as_ref().map_or(0, |ports| (ports.wall)().millis());
        Ok(u64::try_from(millis).unwrap_or(0))
    }
    async fn local(&mut self, at: u64) -> wasmtime::Result<LocalTime> {
        self.enter()?;
        let at = Wall::from_millis(i64::try_from(at).unwrap_or(i64::MAX));
        let Some(ports) = self.ports.as_ref() else {
            return Ok(LocalTime { offset: 0, zone: "UTC".to_owned() });
        };
        let Local { offset, zone } = (ports.local)(at);
        Ok(LocalTime { offset, zone })
    }
    async fn monotonic(&mut self) -> wasmtime::Result<u64> {
        self.enter()?;
        Ok(u64::try_from(self.clocks.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
    async fn remaining(&mut self) -> wasmtime::Result<u64> {
        self.enter()?;
        Ok(u64::try_from(self.clocks.remaining().as_millis()).unwrap_or(u64::MAX))
    }
    async fn sleep(&mut self, duration: u64) -> wasmtime::Result<()> {
        self.enter()?;
        let span = self.clocks.span(Duration::from_millis(duration));
        // A call without rights, such as `describe`, has nothing to wait for.
        if self.rights.is_none() || span.is_zero() {
            return Ok(());
        }
        match &self.tape {
            Some(tape) if tape.answers() => self.clocks.skip(span),
            Some(_) | None => tokio::time::sleep(span).await,
        }
        Ok(())
    }
}
