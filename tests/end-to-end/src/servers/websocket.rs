//! A real WebSocket server: `servers/websocket.py` says what is at which path.

use std::path::Path;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port, program};
use super::{Tls, at, keep};

pub struct WebSocketServer {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl WebSocketServer {
    /// What `/private` wants as a bearer token, and `/keyed` in the header `X-Api-Key`.
    pub const TOKEN: &str = "correct-horse-battery";

    pub fn start(tls: &Tls<'_>) -> WebSocketServer {
        let folder = running::folder();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/websocket.py");
        // The system's Python is the one that the system's packages are for.
        let python = program("python3", &["/usr/bin"]);
        let port_text = port.to_string();
        let server = Server::found("python3", &python, folder.path())
            .arguments([script.to_str().expect("the path is text"), &port_text]);
        let server = match tls {
            Tls::With(identity) => {
                keep(folder.path(), identity);
                server.arguments(["chain.pem", "key.pem"])
            }
            Tls::Off => server,
        };
        WebSocketServer { port, _running: server.start(&[at(port)]), _folder: folder }
    }
}
