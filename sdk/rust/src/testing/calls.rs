//! The script's side of `net`, `dns` and `icmp`.

use std::time::Duration;

use super::answer::{self, Answer, timings};
use super::dialogue::Spoken;
use super::reply::{Answering, Datagrams, Kind};
use super::script::{Script, with};
use crate::dns;
use crate::http::{Address, Encoding, Failure, FailureKind, Family, Phase, Timings, TlsFacts, TlsOptions};
use crate::icmp::Echoes;
use crate::net::{Datagram, Inspection};

/// A handle to a dialogue under way.
#[derive(Debug)]
pub(crate) struct NetConnection(usize);

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
impl Script {
    /// The script's answer for this route; it may be a failure, which fits any call.
    fn reply(&mut self, route: &str) -> Result<Kind, Failure> {
        match self.take(route).0 {
            Kind::Http(answer) => match answer.kind.clone() {
                answer::Kind::Failure { kind, phase, message } => {
                    self.elapsed += answer.took;
                    Err(answer.failed(kind, phase, &message))
                }
                answer::Kind::Response { .. } => {
                    panic!("`{route}` is not an HTTP request, and the script answers it as one")
                }
            },
            other => Ok(other),
        }
    }

    fn open(&mut self, route: String) -> Result<NetConnection, Failure> {
        match self.reply(&route)? {
            Kind::Stream(mut dialogue) => {
                self.elapsed += dialogue.took;
                let opened =
                    Timings { send: None, wait: None, transfer: None, ..timings(dialogue.took, None) };
                if route.starts_with("unix ") {
                    dialogue.peer = None;
                }
                self.streams.push(Spoken::begun(route, dialogue, opened));
                Ok(NetConnection(self.streams.len() - 1))
            }
            other => mismatch(&route, "a dialogue", &other),
        }
    }
}

fn mismatch(route: &str, wanted: &str, held: &Kind) -> ! {
    panic!("`{route}` is answered with {wanted}, and the script holds {held:?}")
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
impl NetConnection {
    fn ask<T>(&self, ask: impl FnOnce(&mut Spoken) -> T) -> T {
        with(|script| ask(&mut script.streams[self.0]))
    }
    pub(crate) fn peer(&self) -> Option<Address> {
        self.ask(|spoken| spoken.peer.clone())
    }
    pub(crate) fn timings(&self) -> Timings {
        self.ask(|spoken| spoken.opened)
    }
    pub(crate) fn read(&self, max: u32, timeout: u64) -> Result<Vec<u8>, Failure> {
        let mut allowed = Duration::from_millis(timeout);
        while let Some(passes) = self.ask(|spoken| spoken.silence(allowed)) {
            with(|script| script.elapsed += passes);
            allowed -= passes;
            if allowed.is_zero() {
                return Err(self.ask(|spoken| spoken.failure(FailureKind::TimedOut, Phase::Transfer)));
            }
        }
        self.ask(|spoken| spoken.read(max))
    }
    pub(crate) fn write(&self, data: &[u8], _timeout: u64) -> Result<(), Failure> {
        self.ask(|spoken| spoken.write(data))
    }
    pub(crate) fn write_secret(
        &self,
        secret: &str,
        before: &[u8],
        after: &[u8],
        encoding: Encoding,
        _timeout: u64,
    ) -> Result<(), Failure> {
        with(|script| drop(script.known_secret(secret).to_owned()));
        self.ask(|spoken| spoken.write_secret(secret, (before, after), encoding))
    }
    pub(crate) fn start_tls(&self, _options: &TlsOptions, _timeout: u64) -> Result<TlsFacts, Failure> {
        self.ask(Spoken::start_tls)
    }
    pub(crate) fn inspect_tls(&self, _options: &TlsOptions, _timeout: u64) -> Result<Inspection, Failure> {
        self.ask(Spoken::inspect_tls)
    }
    pub(crate) fn path(&self) -> Vec<u32> {
        self.ask(|spoken| spoken.path.clone())
    }
    pub(crate) fn certificate_requested(&self) -> bool {
        self.ask(|spoken| spoken.is_under_tls && spoken.wants_certificate)
    }
}

fn bracketed(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn net_connect(
    host: &str,
    port: u16,
    _family: Family,
    _timeout: u64,
) -> Result<NetConnection, Failure> {
    with(|script| script.open(format!("tcp {}", bracketed(host, port))))
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn net_connect_local(socket: &str, _timeout: u64) -> Result<NetConnection, Failure> {
    with(|script| script.open(format!("unix {socket}")))
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn net_inspect_tls(
    host: &str,
    port: u16,
    _family: Family,
    _options: &TlsOptions,
    _timeout: u64,
) -> Result<TlsFacts, Failure> {
    let route = format!("tls {}", bracketed(host, port));
    with(|script| match script.reply(&route)? {
        Kind::Tls(facts) => Ok(facts),
        other => mismatch(&route, "TLS facts", &other),
    })
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn net_udp_exchange(
    host: &str,
    port: u16,
    _family: Family,
    data: &[u8],
    replies_max: u32,
    timeout: u64,
) -> Result<Vec<Datagram>, Failure> {
    let route = format!("udp {}", bracketed(host, port));
    let source = Address { ip: "192.0.2.1".to_owned(), port };
    let replies = match with(|script| script.reply(&route))? {
        Kind::Datagrams(Datagrams(Answering::Once { sent, replies })) => {
            assert!(sent == data, "`{route}`: the plugin sent {data:?}, the script wants {sent:?}");
            replies
        }
        Kind::Datagrams(Datagrams(Answering::Double(double))) => {
            let replies = (double.borrow_mut())(data);
            if replies.is_empty() {
                let waited = with(|script| {
                    let waited = Duration::from_millis(timeout).min(script.remaining());
                    script.elapsed += waited;
                    waited
                });
                let (kind, phase) = (FailureKind::TimedOut, Phase::Wait);
                let silence = Answer::failure(kind, phase, "").after(waited).from(&source.ip, port);
                return Err(silence.failed(kind, phase, "no answer"));
            }
            replies
        }
        other => mismatch(&route, "datagrams", &other),
    };
    with(|script| script.elapsed += Duration::from_millis(10));
    let reply = |data| Datagram { data, source: source.clone(), after: 10_000_000 };
    Ok(replies.into_iter().take(replies_max as usize).map(reply).collect())
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn dns_query(asked: &dns::Asked) -> Result<dns::Answer, Failure> {
    let mut route = format!("dns {} {}", asked.kind, asked.name);
    if let Some(server) = &asked.server {
        route.push_str(&format!(" @{}", bracketed(&server.ip, server.port)));
    }
    with(|script| match script.reply(&route)? {
        Kind::Dns(answer) => {
            script.elapsed += answer.elapsed();
            Ok(answer)
        }
        other => mismatch(&route, "what a name server says", &other),
    })
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn icmp_echo(
    host: &str,
    _options: crate::bindings::imports::watchkeep::plugin::icmp::EchoOptions,
) -> Result<Echoes, Failure> {
    let route = format!("icmp {host}");
    with(|script| match script.reply(&route)? {
        Kind::Echoes(echoes) => Ok(echoes),
        other => mismatch(&route, "echoes", &other),
    })
}
