//! `net`: streams and datagrams. Every target is decided by name and by address. What a call holds open, transfers and
//! sends is bounded, and every wait ends before the run does.

mod connection;
mod datagrams;
mod handshake;
mod open;
mod stream;

use std::time::Duration;

use wasmtime::component::{Linker, Resource};
use watchkeep_core::limits::Limit;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::net::{self, Datagram, Host, Inspection};
use crate::contract::transport::{
    Address, Encoding, Failure, FailureKind, Family, Phase, Timings, TlsFacts, TlsOptions,
};
use crate::network::failure::Problem;

#[allow(unreachable_pub, reason = "the bindings name it, and theirs are public")]
pub use connection::Connection;

/// What one call has used of its limits.
#[derive(Debug, Default)]
pub(crate) struct NetState {
    /// Streams that are open.
    open: u32,
    /// Bytes that were read and written.
    bytes: u64,
    /// Datagrams that were sent and received.
    datagrams: u32,
    /// Secrets that were written over streams.
    secrets: u32,
}

gate! {
    net {
        fn inspect_tls(host: String, port: u16, family: Family, options: TlsOptions, timeout: u64) -> Result<TlsFacts, Failure>;
        fn udp_exchange(host: String, port: u16, family: Family, data: Vec<u8>, replies_max: u32, timeout: u64) -> Result<Vec<Datagram>, Failure>;
        opens fn connect(host: String, port: u16, family: Family, timeout: u64) -> Connection;
        opens fn connect_local(socket: String, timeout: u64) -> Connection;
        held HostConnection as Connection, "connection" {
            fn peer() -> Option<Address>;
            fn timings() -> Timings;
            fn read(max: u32, timeout: u64) -> Result<Vec<u8>, Failure>;
            fn write(data: Vec<u8>, timeout: u64) -> Result<(), Failure>;
            fn write_secret(secret: String, before: Vec<u8>, after: Vec<u8>, encoding: Encoding, timeout: u64) -> Result<(), Failure>;
            fn start_tls(options: TlsOptions, timeout: u64) -> Result<TlsFacts, Failure>;
            fn inspect_tls(options: TlsOptions, timeout: u64) -> Result<Inspection, Failure>;
            fn path() -> Vec<u32>;
            fn certificate_requested() -> bool;
        }
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    net::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

/// The target of a call, as the guest names it.
struct Target {
    host: String,
    port: u16,
    family: Family,
    timeout: Duration,
}

impl CallState {
    /// Counts bytes of streams and datagrams.
    fn net_bytes(&mut self, more: usize, phase: Phase) -> Result<(), Problem> {
        let bytes = self.own.net.bytes.saturating_add(more as u64);
        if bytes > self.limits.net_bytes {
            let message = format!("more than {} bytes over `net` in one call", self.limits.net_bytes);
            return Err(Problem::new(FailureKind::Limit, phase, self.meet(Limit::NetBytes, message)));
        }
        self.own.net.bytes = bytes;
        Ok(())
    }
    /// How many bytes may still be read.
    fn net_room(&self) -> usize {
        usize::try_from(self.limits.net_bytes - self.own.net.bytes).unwrap_or(usize::MAX)
    }
}

impl Host for CallState {
    async fn connect(
        &mut self,
        host: String,
        port: u16,
        family: Family,
        timeout: u64,
    ) -> wasmtime::Result<Result<Resource<Connection>, Failure>> {
        self.enter()?;
        let target = Target { host, port, family, timeout: Duration::from_millis(timeout) };
        open::connect(self, target).await
    }

    async fn connect_local(
        &mut self,
        socket: String,
        timeout: u64,
    ) -> wasmtime::Result<Result<Resource<Connection>, Failure>> {
        self.enter()?;
        open::connect_local(self, &socket, Duration::from_millis(timeout)).await
    }

    async fn inspect_tls(
        &mut self,
        host: String,
        port: u16,
        family: Family,
        options: TlsOptions,
        timeout: u64,
    ) -> wasmtime::Result<Result<TlsFacts, Failure>> {
        self.enter()?;
        let target = Target { host, port, family, timeout: Duration::from_millis(timeout) };
        Ok(handshake::inspect(self, target, options).await)
    }

    async fn udp_exchange(
        &mut self,
        host: String,
        port: u16,
        family: Family,
        data: Vec<u8>,
        replies_max: u32,
        timeout: u64,
    ) -> wasmtime::Result<Result<Vec<Datagram>, Failure>> {
        self.enter()?;
        let target = Target { host, port, family, timeout: Duration::from_millis(timeout) };
        Ok(datagrams::exchange(self, target, &data, replies_max).await)
    }
}
