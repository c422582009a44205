//! A real Mosquitto: users with passwords and a list of who may do what, in the clear, under TLS, and under TLS that demands
//! a certificate.

use std::process::Command;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, keep, write};
use crate::Identity;

pub struct Mosquitto {
    pub port: u16,
    pub tls_port: u16,
    /// Where a client shows a certificate of the authority, and needs no password.
    pub mutual_port: u16,
    _running: Running,
    folder: TempDir,
}

impl Mosquitto {
    pub const PASSWORD: &str = "correct-horse-battery";

    /// With these users, all with that password, and these lines of an `acl_file`. `authority` is whose clients' certificates
    /// are taken.
    pub fn start(identity: &Identity, authority: &str, users: &[&str], rights: &str) -> Mosquitto {
        let folder = running::folder();
        keep(folder.path(), identity);
        write(folder.path(), "authority.pem", authority);
        write(folder.path(), "rights", rights);
        write(folder.path(), "passwords", "");
        for user in users {
            Server::new("mosquitto_passwd", folder.path())
                .arguments(["-b", "passwords", *user, Mosquitto::PASSWORD])
                .run();
        }
        let (port, tls_port, mutual_port) = (free_port(), free_port(), free_port());
        let path = folder.path().display();
        let tls = format!("certfile {path}/chain.pem\nkeyfile {path}/key.pem\n");
        let login =
            format!("allow_anonymous false\npassword_file {path}/passwords\nacl_file {path}/rights\n");
        let config = format!(
            "per_listener_settings true\npersistence false\nlog_dest stderr\n\
             listener {port} 127.0.0.1\n{login}listener {tls_port} 127.0.0.1\n{tls}{login}\
             listener {mutual_port} 127.0.0.1\n{tls}cafile {path}/authority.pem\nrequire_certificate true\n\
             allow_anonymous true\n"
        );
        write(folder.path(), "mosquitto.conf", &config);
        let server = Server::unprivileged("mosquitto", folder.path()).arguments(["-c", "mosquitto.conf"]);
        let running = server.start(&[at(port), at(tls_port), at(mutual_port)]);
        Mosquitto { port, tls_port, mutual_port, _running: running, folder }
    }

    /// Publishes as `mosquitto_pub` does.
    ///
    /// # Panics
    /// If it fails.
    pub fn publish(&self, user: &str, topic: &str, payload: &str, more: &[&str]) {
        let mut command = Command::new("mosquitto_pub");
        let port = self.port.to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-u", user, "-P", Mosquitto::PASSWORD, "-q", "1"]);
        let output = command.args(["-t", topic, "-m", payload]).args(more).output();
        let output = output.expect("mosquitto_pub can be started; hint: `make setup` installs it");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mosquitto_pub: {complaint}");
    }

    /// Publishes that again and again until it is dropped.
    pub fn publishing(&self, user: &str, topic: &str, payload: &str) -> Running {
        let port = self.port.to_string();
        let login = ["-h", "127.0.0.1", "-p", &*port, "-u", user, "-P", Mosquitto::PASSWORD];
        Server::new("mosquitto_pub", self.folder.path())
            .arguments(login)
            .arguments(["-t", topic, "-m", payload, "--repeat", "1000000", "--repeat-delay", "0.05"])
            .start(&[])
    }
}
