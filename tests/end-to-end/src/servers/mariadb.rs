//! A real MariaDB, without tables of users: everybody may do everything.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{Tls, at, keep};

pub struct MariaDb {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl MariaDb {
    pub fn start(tls: &Tls<'_>) -> MariaDb {
        let folder = running::folder();
        let path = folder.path().display();
        let secured = match tls {
            Tls::With(identity) => {
                keep(folder.path(), identity);
                vec![format!("--ssl-cert={path}/chain.pem"), format!("--ssl-key={path}/key.pem")]
            }
            Tls::Off => vec!["--skip-ssl".to_owned()],
        };
        std::fs::create_dir(folder.path().join("data")).expect("a folder can be made");
        let port = free_port();
        let own = [
            format!("--datadir={path}/data"),
            format!("--socket={path}/socket"),
            format!("--pid-file={path}/pid"),
            format!("--port={port}"),
        ];
        let server = Server::unprivileged("mariadbd", folder.path())
            .arguments(["--no-defaults", "--bind-address=127.0.0.1", "--skip-grant-tables", "--skip-log-bin"])
            // InnoDB writes a hundred megabytes before it begins.
            .arguments(["--skip-innodb", "--default-storage-engine=Aria", "--aria-log-file-size=8M"])
            .arguments(own.iter().chain(&secured).map(String::as_str));
        MariaDb { port, _running: server.start(&[at(port)]), _folder: folder }
    }
}
