//! The way to an open WebSocket, and what is known of it however far it came.

use watchkeep_sdk::net::{self, TlsFacts};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::websocket::{Socket, Wrong, new_key};

use crate::config::WebSocket;
use crate::upgrade;
use crate::url::Protection;

/// What is known of the way in, however far it came.
#[derive(Default)]
pub(crate) struct Way {
    pub(crate) opened: Option<net::Timings>,
    pub(crate) tls: Option<Secured>,
    pub(crate) upgrade: Option<Duration>,
    pub(crate) status: Option<u16>,
    pub(crate) subprotocol: Option<String>,
}

/// What the handshake showed, and how long it took.
pub(crate) struct Secured {
    pub(crate) facts: TlsFacts,
    /// Places in the chain of the certificates that the trust rests on.
    pub(crate) path: Vec<u32>,
    pub(crate) took: Duration,
}

pub(crate) fn open(config: &WebSocket, way: &mut Way) -> Result<Socket, Wrong> {
    let target = net::target(config.url.address()).family(config.ip_family).timeout(config.timeout);
    let mut connection = target.connect()?;
    connection.set_timeout(config.timeout);
    way.opened = Some(connection.timings());
    if config.url.protection == Protection::Tls {
        let began = clock::monotonic();
        let facts = connection.start_tls(&config.tls_options())?;
        way.tls = Some(Secured { facts, path: connection.path(), took: clock::monotonic() - began });
    }
    let began = clock::monotonic();
    let key = new_key();
    upgrade::ask(config, &mut connection, &key)?;
    let mut socket = Socket::new(connection, config.timeout);
    let head = socket.head(began + config.timeout).map_err(|wrong| match wrong {
        Wrong::Late if socket.has_heard() => {
            Wrong::Said(format!("its answer was not whole within {}", net::span(config.timeout)))
        }
        other => other.waiting_for("its answer", config.timeout, ""),
    })?;
    way.status = Some(head.status);
    upgrade::judge(config, &head, &key)?;
    way.upgrade = Some(clock::monotonic() - began);
    way.subprotocol = head.header("sec-websocket-protocol");
    Ok(socket)
}
