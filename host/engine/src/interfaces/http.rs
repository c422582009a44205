//! `http`: one exchange by the broker, decided by grants, bounded by the call's time.

use wasmtime::component::{HasSelf, Linker};

use crate::call::CallState;
use crate::contract::http::{self, Host, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase, Timings};

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    http::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

impl Host for CallState {
    async fn send(&mut self, _request: Request) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        Ok(Err(unoffered("http is not offered yet")))
    }
    async fn send_local(
        &mut self,
        _socket: String,
        _request: Request,
    ) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        Ok(Err(unoffered("local sockets are not offered by this version")))
    }
}

fn unoffered(message: &str) -> Failure {
    Failure {
        kind: FailureKind::Invalid,
        phase: Phase::Policy,
        message: message.to_owned(),
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
    }
}
