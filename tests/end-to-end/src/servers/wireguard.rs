//! Real tunnels of wireguard-go, for a test in network namespaces of its own with a `/run` of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::running::{self, Running, Server};

/// An interface, which is gone with its process.
pub struct WireGuard {
    pub interface: &'static str,
    _running: Running,
    _folder: TempDir,
}

/// A private key and what belongs to it, in base64.
pub struct WireGuardKey {
    pub private: String,
    pub public: String,
}

impl WireGuard {
    /// An interface that is not set up yet.
    ///
    /// # Panics
    /// Where there is no `/dev/net/tun`.
    pub fn start(interface: &'static str) -> WireGuard {
        let tun = std::path::Path::new("/dev/net/tun");
        assert!(tun.exists(), "wireguard-go needs `/dev/net/tun`; hint: load the module `tun`");
        let folder = running::folder();
        let server = Server::new("wireguard-go", folder.path()).arguments(["-f", interface]);
        let socket = WireGuard::socket(interface);
        let running = server.start_until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok());
        WireGuard { interface, _running: running, _folder: folder }
    }

    pub fn socket(interface: &str) -> PathBuf {
        format!("/var/run/wireguard/{interface}.sock").into()
    }

    /// Sets its key and port, and one peer with these further words of `wg set`.
    pub fn set(&self, key: &WireGuardKey, port: u16, peer: &WireGuardKey, more: &str) {
        let (interface, private, public) = (self.interface, &key.private, &peer.public);
        shell(&format!(
            "echo {private} | wg set {interface} listen-port {port} private-key /dev/stdin peer {public} {more}"
        ));
    }
}

impl WireGuardKey {
    pub fn new() -> WireGuardKey {
        let private = shell("wg genkey");
        let public = shell(&format!("echo {private} | wg pubkey"));
        WireGuardKey { private, public }
    }
}

impl Default for WireGuardKey {
    fn default() -> Self {
        Self::new()
    }
}

/// Another network namespace, for the far end of a tunnel; gone when it is dropped and nothing in it runs.
pub struct FarNetwork {
    running: Running,
    _folder: TempDir,
}

impl FarNetwork {
    pub fn new() -> FarNetwork {
        let folder = running::folder();
        let server = Server::new("unshare", folder.path()).arguments(["--net", "sleep", "infinity"]);
        let running = server.start(&[]);
        let own = std::fs::read_link("/proc/self/ns/net").expect("a process has a network");
        let its = format!("/proc/{}/ns/net", running.id());
        while std::fs::read_link(&its).is_ok_and(|its| its == own) {
            std::thread::yield_now();
        }
        let far = FarNetwork { running, _folder: folder };
        far.shell("ip link set lo up");
        far
    }

    /// Moves an interface there. What comes in on the near side of its tunnel goes out of it in the far network.
    pub fn takes(&self, interface: &str) {
        shell(&format!("ip link set {interface} netns {}", self.running.id()));
    }

    /// Runs that there, with a shell.
    pub fn shell(&self, script: &str) {
        shell(&format!("nsenter --net=/proc/{}/ns/net sh -ec '{script}'", self.running.id()));
    }

    /// A web server there at `address` and `port`.
    pub fn serves(&self, address: &str, port: u16) -> (Running, TempDir) {
        let folder = running::folder();
        let network = format!("--net=/proc/{}/ns/net", self.running.id());
        let port = port.to_string();
        let python = ["/usr/bin/python3", "-u", "-m", "http.server", &*port, "--bind", address];
        let server = Server::new("nsenter", folder.path()).arguments([&*network, "--"]).arguments(python);
        let said = folder.path().join("nsenter.said");
        let running =
            server.start_until(|| std::fs::read_to_string(&said).is_ok_and(|said| said.contains("Serving")));
        (running, folder)
    }
}

impl Default for FarNetwork {
    fn default() -> Self {
        Self::new()
    }
}

/// What a script prints, without its end.
///
/// # Panics
/// If it fails, with what it complains about.
pub fn shell(script: &str) -> String {
    let output = Command::new("sh").args(["-ec", script]).stdin(Stdio::null()).output();
    let output = output.expect("a shell can be started");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {complaint}; hint: `make setup` installs what is missing");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
