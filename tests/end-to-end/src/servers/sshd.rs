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
    /// With keys of these types, such as `ed25519` or `ecdsa-384` with its bits, and these lines in its config.
    pub fn start(types: &[&str], lines: &str) -> Sshd {
        let folder = running::folder();
        let path = folder.path().display();
        let port = free_port();
        let mut config = format!("ListenAddress 127.0.0.1\nPort {port}\nPidFile none\n{lines}\n");
        for name in types {
            let (kind, bits) = name.split_once('-').unwrap_or((name, ""));
            let bits = if bits.is_empty() { String::new() } else { format!("-b{bits}") };
            let arguments = ["-q", "-t", kind, "-N", "", "-C", "", "-f", name, &*bits];
            let arguments = arguments.into_iter().take(if bits.is_empty() { 9 } else { 10 });
            Server::new("ssh-keygen", folder.path()).arguments(arguments).run();
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

    /// The public key of this type, as it goes over the wire.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let line = self.public(name);
        let key = line.split(' ').nth(1).expect("it stands behind its type");
        let decode = format!("echo {key} | base64 -d");
        let output = Command::new("sh").args(["-c", &decode]).output().expect("a shell can be started");
        assert!(output.status.success() && !output.stdout.is_empty(), "{decode}");
        output.stdout
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
