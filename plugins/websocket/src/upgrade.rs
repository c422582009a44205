//! The request by which HTTP goes over to WebSocket, and whether the server does.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net::{Connection, Encoding, Failure};
use watchkeep_sdk::websocket::{Head, goes_over};

use crate::config::{Token, WebSocket};

/// Secrets are put in place by the host.
pub(crate) fn ask(config: &WebSocket, connection: &mut Connection, key: &str) -> Result<(), Box<Failure>> {
    let name = config.peer.server_name();
    let mut head = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\n",
        config.url.target,
        config.url.host(name)
    );
    let mut header = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
    if !config.headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
        header("User-Agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")));
    }
    if let Some(origin) = &config.origin {
        header("Origin", origin);
    }
    if !config.subprotocols.0.is_empty() {
        header("Sec-WebSocket-Protocol", &offered(config));
    }
    for (name, value) in &config.headers.0 {
        header(name, value);
    }
    if let Some(bearer) = &config.bearer {
        head.push_str("Authorization: Bearer ");
        connection.write_secret(bearer, std::mem::take(&mut head), "\r\n", Encoding::Raw)?;
    }
    if let Some(basic) = &config.basic {
        head.push_str("Authorization: Basic ");
        connection.write(std::mem::take(&mut head))?;
        connection.write_secret(&basic.password, format!("{}:", basic.user), "", Encoding::Base64)?;
        head.push_str("\r\n");
    }
    for (name, secret) in &config.secret_headers.0 {
        head.push_str(&format!("{name}: "));
        connection.write_secret(secret, std::mem::take(&mut head), "\r\n", Encoding::Raw)?;
    }
    head.push_str("\r\n");
    connection.write(head)
}

/// Why the answer does not open a WebSocket.
pub(crate) fn judge(config: &WebSocket, head: &Head, key: &str) -> Result<(), String> {
    if head.status != 101 {
        return Err(refused(head));
    }
    goes_over(head, key)?;
    if let Some(extensions) = head.header("sec-websocket-extensions").filter(|list| !list.is_empty()) {
        return Err(format!("it uses extensions that nobody asked for: `{}`", clipped(&extensions)));
    }
    match head.header("sec-websocket-protocol") {
        Some(chosen) if !config.subprotocols.0.iter().any(|token| token.0 == chosen) => {
            Err(format!("it chooses the protocol `{}`, which it was not offered", clipped(&chosen)))
        }
        None if !config.subprotocols.0.is_empty() => {
            Err(format!("it speaks none of {}", clipped(&offered(config))))
        }
        Some(_) | None => Ok(()),
    }
}

fn offered(config: &WebSocket) -> String {
    let mut list = String::new();
    for Token(name) in &config.subprotocols.0 {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(name);
    }
    list
}

fn refused(head: &Head) -> String {
    let status = head.status;
    let said = format!("it answers with status {status} in place of 101");
    let more = match status {
        300..=399 => match head.header("location") {
            Some(location) => format!("; it redirects to {}", clipped(&location)),
            None => String::new(),
        },
        426 => match head.header("sec-websocket-version") {
            Some(versions) => format!("; it speaks the versions {}", clipped(&versions)),
            None => String::new(),
        },
        200..=299 => "; hint: there is a page at this path, and no WebSocket".to_owned(),
        401 => "; hint: it wants a login: `bearer`, `basic` or `secret_headers`".to_owned(),
        403 => "; hint: many servers take only the `origin` of their own pages".to_owned(),
        404 => "; hint: look at the path".to_owned(),
        429 | 503 => match head.header("retry-after") {
            Some(span) => format!("; it says to try again after {}", clipped(&span)),
            None => String::new(),
        },
        _ => String::new(),
    };
    format!("{said}{more}")
}
