//! A real vsftpd.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{Tls, at, keep, write};

pub struct Vsftpd {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Vsftpd {
    pub fn start(tls: &Tls<'_>) -> Vsftpd {
        let folder = running::folder();
        let path = folder.path().display();
        std::fs::create_dir(folder.path().join("empty")).expect("a folder can be made");
        let secured = match tls {
            Tls::With(identity) => {
                keep(folder.path(), identity);
                format!(
                    "ssl_enable=YES\nallow_anon_ssl=YES\nrsa_cert_file={path}/chain.pem\nrsa_private_key_file={path}/key.pem\n"
                )
            }
            Tls::Off => "ssl_enable=NO\n".to_owned(),
        };
        let port = free_port();
        let config = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\nrun_as_launching_user=YES\n\
             secure_chroot_dir={path}/empty\nanonymous_enable=YES\nanon_root={path}/empty\nxferlog_enable=NO\n\
             seccomp_sandbox=NO\n{secured}"
        );
        write(folder.path(), "vsftpd.conf", &config);
        // It takes no other folder for its config than the one that it is told.
        let config = format!("{path}/vsftpd.conf");
        let running =
            Server::new("vsftpd", folder.path()).arguments([&*config]).ends_by("TERM").start(&[at(port)]);
        Vsftpd { port, _running: running, _folder: folder }
    }
}
