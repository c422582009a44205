//! A real dnsmasq, for answers as small networks give them. The engine's own tests use this file too.

use std::net::SocketAddr;

use tempfile::TempDir;

use super::running::{self, Running, Server};

pub struct Dnsmasq {
    running: Running,
    _folder: TempDir,
}

impl Dnsmasq {
    /// Listens there, and answers with these records alone.
    pub fn start(listens: SocketAddr, records: &[&str]) -> Dnsmasq {
        let folder = running::folder();
        let at = [format!("--listen-address={}", listens.ip()), format!("--port={}", listens.port())];
        let server = Server::new("dnsmasq", folder.path())
            // In this mode it stays who it is.
            .arguments([
                "--no-daemon",
                "--conf-file=/dev/null",
                "--no-resolv",
                "--no-hosts",
                "--bind-interfaces",
            ])
            .arguments(at.iter().map(String::as_str))
            .arguments(records.iter().copied());
        Dnsmasq { running: server.start(&[listens]), _folder: folder }
    }
    /// Reads its files of hosts again.
    pub fn reload(&self) {
        self.running.signal("HUP");
    }
}
