//! A real mail server with TLS and logins (aiosmtpd), by its own process.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::nginx::Identity;
use crate::servers::free_port;
use crate::{eventually, program};

pub struct MailServer {
    pub port: u16,
    inbox: PathBuf,
    _process: Child,
    _folder: TempDir,
}

impl MailServer {
    /// `mode` is `starttls` or `tls`, `mechanism` `PLAIN` or `LOGIN`. It knows `watch` with [`MailServer::PASSWORD`].
    pub async fn start(mode: &str, mechanism: &str, identity: &Identity) -> MailServer {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        std::fs::write(&chain, &identity.chain).expect("a file can be written");
        std::fs::write(&key, &identity.key).expect("a file can be written");
        let (port, inbox) = (free_port(), folder.path().join("inbox.jsonl"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/mail.py");
        // The system's Python is the one that the system's packages are for.
        let process = Command::new(program("python3", &["/usr/bin"]))
            .arg(script)
            .args([&port.to_string(), mode])
            .args([&chain, &key])
            .arg(mechanism)
            .arg(&inbox)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 can be started; hint: `make setup` installs it");
        eventually("the mail server listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
        MailServer { port, inbox, _process: process, _folder: folder }
    }

    pub const PASSWORD: &str = "correct horse";

    /// What it took, oldest first, as another parser reads it: envelope, headers, parts.
    pub fn mails(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.inbox).unwrap_or_default();
        // The last line may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
