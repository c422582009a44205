//! The script's answer to one call, of whatever kind.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::answer::Answer;
use super::dialogue::Dialogue;
use crate::commands::{CommandError, Output};
use crate::dns;
use crate::files::{FileError, Hashing};
use crate::http::{Certificate, TlsFacts};
use crate::icmp::Echoes;
use crate::system::{
    ClockState, Disk, FileHandleUse, Listener, Load, Memory, NetworkLink, Pressures, Process, RebootState,
    SystemError, Temperature, Timer, Unit,
};

/// Anything that can answer a route: an [`Answer`] (to HTTP, or a failure of any call), a [`Dialogue`], TLS facts,
/// [`Datagrams`], an answer of a name server, echoes, a command's output or failure, a hashing, a file's failure, a
/// reading of the machine or why there is none.
#[derive(Clone, Debug)]
pub struct Reply(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Http(Answer),
    Stream(Dialogue),
    Tls(TlsFacts),
    Datagrams(Datagrams),
    Dns(dns::Answer),
    Echoes(Echoes),
    Output(Output),
    CommandError(CommandError),
    Hashing(Hashing),
    FileError(FileError),
    Disks(Vec<Disk>),
    Memory(Memory),
    Load(Load),
    Links(Vec<NetworkLink>),
    Units(Vec<Unit>),
    Processes(Vec<Process>),
    Pressures(Pressures),
    Clock(ClockState),
    FileHandles(FileHandleUse),
    Temperatures(Vec<Temperature>),
    Reboot(RebootState),
    Listeners(Vec<Listener>),
    Timers(Vec<Timer>),
    Machine(SystemError),
}

macro_rules! replies {
    ($($kind:ident: $from:ty,)*) => {$(
        impl From<$from> for Reply {
            fn from(reply: $from) -> Self {
                Reply(Kind::$kind(reply))
            }
        }
    )*};
}
replies! {
    Http: Answer,
    Stream: Dialogue,
    Tls: TlsFacts,
    Datagrams: Datagrams,
    Dns: dns::Answer,
    Echoes: Echoes,
    Output: Output,
    CommandError: CommandError,
    Hashing: Hashing,
    FileError: FileError,
    Disks: Vec<Disk>,
    Memory: Memory,
    Load: Load,
    Links: Vec<NetworkLink>,
    Units: Vec<Unit>,
    Processes: Vec<Process>,
    Pressures: Pressures,
    Clock: ClockState,
    FileHandles: FileHandleUse,
    Temperatures: Vec<Temperature>,
    Reboot: RebootState,
    Listeners: Vec<Listener>,
    Timers: Vec<Timer>,
    Machine: SystemError,
}

/// One datagram that the plugin must send, and what comes back; or a double that answers anything that comes. Answers
/// `udp HOST:PORT`.
///
/// ```
/// use watchkeep_sdk::prelude::*;
/// use watchkeep_sdk::testing::{Datagrams, Host};
///
/// #[derive(Config)]
/// struct Ask {
///     server: String,
/// }
/// fn run(config: Ask, _: Run) -> Verdict {
///     let answers = net::target(config.server).exchange(b"marco", 1)?;
///     Ok(Report::ok(String::from_utf8_lossy(&answers[0].data)))
/// }
///
/// let double = Datagrams::by(|sent| if sent == b"marco" { vec![b"polo".to_vec()] } else { Vec::new() });
/// let ran = Host::new().always("udp games.example.com:7", double).check(run, r#"{"server":"games.example.com:7"}"#);
/// assert_eq!(ran.report().summary, "polo");
/// ```
#[derive(Clone, Debug)]
pub struct Datagrams(pub(super) Answering);

#[derive(Clone)]
pub(super) enum Answering {
    Once { sent: Vec<u8>, replies: Vec<Vec<u8>> },
    Double(Rc<RefCell<Double>>),
}

type Double = dyn FnMut(&[u8]) -> Vec<Vec<u8>>;

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answering::Once { sent, replies } => write!(f, "{sent:?}, answered with {replies:?}"),
            Answering::Double(_) => f.write_str("a double"),
        }
    }
}

impl Datagrams {
    pub fn to(sent: impl AsRef<[u8]>) -> Self {
        Self(Answering::Once { sent: sent.as_ref().to_vec(), replies: Vec::new() })
    }
    /// Answers each datagram with what this returns; if it returns nothing, the wait ends as `timed-out`.
    pub fn by(answer: impl FnMut(&[u8]) -> Vec<Vec<u8>> + 'static) -> Self {
        Self(Answering::Double(Rc::new(RefCell::new(answer))))
    }
    /// # Panics
    /// If it is a double, which answers by itself.
    #[must_use]
    pub fn reply(mut self, data: impl AsRef<[u8]>) -> Self {
        match &mut self.0 {
            Answering::Once { replies, .. } => replies.push(data.as_ref().to_vec()),
            Answering::Double(_) => panic!("a double answers by itself"),
        }
        self
    }
}

/// The facts about a trusted peer. Answers `tls HOST:PORT`, and a dialogue's `starts_tls`.
pub fn tls_facts(chain: impl IntoIterator<Item = Certificate>) -> TlsFacts {
    TlsFacts {
        protocol: "TLSv1.3".to_owned(),
        cipher_suite: Some("TLS13_AES_256_GCM_SHA384".to_owned()),
        alpn: None,
        chain: chain.into_iter().collect(),
        ocsp: None,
        untrusted: None,
    }
}

/// The answer of a name server: a status such as `NOERROR`, and records as `(name, kind, ttl, data)`. Answers `dns KIND
/// NAME` and `dns KIND NAME @ADDRESS:PORT`.
pub fn dns_answer(status: &str, records: &[(&str, &str, u32, &str)]) -> dns::Answer {
    let record = |&(name, kind, ttl, data): &(&str, &str, u32, &str)| dns::ResourceRecord {
        name: name.to_owned(),
        kind: kind.to_owned(),
        ttl,
        data: data.to_owned(),
        raw: Vec::new(),
    };
    dns::Answer {
        status: status.to_owned(),
        authoritative: false,
        truncated: false,
        authenticated: false,
        answers: records.iter().map(record).collect(),
        authorities: Vec::new(),
        additionals: Vec::new(),
        server: dns::Address { ip: "192.0.2.53".to_owned(), port: 53 },
        took: 10_000_000,
    }
}

/// Round-trip times of echoes; `None` was lost. Answers `icmp HOST`.
pub fn echoes(ip: &str, round_trips: impl IntoIterator<Item = Option<Duration>>) -> Echoes {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).expect("a scripted span is short");
    let round_trips = round_trips.into_iter().map(|round_trip| round_trip.map(nanos)).collect();
    Echoes { ip: ip.to_owned(), round_trips }
}

/// A program's exit status and its standard output. Answers `command NAME PARAMETER=VALUE ...`.
pub fn output(status: i32, stdout: &str) -> Output {
    Output {
        status: Some(status),
        killed: false,
        stdout: stdout.as_bytes().to_vec(),
        stderr: Vec::new(),
        truncated: false,
        took: 10,
    }
}

/// How far hashing came; with a digest at the end. Answers `sha256 ROOT PATH`.
pub fn hashing(offset: u64, digest: Option<[u8; 32]>) -> Hashing {
    Hashing { offset, state: offset.to_be_bytes().to_vec(), digest: digest.map(Vec::from) }
}

/// An `ext4` with this much space available to everybody, and inodes to spare. A list of them answers `system disks`.
pub fn disk(mount: &str, total: u64, available: u64) -> Disk {
    Disk {
        mount: mount.to_owned(),
        filesystem: "ext4".to_owned(),
        total,
        available,
        inodes_total: 1_000_000,
        inodes_free: 900_000,
        read_only: false,
    }
}

/// A unit that is loaded, with `active` and `sub` in systemd's words. A list of them answers `system units PATTERN`.
pub fn unit(name: &str, active: &str, sub: &str) -> Unit {
    Unit {
        name: name.to_owned(),
        load: "loaded".to_owned(),
        active: active.to_owned(),
        sub: sub.to_owned(),
        restarts: 0,
        main_pid: (active == "active").then_some(700),
        last_result: if active == "failed" { "exit-code" } else { "success" }.to_owned(),
    }
}

/// A process of root with 10 MiB, an hour old. A list of them answers `system processes PATTERN`.
pub fn process(pid: u32, name: &str) -> Process {
    Process {
        pid,
        parent: 1,
        name: name.to_owned(),
        command: format!("/usr/bin/{name}"),
        user: "root".to_owned(),
        memory: 10 << 20,
        cpu_seconds: 1.5,
        started_ago_seconds: 3_600,
        open_files: Some(20),
    }
}

/// A timer that waits, and whose `NAME.service` ended well an hour ago and is due in an hour. A list of them answers
/// `system timers PATTERN`.
pub fn timer(name: &str) -> Timer {
    const HOUR: u64 = 3_600_000;
    Timer {
        name: format!("{name}.timer"),
        load: "loaded".to_owned(),
        active: "active".to_owned(),
        sub: "waiting".to_owned(),
        next: Some(super::NOW + HOUR),
        last: Some(super::NOW - HOUR),
        started: Some(super::NOW - 100 * HOUR),
        unit: format!("{name}.service"),
        unit_active: "inactive".to_owned(),
        unit_result: "success".to_owned(),
    }
}

/// A socket of root that listens and whose process nobody knows. A list of them answers `system listeners`.
pub fn listener(protocol: &str, address: &str, port: u16) -> Listener {
    Listener {
        protocol: protocol.to_owned(),
        address: address.to_owned(),
        port,
        user: "root".to_owned(),
        processes: Vec::new(),
    }
}
