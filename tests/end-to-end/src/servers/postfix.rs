//! A real Postfix that takes mail for nobody.

use std::path::Path;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port, give, is_root};
use super::{at, keep, write};
use crate::Identity;

pub struct Postfix {
    /// Starts TLS where it is asked to.
    pub port: u16,
    /// Does not.
    pub clear_port: u16,
    _running: Running,
    _folder: TempDir,
}

/// Where Debian keeps what runs under its master.
const DAEMONS: &str = "/usr/lib/postfix/sbin";

impl Postfix {
    /// # Panics
    /// Without the rights of root, which its master wants.
    pub fn start(identity: &Identity) -> Postfix {
        assert!(is_root(), "Postfix starts for root alone; hint: run this test as root");
        let folder = running::folder();
        keep(folder.path(), identity);
        let path = folder.path().display();
        for name in ["etc", "data", "queue/pid", "queue/private", "queue/public"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder can be made");
        }
        let (port, clear_port) = (free_port(), free_port());
        write(
            folder.path(),
            "etc/main.cf",
            &format!(
                "compatibility_level = 3.6\nqueue_directory = {path}/queue\ndata_directory = {path}/data\n\
                 maillog_file = {path}/log\nmaillog_file_prefixes = {path}\nmyhostname = localhost\nmydestination =\n\
                 inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nalias_maps =\nsmtpd_tls_security_level = may\n\
                 smtpd_tls_cert_file = {path}/chain.pem\nsmtpd_tls_key_file = {path}/key.pem\n"
            ),
        );
        write(
            folder.path(),
            "etc/master.cf",
            &format!(
                "127.0.0.1:{port} inet n - n - - smtpd\n\
                 127.0.0.1:{clear_port} inet n - n - - smtpd -o smtpd_tls_security_level=none\n\
                 postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
                 rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\n"
            ),
        );
        let (user, group) = owner_of("/var/lib/postfix");
        for name in ["data", "queue/private", "queue/public"] {
            give(&folder.path().join(name), user, group);
        }
        // What `postfix start-fg` comes to, without a shell between that would outlive it.
        let master = Path::new(DAEMONS).join("master");
        let server = Server::found("postfix", &master, folder.path());
        let config = format!("{path}/etc");
        let running = server.arguments(["-d", "-c", &config]).start(&[at(port), at(clear_port)]);
        Postfix { port, clear_port, _running: running, _folder: folder }
    }
}

/// Who its packages say that it runs as.
fn owner_of(path: &str) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;

    let found = std::fs::metadata(path)
        .unwrap_or_else(|_| panic!("`postfix` is not installed; hint: `make setup` installs it"));
    (found.uid(), found.gid())
}
