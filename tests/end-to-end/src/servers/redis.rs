//! A real Redis that wants a password and keeps nothing.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, write};

pub struct Redis {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Redis {
    /// On IPv4 and IPv6.
    pub fn start(password: &str) -> Redis {
        let folder = running::folder();
        let port = free_port();
        write(
            folder.path(),
            "redis.conf",
            &format!("port {port}\nbind 127.0.0.1 ::1\nrequirepass {password}\nsave \"\"\nappendonly no\n"),
        );
        let server = Server::new("redis-server", folder.path()).arguments(["redis.conf"]);
        Redis { port, _running: server.start(&[at(port)]), _folder: folder }
    }
}
