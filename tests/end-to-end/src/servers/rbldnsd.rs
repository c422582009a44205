//! A real server of block lists: rbldnsd.

use std::net::UdpSocket;
use std::time::Duration;

use tempfile::TempDir;

use super::running::{self, Running, Server};
use super::{free_udp_port, write};

pub struct Rbldnsd {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

/// One list of addresses of one kind, in the server's own notation.
pub enum Addresses<'a> {
    Fourth(&'a str),
    Sixth(&'a str),
}

impl Rbldnsd {
    /// At loopback, with lists by zone; one zone may stand there for either kind of addresses.
    ///
    /// # Panics
    /// In one line, if it does not answer.
    pub fn start(lists: &[(&str, Addresses<'_>)]) -> Rbldnsd {
        let folder = running::folder();
        let port = free_udp_port();
        let mut arguments = vec!["-n".to_owned(), "-b".to_owned(), format!("127.0.0.1/{port}")];
        arguments.extend(["-w".to_owned(), folder.path().display().to_string()]);
        for (at, (zone, addresses)) in lists.iter().enumerate() {
            let (kind, text) = match addresses {
                Addresses::Fourth(text) => ("ip4trie", text),
                Addresses::Sixth(text) => ("ip6trie", text),
            };
            write(folder.path(), &format!("list{at}"), text);
            arguments.push(format!("{zone}:{kind}:list{at}"));
        }
        let server = Server::new("rbldnsd", folder.path()).arguments(arguments.iter().map(String::as_str));
        let running = server.start_until(|| answers(port));
        Rbldnsd { port, _running: running, _folder: folder }
    }
}

/// Whether something comes back for a question about the root.
fn answers(port: u16) -> bool {
    const QUESTION: &[u8] = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01";
    let asked = UdpSocket::bind("127.0.0.1:0").and_then(|socket| {
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        socket.connect(("127.0.0.1", port))?;
        socket.send(QUESTION)?;
        socket.recv(&mut [0; 512])
    });
    asked.is_ok()
}
