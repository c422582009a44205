//! A real Dovecot: IMAP and POP3.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port, is_root};
use super::{at, keep, write};
use crate::Identity;

/// Starts TLS where it is asked to, but at [`Dovecot::CLEAR`].
pub struct Dovecot {
    pub imap_port: u16,
    pub pop3_port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Dovecot {
    /// The host at which the same ports refuse TLS.
    pub const CLEAR: &str = "127.0.0.2";

    pub fn start(identity: &Identity) -> Dovecot {
        let folder = running::folder();
        keep(folder.path(), identity);
        let (imap_port, pop3_port) = (free_port(), free_port());
        let user = if is_root() { "nobody".to_owned() } else { own_name() };
        let path = folder.path().display();
        let clear = Dovecot::CLEAR;
        let listener = |name: &str, port: u16| {
            format!(
                "service {name}-login {{\n chroot =\n inet_listener {name} {{\n  address = 127.0.0.1, {clear}\n  port = {port}\n }}\n \
                 inet_listener {name}s {{\n  port = 0\n }}\n}}\n"
            )
        };
        let config = format!(
            "base_dir = {path}/run\nstate_dir = {path}/state\nlog_path = /dev/stderr\nprotocols = imap pop3\n\
             default_internal_user = {user}\ndefault_login_user = {user}\nssl = yes\n\
             ssl_cert = <{path}/chain.pem\nssl_key = <{path}/key.pem\nlocal {clear} {{\n ssl = no\n}}\n\
             passdb {{\n driver = static\n args = nopassword=y\n}}\nuserdb {{\n driver = static\n args = home={path}/home\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n{}{}",
            listener("imap", imap_port),
            listener("pop3", pop3_port),
        );
        write(folder.path(), "dovecot.conf", &config);
        let server = Server::new("dovecot", folder.path()).arguments(["-F", "-c", "dovecot.conf"]);
        let running = server.start(&[at(imap_port), at(pop3_port)]);
        Dovecot { imap_port, pop3_port, _running: running, _folder: folder }
    }
}

fn own_name() -> String {
    let output = std::process::Command::new("id").arg("-un").output().expect("`id` can be started");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
