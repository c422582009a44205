//! `http`: one exchange by the broker, decided by grants, bounded by the call's time.

use std::sync::Arc;

use wasmtime::component::Linker;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::http::{self, Host, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase, Timings};

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    http::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        let broker = Arc::clone(&self.http.broker);
        Ok(broker.send(self, request).await)
    }
    async fn send_local(
        &mut self,
        socket: String,
        _: Request,
    ) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        let message = format!("local socket `{socket}`: local sockets are not offered by this version");
        Ok(Err(Failure {
            kind: FailureKind::Limit,
            phase: Phase::Policy,
            message: self.refusals.limit(message),
            peer: None,
            tls: None,
            timings: Timings {
                name: None,
                connect: None,
                tls: None,
                send: None,
                wait: None,
                transfer: None,
                total: 0,
            },
        }))
    }
}
