//! A real OpenVPN server and its clients, in a network namespace of the test's own.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use tempfile::TempDir;

use super::openssl::Bench;
use super::running::{self, Running, Server};
use super::{at, free_udp_port, write};

pub struct OpenVpnServer {
    pub port: u16,
    /// Of its management interface, which asks for a password.
    pub management: u16,
    _running: Running,
    _folder: TempDir,
}

pub struct OpenVpnClient {
    _running: Running,
    folder: TempDir,
}

impl OpenVpnServer {
    pub const PASSWORD: &str = "sesame-open-quickly";

    /// At this port for tunnels and this one for its management interface; `bench` has `root` and `server`. It gives up clients
    /// that are silent for some seconds.
    pub fn start(bench: &Bench, port: u16, management: u16) -> OpenVpnServer {
        let folder = running::folder();
        write(folder.path(), "password", &format!("{}\n", OpenVpnServer::PASSWORD));
        let arguments = format!(
            "--dev near --dev-type tun --topology subnet --server 10.8.0.0 255.255.255.0 --proto udp \
             --local 127.0.0.1 --port {port} --dh none --keepalive 1 3 --management 127.0.0.1 {management} password {}",
            credentials(bench, "server")
        );
        let server = Server::new("openvpn", folder.path()).arguments(arguments.split_whitespace());
        let running = server.ends_by("TERM").start(&[at(management)]);
        OpenVpnServer { port, management, _running: running, _folder: folder }
    }
}

impl OpenVpnClient {
    /// With the common name of a certificate of `bench`. It tries again within a second, at all times.
    pub fn start(bench: &Bench, name: &str, port: u16) -> OpenVpnClient {
        let folder = running::folder();
        let socket = folder.path().join("management.sock");
        let arguments = format!(
            "--client --dev far --dev-type tun --proto udp --remote 127.0.0.1 {port} --nobind \
             --connect-retry 1 1 --management management.sock unix {}",
            credentials(bench, name)
        );
        let server = Server::new("openvpn", folder.path()).arguments(arguments.split_whitespace());
        let running = server.start_until(|| UnixStream::connect(&socket).is_ok());
        OpenVpnClient { _running: running, folder }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("management.sock")
    }
}

fn credentials(bench: &Bench, name: &str) -> String {
    let path = bench.path().display();
    format!("--ca {path}/root.pem --cert {path}/{name}.pem --key {path}/{name}.key --verb 3")
}

/// A port for datagrams, and one for connections.
pub fn openvpn_ports() -> (u16, u16) {
    (free_udp_port(), running::free_port())
}
