//! `net` by a guest that does what its config says, against peers that behave and that do not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::grant::{Ceiling, Rights};
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::State;
use watchkeep_engine::{Ended, Engine};

use crate::support::{Memory, call, engine, failure, load, module, options, ports, report, rights};
use crate::tls::{Authority, server_config};

/// Answers every connection; dies with the test's process.
pub(crate) fn peer(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

pub(crate) fn echo(mut stream: impl Read + Write) {
    let mut bytes = [0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut bytes) {
        let _ = stream.write_all(&bytes[..read]);
        if bytes[..read].ends_with(b"\n") {
            return;
        }
    }
}

/// `config` without the outer braces.
async fn run(config: &str, rights: Arc<Rights>, memory: &Arc<Memory>, timeout: Duration) -> Ended<Outcome> {
    let generation = load("net_caller").await;
    let mut call = call(&format!("{{{config}}}"), rights);
    call.timeout = timeout;
    engine().run_check(&generation, call, &ports(memory)).await
}

const TIME: Duration = Duration::from_secs(10);

pub(crate) fn at(address: SocketAddr) -> String {
    format!(r#""host":"{}","port":"{}""#, address.ip(), address.port())
}

pub(crate) fn allowed(allow: &[(&str, &str)]) -> Arc<Rights> {
    rights("net-caller", &[], allow)
}

pub(crate) fn tcp(address: SocketAddr) -> Arc<Rights> {
    allowed(&[("net", &format!("tcp://{address}"))])
}

async fn done(what: &str, address: SocketAddr, rights: Arc<Rights>) -> Ended<Outcome> {
    run(&format!(r#""do":"{what}",{}"#, at(address)), rights, &Arc::default(), TIME).await
}

#[tokio::test]
async fn a_stream_is_denied_until_the_hints_entry_is_granted() {
    let address = peer(echo);
    let ended = done("peer", address, allowed(&[])).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    let hint = failure(&ended).hint.clone().unwrap();
    let entry = hint.split('"').nth(1).unwrap();
    assert!(hint.starts_with("add `net = [") && hint.ends_with("under [plugin.net-caller.allow]"), "{hint}");
    let ended = done("peer", address, allowed(&[("net", entry)])).await;
    let said = &report(&ended).summary;
    assert!(said.contains("127.0.0.1") && said.ends_with(" connect"), "{said}");
    // HTTP to the very same place is another right.
    let http = format!("http://{address}");
    let ended = done("peer", address, allowed(&[("http", &http)])).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_denied_unless_it_is_written() {
    let address = peer(echo);
    let config = format!(r#""do":"peer","host":"localhost","port":"{}""#, address.port());
    let anywhere = format!("tcp://*:{}", address.port());
    let ended = run(&config, allowed(&[("net", &anywhere)]), &Arc::default(), TIME).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied, "{:?}", ended.value);
    let written = format!("tcp://localhost:{}", address.port());
    let ended = run(&config, allowed(&[("net", &written)]), &Arc::default(), TIME).await;
    assert!(report(&ended).summary.ends_with("name connect"), "{:?}", ended.value);
}

#[tokio::test]
async fn what_is_written_arrives_and_what_comes_is_read() {
    let address = peer(echo);
    let config = format!(r#""do":"talk","say":"hello",{}"#, at(address));
    let ended = run(&config, tcp(address), &Arc::default(), TIME).await;
    assert_eq!(report(&ended).summary, "hello");
}

#[tokio::test]
async fn a_refused_stream_is_told_as_such() {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let ended = done("peer", address, tcp(address)).await;
    let said = &report(&ended).summary;
    assert!(said.starts_with("FailureKind::Refused in Phase::Connect [connect]"), "{said}");
}

#[tokio::test]
async fn a_peer_that_drips_ends_as_a_report_before_the_deadline() {
    let address = peer(|mut stream| {
        let (_waiting, never) = std::sync::mpsc::channel::<()>();
        while stream.write_all(b".").is_ok() {
            let _ = never.recv_timeout(Duration::from_millis(20));
        }
    });
    let config = format!(r#""do":"read",{}"#, at(address));
    let ended = run(&config, tcp(address), &Arc::default(), Duration::from_secs(2)).await;
    let said = &report(&ended).summary;
    assert_eq!(report(&ended).state, State::Critical);
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Transfer"), "{said}");
}

#[tokio::test]
async fn a_peer_that_says_nothing_ends_as_a_report_before_the_deadline() {
    let address = peer(|mut stream| drop(stream.read(&mut [0; 1])));
    let config = format!(r#""do":"read",{}"#, at(address));
    let ended = run(&config, tcp(address), &Arc::default(), Duration::from_secs(2)).await;
    let said = &report(&ended).summary;
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Wait [wait]"), "{said}");
}

#[tokio::test]
pub(crate) async fn a_flood_of_connections_meets_a_limit() {
    let address = peer(|mut stream| drop(stream.read(&mut [0; 1])));
    let ended = done("flood", address, tcp(address)).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 16 connections open at once"), "{:?}", ended.value);
}

#[tokio::test]
async fn a_peer_that_never_ends_meets_a_limit() {
    let address = peer(|mut stream| while stream.write_all(&[b'x'; 65_536]).is_ok() {});
    let generation = load("net_caller").await;
    let mut call = call(&format!(r#"{{"do":"read",{}}}"#, at(address)), tcp(address));
    call.limits.net_bytes = 100_000;
    let ended = engine().run_check(&generation, call, &ports(&Arc::default())).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("100000 bytes over `net`"), "{:?}", ended.value);
}

#[tokio::test]
async fn a_secret_goes_only_where_it_is_bound_and_comes_back_masked_even_byte_by_byte() {
    let address = peer(echo);
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry-s3cret", &[&format!("tcp://{address}")]);
    for encoding in ["raw", "base64"] {
        let config =
            format!(r#""do":"secret","encoding":"{encoding}","attached":{{"secret":"key"}},{}"#, at(address));
        // The echo ends at a line's end, which base64 has not.
        let ended = run(&config, tcp(address), &memory, Duration::from_secs(2)).await;
        let said = format!("{ended:?}");
        for form in ["c4n4ry", "YzRuNHJ5", "AHVzZXIA"] {
            assert!(!said.contains(form), "{said}");
        }
        if encoding == "raw" {
            assert_eq!(report(&ended).summary.trim_end(), "\0user\0***!", "{said}");
        }
    }
    memory.secret("key", "c4n4ry-s3cret", &["tcp://elsewhere.example.com:1"]);
    let config = format!(r#""do":"secret","attached":{{"secret":"key"}},{}"#, at(address));
    let ended = run(&config, tcp(address), &memory, TIME).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    let config = format!(r#""do":"secret",{}"#, at(address));
    let ended = run(&config, tcp(address), &memory, TIME).await;
    assert!(failure(&ended).message.contains("is not in the config"), "{ended:?}");
}

#[tokio::test]
async fn a_flood_of_secrets_meets_a_limit_and_so_does_what_stands_around_one() {
    let address = peer(|mut stream| while stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {});
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry-s3cret", &[&format!("tcp://{address}")]);
    let secrets = |around: u32| {
        format!(r#""do":"secrets","around":"{around}","attached":{{"secret":"key"}},{}"#, at(address))
    };
    let ended = run(&secrets(16), tcp(address), &memory, TIME).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 100 secrets"), "{ended:?}");
    let ended = run(&secrets(5_000), tcp(address), &memory, TIME).await;
    assert!(report(&ended).summary.contains("more than 4096 bytes around a secret"), "{ended:?}");
}

/// Says a banner, agrees to STARTTLS, and then speaks under TLS; `early` is said before the handshake.
fn starttls_server(authority: &Authority, early: &'static str) -> SocketAddr {
    let (certificate, key) = authority.certificate("localhost", 2100);
    starttls_by(server_config(certificate, key), early)
}

pub(crate) fn starttls_by(config: Arc<rustls::ServerConfig>, early: &'static str) -> SocketAddr {
    peer(move |mut stream| {
        stream.write_all(b"220 ready\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "STARTTLS\r\n");
        stream.write_all(format!("220 go ahead\r\n{early}").as_bytes()).unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let mut bytes = [0; 100];
        if let Ok(read @ 1..) = stream.read(&mut bytes) {
            let _ = stream.write_all(&bytes[..read]);
        }
    })
}

#[tokio::test]
async fn tls_begins_on_an_open_stream_and_an_untrusted_chain_is_a_grant() {
    let authority = Authority::new();
    let address = starttls_server(&authority, "");
    let target = format!("localhost:{}", address.port());
    let config =
        |more: &str| format!(r#""do":"start-tls","host":"localhost","port":"{}"{more}"#, address.port());
    let net = format!("tcp://{target}");
    let ended = run(&config(""), allowed(&[("net", &net)]), &Arc::default(), TIME).await;
    let said = &report(&ended).summary;
    assert!(said.starts_with("FailureKind::Certificate in Phase::Tls"), "{said}");
    let ignore = config(r#","trust":"ignore""#);
    let ended = run(&ignore, allowed(&[("net", &net)]), &Arc::default(), TIME).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    let entry = failure(&ended).hint.as_deref().unwrap().split('"').nth(1).unwrap().to_owned();
    let both = allowed(&[("net", &net), ("tls_unverified", &entry)]);
    let ended = run(&ignore, both, &Arc::default(), TIME).await;
    let said = &report(&ended).summary;
    assert!(
        said.starts_with("TLSv1.3 cipher chain of 1, untrusted Some") && said.contains("EHLO again"),
        "{said}"
    );

    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = vec![authority.pem()];
    let trusting = Engine::new(options).unwrap();
    let generation = trusting.load(module("net_caller").into(), "net_caller.wasm").await.unwrap();
    let call = call(&format!("{{{}}}", config("")), allowed(&[("net", &net)]));
    let ended = trusting.run_check(&generation, call, &ports(&Arc::default())).await;
    assert!(report(&ended).summary.contains("untrusted None EHLO again"), "{ended:?}");
}

#[tokio::test]
async fn a_chain_is_inspected_without_trusting_it() {
    let authority = Authority::new();
    let (certificate, key) = authority.certificate("shop.example.com", 2020);
    let config = server_config(certificate, key);
    let address = peer(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut read = Vec::new();
        // Nothing is sent under TLS: the end comes first.
        let _ = rustls::Stream::new(&mut tls, &mut stream).read_to_end(&mut read);
        assert!(read.is_empty());
    });
    let ended = done("inspect", address, tcp(address)).await;
    let said = &report(&ended).summary;
    assert!(said.starts_with("TLSv1.3 cipher chain of 1, untrusted Some"), "{said}");
    let named = format!(r#""do":"inspect","server_name":"shop.example.com",{}"#, at(address));
    let ended = run(&named, tcp(address), &Arc::default(), TIME).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert!(hint.contains(r#"server_name = ["shop.example.com"]"#), "{hint}");
    let both = allowed(&[("net", &format!("tcp://{address}")), ("server_name", "shop.example.com")]);
    let ended = run(&named, both, &Arc::default(), TIME).await;
    assert!(report(&ended).summary.contains("expired"), "{ended:?}");
}

#[tokio::test]
async fn after_starttls_a_chain_is_inspected_and_the_stream_is_over() {
    let authority = Authority::new();
    let address = starttls_server(&authority, "");
    let net = format!("tcp://localhost:{}", address.port());
    let config = format!(r#""do":"inspect-after","host":"localhost","port":"{}""#, address.port());
    let ended = run(&config, allowed(&[("net", &net)]), &Arc::default(), TIME).await;
    let said = &report(&ended).summary;
    assert!(said.starts_with("TLSv1.3 cipher chain of 1, untrusted Some"), "{said}");
    assert!(said.ends_with(", path [], tls; FailureKind::Closed"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = vec![authority.pem()];
    let trusting = Engine::new(options).unwrap();
    let generation = trusting.load(module("net_caller").into(), "net_caller.wasm").await.unwrap();
    let call = call(&format!("{{{config}}}"), allowed(&[("net", &net)]));
    let ended = trusting.run_check(&generation, call, &ports(&Arc::default())).await;
    let said = &report(&ended).summary;
    assert!(said.contains("untrusted None, path [0], tls; "), "{said}");
}

#[tokio::test]
async fn datagrams_are_answered_or_timed_out() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 100];
        while let Ok((read, from)) = server.recv_from(&mut bytes) {
            assert_eq!(&bytes[..read], b"ask");
            for part in ["one", "two", "three"] {
                server.send_to(part.as_bytes(), from).unwrap();
            }
        }
    });
    let udp = |address: SocketAddr| allowed(&[("net", &format!("udp://{address}"))]);
    assert_eq!(failure(&done("udp", address, tcp(address)).await).reason, FailureReason::Denied);
    assert_eq!(report(&done("udp", address, udp(address)).await).summary, "one|two");
    let mute = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let config = format!(r#""do":"udp","timeout":"100",{}"#, at(mute.local_addr().unwrap()));
    let ended = run(&config, udp(mute.local_addr().unwrap()), &Arc::default(), TIME).await;
    assert!(report(&ended).summary.starts_with("FailureKind::TimedOut in Phase::Wait"), "{ended:?}");
    let nobody = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let ended = done("udp", nobody, udp(nobody)).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Refused in Phase::Wait"), "{ended:?}");
}

fn with_ceiling(allow: &[(&str, &str)], ceiling: Ceiling) -> Arc<Rights> {
    let mut rights = Rights::clone(&allowed(allow));
    rights.ceiling = Arc::new(ceiling);
    Arc::new(rights)
}

pub(crate) fn sockets(path: &Path, own: &Path) -> Ceiling {
    Ceiling {
        sockets: [("chat".into(), path.to_owned())].into(),
        own_sockets: vec![own.to_owned()],
        ..Ceiling::default()
    }
}

#[tokio::test]
async fn a_socket_of_this_machine_is_reached_by_the_operators_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let path = folder.join("chat.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| echo(stream.unwrap())));
    let config = r#""do":"talk","say":"hello","socket":"chat""#;
    let other = folder.join("own.sock");

    let ended = run(config, allowed(&[("net_local", "chat")]), &Arc::default(), TIME).await;
    assert!(failure(&ended).hint.as_deref().unwrap().contains("under [sockets]"), "{ended:?}");
    let ended = run(config, with_ceiling(&[], sockets(&path, &other)), &Arc::default(), TIME).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `net_local = ["chat"]` under [plugin.net-caller.allow]"#);
    let granted = &[("net_local", "chat")];
    let ended = run(config, with_ceiling(granted, sockets(&path, &other)), &Arc::default(), TIME).await;
    assert_eq!(report(&ended).summary, "hello");

    // Its own control socket is refused, also by a link.
    let link = folder.join("link.sock");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let ended = run(config, with_ceiling(granted, sockets(&link, &path)), &Arc::default(), TIME).await;
    assert!(failure(&ended).message.contains("where this host itself listens"), "{ended:?}");

    let gone = folder.join("gone.sock");
    let ended = run(config, with_ceiling(granted, sockets(&gone, &other)), &Arc::default(), TIME).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Refused in Phase::Connect"), "{ended:?}");
}

#[tokio::test]
async fn the_hosts_own_listener_is_never_reached() {
    let address = peer(echo);
    let ceiling = Ceiling { own_listeners: vec![address], ..Ceiling::default() };
    let rights = with_ceiling(&[("net", &format!("tcp://{address}"))], ceiling);
    let ended = done("peer", address, rights).await;
    assert!(failure(&ended).message.contains("where this host itself listens"), "{ended:?}");
}
