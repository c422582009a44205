//! A real resolver that checks signatures: Unbound. It listens at port 53, so it wants a network of its own around it.

use std::net::Ipv4Addr;

use tempfile::TempDir;

use super::running::{self, Running, Server};
use super::write;

pub struct Unbound {
    _running: Running,
    _folder: TempDir,
}

impl Unbound {
    /// At 127.0.0.1, with a root of its own at this address, and with keys that it trusts (lines of a zone file).
    pub fn start(root: &str, keys: &[&str]) -> Unbound {
        let folder = running::folder();
        write(folder.path(), "root.hints", &format!(". 3600 NS root.\nroot. 3600 A {root}\n"));
        let mut config = "server:\n  interface: 127.0.0.1\n  username: \"\"\n  chroot: \"\"\n  directory: \".\"\n  \
                          pidfile: \"\"\n  use-syslog: no\n  logfile: \"\"\n  do-daemonize: no\n  \
                          root-hints: \"root.hints\"\n  module-config: \"validator iterator\"\n  num-threads: 1\n  \
                          local-zone: \"2.0.192.in-addr.arpa.\" nodefault\n"
            .to_owned();
        for key in keys {
            config.push_str(&format!("  trust-anchor: \"{key}\"\n"));
        }
        config.push_str("remote-control:\n  control-enable: no\n");
        write(folder.path(), "unbound.conf", &config);
        let server = Server::new("unbound", folder.path()).arguments(["-d", "-p", "-c", "unbound.conf"]);
        Unbound { _running: server.start(&[(Ipv4Addr::LOCALHOST, 53).into()]), _folder: folder }
    }
}
