//! A real PostgreSQL with a database of its own.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port, program};
use super::{at, keep, write};
use crate::Identity;

pub struct PostgreSql {
    pub port: u16,
    running: Running,
    folder: TempDir,
}

/// Where Debian and Ubuntu keep it, newest last.
const DEBIAN: &str = "/usr/lib/postgresql";

impl PostgreSql {
    /// It trusts everybody on loopback, and its superuser is `watch`. It starts TLS where it is asked to.
    pub fn start(identity: &Identity) -> PostgreSql {
        let folder = running::folder();
        keep(folder.path(), identity);
        let data = format!("{}/data", folder.path().display());
        place("initdb", &folder)
            .arguments([
                "--no-sync",
                "--auth=trust",
                "--username=watch",
                "--no-locale",
                "--encoding=UTF8",
                "-D",
                &data,
            ])
            .run();
        let port = free_port();
        let path = folder.path().display();
        write(
            folder.path(),
            "data/postgresql.conf",
            &format!(
                "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{path}'\nfsync = off\n\
                 ssl_cert_file = '{path}/chain.pem'\nssl_key_file = '{path}/key.pem'\ninclude = 'ssl.conf'\n\
                 shared_buffers = 1MB\n"
            ),
        );
        write(folder.path(), "data/ssl.conf", "ssl = on\n");
        // Shared memory outlives a killed one; at once, without waiting for its clients.
        let server = place("postgres", &folder).arguments(["-D", &data]).ends_by("QUIT");
        PostgreSql { port, running: server.start(&[at(port)]), folder }
    }

    /// From its next connections on it takes no TLS.
    pub fn without_tls(&self) {
        write(self.folder.path(), "data/ssl.conf", "ssl = off\n");
        self.running.signal("HUP");
    }
}

/// Its programs are in nobody's PATH on Debian.
fn place(name: &'static str, folder: &TempDir) -> Server {
    let mut versions: Vec<_> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    let folders: Vec<&str> = versions.iter().rev().filter_map(|path| path.to_str()).collect();
    let found = program(name, &folders);
    Server::unprivileged_at(name, &found, folder.path())
}
