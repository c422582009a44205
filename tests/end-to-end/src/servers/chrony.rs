//! A real chronyd that serves time and leaves the machine's clock alone.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::running::{self, Running, Server, is_root};
use super::write;

/// What its clock is like.
pub enum Clock<'a> {
    /// The machine's own, given out as that of a server of this stratum.
    Local { stratum: u8 },
    /// The same, ahead by so many seconds: by libfaketime, which lies there.
    Ahead { stratum: u8, seconds: u32, library: &'a Path },
    /// It has none that it trusts.
    Unsynchronised,
}

pub struct Chrony {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

/// Version 4, from a client, and nothing else.
const QUESTION: [u8; 48] = {
    let mut packet = [0; 48];
    packet[0] = 0b00_100_011;
    packet
};

impl Chrony {
    /// # Panics
    /// Without the rights of root, which it wants.
    pub fn start(clock: &Clock<'_>) -> Chrony {
        assert!(is_root(), "chronyd starts for root alone; hint: run this test as root");
        let folder = running::folder();
        let path = folder.path().display();
        let asking = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        asking.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket can be told to wait");
        let port = free_udp_port();
        let source = match clock {
            Clock::Local { stratum } | Clock::Ahead { stratum, .. } => format!("local stratum {stratum}\n"),
            Clock::Unsynchronised => String::new(),
        };
        write(
            folder.path(),
            "chrony.conf",
            &format!(
                "port {port}\ncmdport 0\nbindcmdaddress /\nbindaddress 127.0.0.1\nallow\npidfile {path}/pid\n\
                 driftfile {path}/drift\n{source}"
            ),
        );
        let mut server =
            Server::new("chronyd", folder.path()).arguments(["-d", "-x", "-u", "root", "-f", "chrony.conf"]);
        if let Clock::Ahead { seconds, library, .. } = clock {
            let library = library.display().to_string();
            server =
                server.environment("LD_PRELOAD", &library).environment("FAKETIME", &format!("+{seconds}"));
        }
        let running = server.start_until(|| {
            let _ = asking.send_to(&QUESTION, (Ipv4Addr::LOCALHOST, port));
            asking.recv(&mut [0; 512]).is_ok()
        });
        Chrony { port, _running: running, _folder: folder }
    }
}

/// A port of loopback that nobody has for datagrams.
pub fn free_udp_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    socket.local_addr().expect("it is bound").port()
}
