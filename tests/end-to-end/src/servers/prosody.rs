//! A real Prosody: XMPP for clients and for other servers.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, keep, write};
use crate::Identity;

/// Starts TLS as `localhost`, and not as [`Prosody::CLEAR`].
pub struct Prosody {
    pub client_port: u16,
    pub server_port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Prosody {
    /// The host that it serves without TLS.
    pub const CLEAR: &str = "127.0.0.1";

    pub fn start(identity: &Identity) -> Prosody {
        let folder = running::folder();
        keep(folder.path(), identity);
        let path = folder.path().display();
        let (client_port, server_port) = (free_port(), free_port());
        std::fs::create_dir(folder.path().join("data")).expect("a folder can be made");
        let config = format!(
            "pidfile = \"{path}/pid\"\ndata_path = \"{path}/data\"\nlog = {{ warn = \"*stderr\" }}\n\
             interfaces = {{ \"127.0.0.1\" }}\nc2s_ports = {{ {client_port} }}\ns2s_ports = {{ {server_port} }}\n\
             c2s_direct_tls_ports = {{}}\ns2s_direct_tls_ports = {{}}\nhttp_ports = {{}}\nhttps_ports = {{}}\n\
             modules_enabled = {{ \"tls\", \"saslauth\", \"dialback\" }}\nmodules_disabled = {{ \"s2s_auth_certs\" }}\n\
             ssl = {{ certificate = \"{path}/chain.pem\", key = \"{path}/key.pem\" }}\n\
             VirtualHost \"localhost\"\nVirtualHost \"{}\"\n modules_disabled = {{ \"tls\" }}\n",
            Prosody::CLEAR
        );
        write(folder.path(), "prosody.cfg.lua", &config);
        let server =
            Server::unprivileged("prosody", folder.path()).arguments(["-F", "--config", "prosody.cfg.lua"]);
        let running = server.start(&[at(client_port), at(server_port)]);
        Prosody { client_port, server_port, _running: running, _folder: folder }
    }
}
