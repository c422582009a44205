//! The way from HTTP to an open WebSocket.

use std::time::Duration;

use sha1::{Digest as _, Sha1};

use super::head::Head;
use super::socket::{Socket, Wrong};
use crate::mail::base64;
use crate::net::{self, TlsOptions};
use crate::{clock, random};

/// The GUID of RFC 6455: only a server that knows it answers with a digest over it.
const KNOWN_BY_SERVERS: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a server of WebSocket makes of a key.
pub fn accept(key: &str) -> String {
    base64(&Sha1::digest(format!("{key}{KNOWN_BY_SERVERS}")))
}

pub fn new_key() -> String {
    base64(&random::bytes(16))
}

/// Why an answer with status 101 does not open a WebSocket for this key, as a sentence.
pub fn goes_over(head: &Head, key: &str) -> Result<(), String> {
    if !head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade") {
        return Err("it answers 101, and does not say that it goes over to WebSocket".to_owned());
    }
    match head.header("sec-websocket-accept") {
        Some(digest) if digest == accept(key) => Ok(()),
        Some(_) => {
            Err("its `Sec-WebSocket-Accept` belongs to another key; hint: a cache in between?".to_owned())
        }
        None => Err("its answer has no `Sec-WebSocket-Accept`".to_owned()),
    }
}

/// Opens `wss://host[:port]/path?query`, or `ws://` without TLS. `timeout` is for each step.
pub fn open(url: &str, timeout: Duration) -> Result<Socket, Wrong> {
    let (is_tls, rest) = match (url.strip_prefix("wss://"), url.strip_prefix("ws://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(Wrong::Said("its address is none of a WebSocket".to_owned())),
    };
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let is_clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if authority.is_empty() || authority.contains('@') || !is_clean(authority) || !is_clean(&target) {
        return Err(Wrong::Said("its address is none of a WebSocket".to_owned()));
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let address = match (has_port, is_tls) {
        (true, _) => authority.to_owned(),
        (false, true) => format!("{authority}:443"),
        (false, false) => format!("{authority}:80"),
    };
    let mut connection = net::target(address).timeout(timeout).connect()?;
    connection.set_timeout(timeout);
    if is_tls {
        connection.start_tls(&TlsOptions::default())?;
    }
    let key = new_key();
    connection.write(format!(
        "GET {target} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nUser-Agent: Watchkeep/{}\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    ))?;
    let mut socket = Socket::new(connection, timeout);
    let head = socket.head(clock::monotonic() + timeout)?;
    if head.status != 101 {
        return Err(Wrong::Said(format!("it answers with status {} in place of 101", head.status)));
    }
    goes_over(&head, &key)?;
    Ok(socket)
}
