//! A real OpenLDAP server without a database.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{Tls, at, keep, write};

pub struct Slapd {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Slapd {
    pub fn start(tls: &Tls<'_>) -> Slapd {
        let folder = running::folder();
        let path = folder.path().display();
        let mut config = format!("pidfile {path}/pid\nargsfile {path}/args\n");
        if let Tls::With(identity) = tls {
            keep(folder.path(), identity);
            config.push_str(&format!(
                "TLSCertificateFile {path}/chain.pem\nTLSCertificateKeyFile {path}/key.pem\n"
            ));
        }
        write(folder.path(), "slapd.conf", &config);
        let port = free_port();
        let server = Server::new("slapd", folder.path());
        // Any level of debugging keeps it in the foreground.
        let running = server
            .arguments(["-d", "0", "-f", "slapd.conf", "-h", &format!("ldap://127.0.0.1:{port}")])
            .start(&[at(port)]);
        Slapd { port, _running: running, _folder: folder }
    }
}
