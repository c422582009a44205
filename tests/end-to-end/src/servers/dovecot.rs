//! A real Dovecot: IMAP and POP3.

use std::path::PathBuf;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port, is_root};
use super::{at, keep, write};
use crate::Identity;

/// Starts TLS where it is asked to, but at [`Dovecot::CLEAR`].
pub struct Dovecot {
    pub imap_port: u16,
    pub pop3_port: u16,
    _running: Running,
    folder: TempDir,
}

impl Dovecot {
    /// The host at which the same ports refuse TLS.
    pub const CLEAR: &str = "127.0.0.2";
    /// The password of every user.
    pub const PASSWORD: &str = "correct-horse";

    pub fn start(identity: &Identity) -> Dovecot {
        let folder = running::folder();
        keep(folder.path(), identity);
        let (imap_port, pop3_port) = (free_port(), free_port());
        let user = if is_root() { "nobody".to_owned() } else { own_name() };
        // Whoever takes mail for it writes there as the same user.
        let mail = folder.path().join("mail");
        std::fs::create_dir(&mail).expect("a folder can be made");
        let owner = if is_root() {
            running::give(&mail, running::NOBODY, running::NOBODY);
            "mail_uid = 65534\nmail_gid = 65534\n"
        } else {
            ""
        };
        let (path, password) = (folder.path().display(), Dovecot::PASSWORD);
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
             passdb {{\n driver = static\n args = password={password}\n}}\nuserdb {{\n driver = static\n args = home={path}/home\n}}\n\
             auth_mechanisms = plain login\nmail_location = maildir:{path}/mail/Maildir\n{owner}\
             service auth {{\n unix_listener {path}/auth {{\n  mode = 0666\n }}\n}}\nservice anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n{}{}",
            listener("imap", imap_port),
            listener("pop3", pop3_port),
        );
        write(folder.path(), "dovecot.conf", &config);
        let server = Server::new("dovecot", folder.path()).arguments(["-F", "-c", "dovecot.conf"]);
        let running = server.start(&[at(imap_port), at(pop3_port)]);
        Dovecot { imap_port, pop3_port, _running: running, folder }
    }

    /// All mailboxes are one, a `Maildir` below this folder.
    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The socket at which a mail server asks whether a login is good.
    pub(super) fn logins(&self) -> PathBuf {
        self.folder.path().join("auth")
    }
}

fn own_name() -> String {
    let output = std::process::Command::new("id").arg("-un").output().expect("`id` can be started");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
