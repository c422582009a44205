//! A real Postfix that takes mail for nobody, or for the mailboxes of a Dovecot.

use std::path::Path;

use tempfile::TempDir;

use super::running::{self, NOBODY, Running, Server, free_port, give, is_root};
use super::{Dovecot, at, keep, write};
use crate::Identity;

pub struct Postfix {
    /// Starts TLS where it is asked to.
    pub port: u16,
    /// Does not.
    pub clear_port: u16,
    /// Begins with TLS.
    pub tls_port: u16,
    /// Refuses whoever comes.
    pub closed_port: u16,
    _running: Running,
    _folder: TempDir,
}

/// Where Debian keeps what runs under its master.
const DAEMONS: &str = "/usr/lib/postfix/sbin";

/// Folders of its queue.
const QUEUES: [&str; 12] = [
    "pid", "private", "public", "incoming", "active", "deferred", "hold", "bounce", "defer", "trace",
    "corrupt", "maildrop",
];

impl Postfix {
    /// What is sent there is kept, and goes nowhere.
    pub const HELD: &str = "held@example.com";

    /// # Panics
    /// Without the rights of root, which its master wants.
    pub fn start(identity: &Identity) -> Postfix {
        Postfix::with(identity, "mydestination =\n", "")
    }

    /// Takes mail for everybody at `example.com`, puts it into the mailbox of this server, and asks that one about logins.
    ///
    /// # Panics
    /// Without the rights of root, which its master wants.
    pub fn delivering(identity: &Identity, mailboxes: &Dovecot) -> Postfix {
        let (mail, logins) = (mailboxes.mail(), mailboxes.logins());
        let (mail, logins, held) = (mail.display(), logins.display(), Postfix::HELD);
        let main = format!(
            "mydestination =\nvirtual_mailbox_domains = example.com\nvirtual_mailbox_base = {mail}\n\
             virtual_mailbox_maps = static:Maildir/\nvirtual_uid_maps = static:{NOBODY}\n\
             virtual_gid_maps = static:{NOBODY}\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n\
             smtpd_sasl_path = {logins}\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n\
             smtpd_recipient_restrictions = check_recipient_access inline:{{{held}=HOLD}}\n"
        );
        let services = "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\nvirtual unix - n n - - virtual\n\
                        bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
                        error unix - - n - - error\nretry unix - - n - - error\n";
        Postfix::with(identity, &main, services)
    }

    fn with(identity: &Identity, main: &str, services: &str) -> Postfix {
        assert!(is_root(), "Postfix starts for root alone; hint: run this test as root");
        let folder = running::folder();
        keep(folder.path(), identity);
        let path = folder.path().display();
        for name in
            ["etc", "data"].into_iter().map(str::to_owned).chain(QUEUES.map(|name| format!("queue/{name}")))
        {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder can be made");
        }
        let [port, clear_port, tls_port, closed_port] = std::array::from_fn(|_| free_port());
        write(
            folder.path(),
            "etc/main.cf",
            &format!(
                "compatibility_level = 3.6\nqueue_directory = {path}/queue\ndata_directory = {path}/data\n\
                 maillog_file = {path}/log\nmaillog_file_prefixes = {path}\nmyhostname = localhost\n{main}\
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
                 127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
                 127.0.0.1:{closed_port} inet n - n - - smtpd -o smtpd_delay_reject=no -o smtpd_client_restrictions=reject\n\
                 postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
                 rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\n{services}"
            ),
        );
        let (user, group) = owner_of("/var/lib/postfix");
        give(&folder.path().join("data"), user, group);
        for name in QUEUES.into_iter().filter(|name| *name != "pid") {
            give(&folder.path().join("queue").join(name), user, group);
        }
        // What `postfix start-fg` comes to, without a shell between that would outlive it.
        let master = Path::new(DAEMONS).join("master");
        let server = Server::found("postfix", &master, folder.path());
        let config = format!("{path}/etc");
        let ports = [port, clear_port, tls_port, closed_port].map(at);
        let running = server.arguments(["-d", "-c", &config]).start(&ports);
        Postfix { port, clear_port, tls_port, closed_port, _running: running, _folder: folder }
    }
}

/// Who its packages say that it runs as.
fn owner_of(path: &str) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;

    let found = std::fs::metadata(path)
        .unwrap_or_else(|_| panic!("`postfix` is not installed; hint: `make setup` installs it"));
    (found.uid(), found.gid())
}
