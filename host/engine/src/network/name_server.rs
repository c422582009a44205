//! One question to one name server, over UDP or TCP.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr as _;
use std::time::Duration;

use domain::base::Message;
use domain::base::iana::Rtype;
use domain::base::message_builder::MessageBuilder;
use domain::base::name::{Name, ToName as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use super::dial::connected;
use super::failure::{self, Problem};
use crate::contract::transport::{Address, FailureKind, Phase};

pub(crate) use addresses::addresses;

/// A datagram may be lost. It is sent again after this time, then after twice that, and so on.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// What passes every network as one datagram (DNS Flag Day 2020).
const UDP_BYTES_MAX: u16 = 1_232;
/// A question that can be sent.
#[derive(Debug)]
pub(crate) struct Query {
    name: Name<Vec<u8>>,
    kind: Rtype,
    recursive: bool,
    dnssec: bool,
}

impl Query {
    pub(crate) fn new(name: &str, kind: &str, recursive: bool, dnssec: bool) -> Result<Self, String> {
        let parsed = Name::from_str(name).map_err(|_| format!("`{name}` is not a domain name"))?;
        let kind = Rtype::from_str(kind).map_err(|_| {
            format!("`{kind}` is not a record type; hint: write a mnemonic such as `MX`, or `TYPE65`")
        })?;
        if matches!(kind, Rtype::AXFR | Rtype::IXFR) {
            return Err("zones are not transferred".to_owned());
        }
        Ok(Self { name: parsed, kind, recursive, dnssec })
    }

    fn name(&self) -> &Name<Vec<u8>> {
        &self.name
    }

    fn message(&self, id: u16) -> Vec<u8> {
        let mut builder = MessageBuilder::new_vec();
        builder.header_mut().set_id(id);
        builder.header_mut().set_rd(self.recursive);
        let mut question = builder.question();
        question.push((&self.name, self.kind)).expect("a name fits into a message");
        let mut additional = question.additional();
        additional
            .opt(|option| {
                option.set_udp_payload_size(UDP_BYTES_MAX);
                option.set_dnssec_ok(self.dnssec);
                Ok(())
            })
            .expect("an option fits into a message");
        additional.finish()
    }

    fn is_answered_by(&self, id: u16, message: &Message<[u8]>) -> bool {
        let header = message.header();
        let is_ours = header.qr() && header.id() == id;
        // A server that understood nothing may leave the question out.
        match message.sole_question() {
            Ok(question) => is_ours && question.qtype() == self.kind && question.qname().name_eq(&self.name),
            Err(_) => is_ours && message.header_counts().qdcount() == 0 && message.is_error(),
        }
    }
}

/// Reads the address of a name server that a guest gave.
pub(crate) fn parse(address: &Address) -> Result<SocketAddr, Problem> {
    let ip = address.ip.parse::<IpAddr>().ok().filter(|_| address.port != 0);
    ip.map(|ip| SocketAddr::new(ip.to_canonical(), address.port)).ok_or_else(|| {
        Problem::invalid(format!("`{}` with port {} is not a name server address", address.ip, address.port))
    })
}

/// Datagrams that do not answer this very question are counted and ignored: anybody may send them.
pub(crate) async fn over_udp(asked: &Query, server: SocketAddr, odd: &mut u64) -> Result<Vec<u8>, Problem> {
    let socket = connected(server).await.map_err(|error| failure::of_io(&error, Phase::Send))?;
    let id = random_id()?;
    let question = asked.message(id);
    let mut patience = AGAIN_AFTER;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        socket.send(&question).await.map_err(|error| failure::of_io(&error, Phase::Send))?;
        let waiting = answer_on(&socket, asked, id, &mut buffer, odd);
        match tokio::time::timeout(patience, waiting).await {
            Ok(size) => return size.map(|size| buffer[..size].to_vec()),
            Err(_) => patience *= 2,
        }
    }
}

async fn answer_on(
    socket: &UdpSocket,
    asked: &Query,
    id: u16,
    buffer: &mut [u8],
    odd: &mut u64,
) -> Result<usize, Problem> {
    loop {
        let size = socket.recv(buffer).await.map_err(|error| failure::of_io(&error, Phase::Wait))?;
        if Message::from_slice(&buffer[..size]).is_ok_and(|message| asked.is_answered_by(id, message)) {
            return Ok(size);
        }
        *odd += 1;
    }
}

pub(crate) async fn over_tcp(asked: &Query, server: SocketAddr) -> Result<Vec<u8>, Problem> {
    let mut stream =
        TcpStream::connect(server).await.map_err(|error| failure::of_io(&error, Phase::Connect))?;
    let id = random_id()?;
    let question = asked.message(id);
    let length = u16::try_from(question.len()).expect("a question is short").to_be_bytes();
    let framed = [&length[..], &question].concat();
    stream.write_all(&framed).await.map_err(|error| failure::of_io(&error, Phase::Send))?;
    let size = stream.read_u16().await.map_err(|error| failure::of_io(&error, Phase::Wait))?;
    let mut answer = vec![0; usize::from(size)];
    stream.read_exact(&mut answer).await.map_err(|error| failure::of_io(&error, Phase::Transfer))?;
    let fits = Message::from_slice(&answer).is_ok_and(|message| asked.is_answered_by(id, message));
    let problem = || Problem::new(FailureKind::Protocol, Phase::Transfer, "it answers another question");
    fits.then_some(answer).ok_or_else(problem)
}

/// Random, so that nobody who cannot see the question can answer it.
fn random_id() -> Result<u16, Problem> {
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|error| {
        Problem::new(FailureKind::Other, Phase::Policy, format!("the system gave no random bytes: {error}"))
    })?;
    Ok(u16::from_be_bytes(id))
}
