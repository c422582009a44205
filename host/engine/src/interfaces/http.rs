//! `http`: one exchange through the broker, decided by grants, bounded by the call's time.

use std::sync::Arc;

use wasmtime::component::Linker;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::http::{self, Detailed, Exchange, Extras, Host, Request, Response};
use crate::contract::transport::Failure;
use crate::http::Way;

gate! {
    http {
        fn send(request: Request) -> Result<Response, Failure>;
        fn fetch(request: Request) -> Exchange;
        fn fetch_with(request: Request, extras: Extras) -> Detailed;
        fn send_local(socket: String, request: Request) -> Result<Response, Failure>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    http::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

/// An exchange is a future of many kilobytes. It is boxed here, or else every layer between the guest and this would copy it.
impl Host for CallState {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        let broker = Arc::clone(&self.http.broker);
        Ok(Box::pin(broker.send(self, Way::Network, request)).await)
    }
    async fn fetch(&mut self, request: Request) -> wasmtime::Result<Exchange> {
        self.enter()?;
        let broker = Arc::clone(&self.http.broker);
        Ok(Box::pin(broker.fetch(self, request)).await)
    }
    async fn fetch_with(&mut self, request: Request, extras: Extras) -> wasmtime::Result<Detailed> {
        self.enter()?;
        let broker = Arc::clone(&self.http.broker);
        Ok(Box::pin(broker.fetch_with(self, request, extras)).await)
    }
    async fn send_local(
        &mut self,
        socket: String,
        request: Request,
    ) -> wasmtime::Result<Result<Response, Failure>> {
        self.enter()?;
        let broker = Arc::clone(&self.http.broker);
        Ok(Box::pin(broker.send(self, Way::Socket(socket), request)).await)
    }
}
