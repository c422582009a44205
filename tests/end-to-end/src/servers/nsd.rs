//! A real name server with zones of its own: NSD. It listens at port 53, so it wants a network of its own around it.

use std::net::IpAddr;

use tempfile::TempDir;

use super::running::{self, Running, Server};
use super::write;

/// Where name servers listen.
const PORT: u16 = 53;

pub struct Nsd {
    _running: Running,
    _folder: TempDir,
}

impl Nsd {
    /// At these addresses, with these zones: the name and what a zone file says.
    pub fn start(addresses: &[&str], zones: &[(&str, &str)]) -> Nsd {
        let folder = running::folder();
        // Nothing of the system's own folders; who starts it is who runs it.
        let mut config = "server:\n  server-count: 1\n  username: \"\"\n  zonesdir: \".\"\n  database: \"\"\n  \
                          pidfile: \"\"\n  zonelistfile: \"zone.list\"\n  xfrdfile: \"xfrd.state\"\n  xfrdir: \".\"\n  \
                          rrl-ratelimit: 0\n"
            .to_owned();
        for address in addresses {
            config.push_str(&format!("  ip-address: {address}\n"));
        }
        config.push_str("remote-control:\n  control-enable: no\n");
        for (at, (name, text)) in zones.iter().enumerate() {
            write(folder.path(), &format!("{at}.zone"), text);
            config.push_str(&format!("zone:\n  name: \"{name}\"\n  zonefile: \"{at}.zone\"\n"));
        }
        write(folder.path(), "nsd.conf", &config);
        let listens: Vec<_> = addresses.iter().map(|address| (ip(address), PORT).into()).collect();
        let server = Server::new("nsd", folder.path()).arguments(["-d", "-c", "nsd.conf"]);
        // Its processes end with the first of them, if that one is asked.
        Nsd { _running: server.ends_by("TERM").start(&listens), _folder: folder }
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("it is an address")
}
