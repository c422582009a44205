//! The socket that echo requests are sent from.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::packet::{self, Version};

/// The setting that says which groups may make datagram sockets for ICMP.
const SETTING: &str = "net.ipv4.ping_group_range";
const PACKET_BYTES_MAX: usize = 65_535;

pub(super) struct EchoSocket {
    /// A UDP socket in type only: any socket for datagrams is read and written alike.
    socket: UdpSocket,
    kind: Kind,
    version: Version,
    identifier: u16,
    token: u64,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The system chooses the identifier, and passes on only replies to it.
    Datagram,
    /// Every ICMP packet of the machine arrives.
    Raw,
}

pub(super) enum Refused {
    /// The host has the right to neither kind.
    NoRight { message: String, hint: String },
    /// The host has the right to one, but something else failed.
    System(io::Error),
}

impl EchoSocket {
    /// Opens a connected socket, so that only packets from `ip` arrive.
    pub(super) fn open(ip: IpAddr) -> Result<Self, Refused> {
        let datagram = open(ip, Kind::Datagram);
        let opened = match datagram {
            Ok(socket) => Ok((socket, Kind::Datagram)),
            Err(error) if is_no_right(&error) => open(ip, Kind::Raw).map(|socket| (socket, Kind::Raw)),
            Err(error) => Err(error),
        };
        let (socket, kind) = opened.map_err(|error| match is_no_right(&error) {
            true => no_right(&error),
            false => Refused::System(error),
        })?;
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|error| {
            Refused::System(io::Error::other(format!("the system gave no random bytes: {error}")))
        })?;
        let [a, b, token @ ..] = random;
        Ok(Self {
            socket,
            kind,
            version: if ip.is_ipv4() { Version::V4 } else { Version::V6 },
            identifier: u16::from_be_bytes([a, b]),
            token: u64::from_be_bytes(token),
            buffer: vec![0; PACKET_BYTES_MAX],
        })
    }

    pub(super) async fn send(&self, sequence: u16, size: u16) -> io::Result<()> {
        let packet = packet::request(self.version, self.identifier, sequence, size, self.token);
        self.socket.send(&packet).await.map(drop)
    }

    /// The sequence number of the next reply to one of our requests. Cancelling it at any point loses nothing.
    pub(super) async fn receive(&mut self) -> io::Result<u16> {
        loop {
            let size = self.socket.recv(&mut self.buffer).await?;
            let received = &self.buffer[..size];
            let packet = match (self.kind, self.version) {
                (Kind::Raw, Version::V4) => packet::without_ip_header(received).unwrap_or_default(),
                (Kind::Raw, Version::V6) | (Kind::Datagram, _) => received,
            };
            let Some((identifier, sequence, payload)) = packet::reply(self.version, packet) else { continue };
            let token = self.token.to_be_bytes();
            let both = token.len().min(payload.len());
            let is_ours = self.kind == Kind::Datagram || identifier == self.identifier;
            if is_ours && payload[..both] == token[..both] {
                return Ok(sequence);
            }
        }
    }
}

fn open(ip: IpAddr, kind: Kind) -> io::Result<UdpSocket> {
    let (domain, protocol) = match ip {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let of = match kind {
        Kind::Datagram => Type::DGRAM,
        Kind::Raw => Type::RAW,
    };
    let socket = Socket::new(domain, of, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.connect(&SocketAddr::new(ip, 0).into())?;
    UdpSocket::from_std(socket.into())
}

/// Whether the error means that the host has no right to such a socket. A kernel without datagram sockets for ICMP
/// refuses them with errors of its own.
fn is_no_right(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::ACCESS | Errno::PERM | Errno::PROTONOSUPPORT | Errno::SOCKTNOSUPPORT))
}

fn no_right(error: &io::Error) -> Refused {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ping_group_range").unwrap_or_default();
    let range = range.split_whitespace().collect::<Vec<_>>().join(" ");
    Refused::NoRight {
        message: format!(
            "this host may send no echo requests: `{SETTING}` is `{range}`, and raw sockets are refused ({error})"
        ),
        hint: format!(
            "set `{SETTING} = 0 2147483647` by sysctl, or give the host `AmbientCapabilities=CAP_NET_RAW` in its systemd unit"
        ),
    }
}
