//! Servers and certificates as other people make them: by OpenSSL. The engine's own tests use this file too.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::running::{Running, Server, free_port};

/// Files made by `openssl`, in a folder of their own.
pub struct Bench(tempfile::TempDir);

/// `openssl s_server`, until it is dropped.
pub struct SServer {
    pub port: u16,
    _running: Running,
}

impl Bench {
    #[allow(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Bench {
        Bench(tempfile::tempdir().expect("a temporary folder can be made"))
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
    /// Runs it with these arguments, of which none holds a blank.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn openssl(&self, arguments: &str) {
        self.openssl_with(arguments, &[]);
    }
    /// With variables for its environment.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn openssl_with(&self, arguments: &str, environment: &[(&str, &str)]) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .envs(environment.iter().copied())
            .current_dir(self.path())
            .output()
            .expect("openssl can be started; hint: `make setup` installs it");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {complaint}");
    }
    /// # Panics
    /// If there is no such file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).expect("the file was made")
    }
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).expect("a file can be written");
    }
    /// `NAME.pem` and `NAME.key`, signed by itself.
    #[track_caller]
    pub fn self_signed(&self, name: &str, more: &str) {
        let more = if more.is_empty() { String::new() } else { format!(" {more}") };
        self.openssl(&format!(
            "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout {name}.key -out {name}.pem -days 30 -subj /CN=localhost{more}"
        ));
    }
    /// `openssl s_server -www` with these, on IPv4.
    #[track_caller]
    pub fn serve(&self, arguments: &str) -> SServer {
        self.serve_at("127.0.0.1", arguments)
    }
    /// At an address of loopback, in brackets if it is one of IPv6.
    #[track_caller]
    pub fn serve_at(&self, address: &str, arguments: &str) -> SServer {
        let port = free_port();
        let at = format!("{address}:{port}");
        let listens: SocketAddr = at.parse().expect("it is an address");
        let server = Server::new("openssl", self.path())
            .arguments(["s_server", "-www", "-quiet", "-accept", &at])
            .arguments(arguments.split(' '));
        SServer { port, _running: server.start(&[listens]) }
    }
}
