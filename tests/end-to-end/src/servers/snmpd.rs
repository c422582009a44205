//! A real snmpd of Net-SNMP, with a community, and users of version 3 of every level.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use tempfile::TempDir;

use super::chrony::free_udp_port;
use super::running::{self, Running, Server};
use super::write;

pub struct Snmpd {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Snmpd {
    pub const COMMUNITY: &'static str = "kX3-network-ro-9d2";
    /// What users sign with.
    pub const PASSWORD: &'static str = "maplesyrup-71-b";
    /// What users encrypt with.
    pub const OTHER: &'static str = "pancakes-and-more-5";

    /// On IPv4 and IPv6, with more lines of its config. Users are `open`, `sign-DIGEST` for each digest, `hide-aes128` with
    /// SHA-256, `hide-aes256` with SHA-1 and `hide-aes256-long` with SHA-512.
    pub fn start(more: &str) -> Snmpd {
        let folder = running::folder();
        let path = folder.path().display().to_string();
        let port = free_udp_port();
        let (community, password, other) = (Snmpd::COMMUNITY, Snmpd::PASSWORD, Snmpd::OTHER);
        let mut config = format!(
            "agentAddress udp:127.0.0.1:{port},udp6:[::1]:{port}\nrocommunity {community} 127.0.0.1\n\
             rocommunity6 {community} ::1\ncreateUser open\nrouser open noauth\n"
        );
        for (name, digest) in [
            ("md5", "MD5"),
            ("sha1", "SHA"),
            ("sha224", "SHA-224"),
            ("sha256", "SHA-256"),
            ("sha384", "SHA-384"),
            ("sha512", "SHA-512"),
        ] {
            config += &format!("createUser sign-{name} {digest} \"{password}\"\nrouser sign-{name} auth\n");
        }
        for (name, digest, cipher) in [
            ("aes128", "SHA-256", "AES"),
            ("aes256", "SHA", "AES-256"),
            ("aes256-long", "SHA-512", "AES-256"),
        ] {
            config += &format!(
                "createUser hide-{name} {digest} \"{password}\" {cipher} \"{other}\"\nrouser hide-{name} priv\n"
            );
        }
        // It writes a `snmpd.conf` of its own.
        write(folder.path(), "agent.conf", &(config + more));
        let asking = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        asking.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket can be told to wait");
        let server = Server::unprivileged("snmpd", folder.path())
            .environment("SNMP_PERSISTENT_DIR", &path)
            .environment("SNMPCONFPATH", &path)
            .environment("MIBS", "")
            .arguments(["-f", "-Lo", "-C", "-c", "agent.conf", "-p", "pid"]);
        let running = server.start_until(|| {
            let _ = asking.send_to(&question(), (Ipv4Addr::LOCALHOST, port));
            asking.recv(&mut [0; 512]).is_ok()
        });
        Snmpd { port, _running: running, _folder: folder }
    }
}

/// For `sysUpTime.0`, in version 2c.
fn question() -> Vec<u8> {
    let community = Snmpd::COMMUNITY.as_bytes();
    let get = b"\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00";
    let length = |bytes: usize| u8::try_from(bytes).expect("it is short");
    let contents = [&[0x02, 1, 1, 0x04, length(community.len())], community, get].concat();
    [&[0x30, length(contents.len())], &*contents].concat()
}
