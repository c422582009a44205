//! `wasi:sockets`: there are none. Asking for one, or for the address of a name, is a denial that is remembered: a
//! library that turns it into "the target is down" must not page anybody.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    Host as LookupHost, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, HostNetwork, IpAddress, IpAddressFamily, Network,
};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsView as _;
use watchkeep_core::grant::Denial;

use crate::call::CallState;

impl CallState {
    fn deny_socket(&mut self, what: &str) -> SocketError {
        if let Err(stop) = self.enter() {
            return SocketError::trap(stop);
        }
        self.refusals.deny(Denial {
            message: format!("{what}: there are no sockets of WASI here"),
            hint: "the plugin's author uses `http` or `net` of `watchkeep:plugin`, or `wasi:http`".to_owned(),
        });
        ErrorCode::AccessDenied.into()
    }
}

impl network::Host for CallState {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }
    fn network_error_code(&mut self, error: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        self.sockets().network_error_code(error)
    }
}

impl HostNetwork for CallState {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        HostNetwork::drop(&mut self.sockets(), network)
    }
}

impl tcp_create_socket::Host for CallState {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        Err(self.deny_socket("a TCP socket"))
    }
}

impl udp_create_socket::Host for CallState {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        Err(self.deny_socket("a UDP socket"))
    }
}

impl LookupHost for CallState {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        _: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        Err(self.deny_socket("looking up a name"))
    }
}

/// Not used, because no such stream is ever returned.
impl HostResolveAddressStream for CallState {
    fn resolve_next_address(&mut self, _: Resource<ResolveAddressStream>) -> SocketResult<Option<IpAddress>> {
        Err(self.deny_socket("looking up a name"))
    }
    fn subscribe(&mut self, _: Resource<ResolveAddressStream>) -> wasmtime::Result<Resource<DynPollable>> {
        Err(wasmtime::format_err!("there is no such lookup"))
    }
    fn drop(&mut self, _: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        Ok(())
    }
}
