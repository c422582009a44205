//! What every network interface is built from: names to addresses that were decided on, a connection to one of them,
//! TLS over it, and how far that got. What is sent over a connection is up to the interfaces.
//!
//! Nothing here connects to an address that was not decided on, and nothing is kept between calls.

pub(crate) mod dial;
pub(crate) mod failure;
pub(crate) mod guard;
pub(crate) mod local;
pub(crate) mod lookups;
pub(crate) mod name_server;
pub(crate) mod paced;
pub(crate) mod resolve;
pub(crate) mod secret;
pub(crate) mod sockets;
pub(crate) mod through;
pub(crate) mod timeline;
pub(crate) mod tls;

mod certificate;

use std::sync::Arc;

use crate::error::EngineError;
use lookups::Lookups;
use sockets::Sockets;
use tls::Tls;

/// One per engine.
pub(crate) struct Network {
    pub(crate) tls: Tls,
    pub(crate) lookups: Lookups,
    pub(crate) sockets: Sockets,
}

impl Network {
    pub(crate) fn new(extra_roots_pem: &[Vec<u8>], sockets_max: u32) -> Result<Self, EngineError> {
        Ok(Self {
            tls: Tls::new(extra_roots_pem)?,
            lookups: Lookups::beside(sockets_max),
            sockets: Sockets::new(sockets_max),
        })
    }
}

/// The network state of one call.
pub(crate) struct NetworkState {
    pub(crate) shared: Arc<Network>,
    /// Whether anything was sent to anybody. If so, a failed delivery may have arrived.
    pub(crate) sent: bool,
    /// To name servers.
    pub(crate) questions: u32,
}
