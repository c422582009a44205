//! A real OpenSSH server. As a user without rights it needs nothing outside its folder: only as root it wants `/run/sshd`.

use std::process::Command;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, write};

pub struct Sshd {
    pub port: u16,
    _running: Running,
    folder: TempDir,
}

impl Sshd {
    /// With keys of these types, such as `ed25519`, and these lines in its config.
    pub fn start(types: &[&str], lines: &str) -> Sshd {
        let folder = running::folder();
        let path = folder.path().display();
        let port = free_port();
        let mut config = format!("ListenAddress 127.0.0.1\nPort {port}\nPidFile none\n{lines}\n");
        for name in types {
            Server::new("ssh-keygen", folder.path())
                .arguments(["-q", "-t", name, "-N", "", "-C", "", "-f", name])
                .run();
            config.push_str(&format!("HostKey {path}/{name}\n"));
        }
        write(folder.path(), "sshd_config", &config);
        let config = format!("{path}/sshd_config");
        let running = Server::unprivileged("sshd", folder.path())
            .arguments(["-D", "-e", "-f", &*config])
            .start(&[at(port)]);
        Sshd { port, _running: running, folder }
    }

    /// The public key of this type, as a line of known_hosts has it behind the host.
    pub fn public(&self, name: &str) -> String {
        let key = std::fs::read_to_string(self.folder.path().join(format!("{name}.pub")));
        key.expect("the key was made").trim().to_owned()
    }

    /// What `ssh-keyscan | ssh-keygen -lf -` prints of the key of this type.
    ///
    /// # Panics
    /// If it fails.
    pub fn printed(&self, name: &str) -> String {
        let scan = format!("ssh-keyscan -t {name} -p {} 127.0.0.1 2>/dev/null | ssh-keygen -lf -", self.port);
        let output = Command::new("sh").args(["-c", &scan]).output().expect("a shell can be started");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{scan}: {complaint}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
