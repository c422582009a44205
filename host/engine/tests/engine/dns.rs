//! `dns` against a real dnsmasq, and names that lead where they should not or change.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::State;
use watchkeep_engine::{Ended, Limits, Tape};

use crate::room;
use crate::servers::dnsmasq::Dnsmasq;
use crate::servers::running::free_port;
use crate::support::{Memory, call, engine, failure, load, module, ports, report, rights};

/// On loopback.
fn dnsmasq(port: u16, records: &[&str]) -> Dnsmasq {
    Dnsmasq::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), records)
}

async fn run(config: &str, rights: Arc<Rights>, timeout: Duration) -> Ended<Outcome> {
    let generation = load("dns_caller").await;
    let mut call = call(&format!("{{{config}}}"), rights);
    call.timeout = timeout;
    engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

fn allowed(entries: &[&str]) -> Arc<Rights> {
    let allow: Vec<_> = entries.iter().map(|entry| ("dns", *entry)).collect();
    rights("dns-caller", &[], &allow)
}

const TIME: Duration = Duration::from_secs(10);

#[tokio::test]
pub(crate) async fn every_answer_of_a_server_is_an_answer() {
    let port = free_port();
    let _server = dnsmasq(
        port,
        &[
            "--host-record=a.test,192.0.2.7,2001:db8::7",
            "--mx-host=a.test,mail.a.test,10",
            "--txt-record=a.test,say \"hi\",two",
            "--srv-host=_sip._tcp.a.test,sip.a.test,5060,1,2",
            "--address=/gone.test/",
        ],
    );
    let everything = allowed(&[&format!("*@127.0.0.1:{port}")]);
    for protocol in ["udp", "tcp"] {
        for (name, kind, said) in [
            ("a.test", "A", "NOERROR [a.test 0 A 192.0.2.7] raw 4"),
            ("A.Test.", "AAAA", "NOERROR [A.Test 0 AAAA 2001:db8::7] raw 16"),
            ("a.test", "MX", "NOERROR [a.test 0 MX 10 mail.a.test.] raw 15"),
            ("a.test", "TXT", "NOERROR [a.test 0 TXT \"say \\\"hi\\\"\" \"two\"] raw 13"),
            ("_sip._tcp.a.test", "TYPE33", "NOERROR [_sip._tcp.a.test 0 SRV 1 2 5060 sip.a.test.] raw 18"),
            ("gone.test", "A", "NXDOMAIN [] raw 0"),
            ("elsewhere.test", "A", "REFUSED [] raw 0"),
        ] {
            let config = format!(
                r#""name":"{name}","kind":"{kind}","server":"127.0.0.1","port":"{port}","protocol":"{protocol}""#
            );
            let ended = run(&config, Arc::clone(&everything), TIME).await;
            assert_eq!(report(&ended).summary, format!("{said} truncated false"), "{protocol} {name} {kind}");
        }
    }
}

#[tokio::test]
async fn a_question_is_denied_until_the_hints_entry_is_granted() {
    let port = free_port();
    let _server = dnsmasq(port, &["--host-record=a.test,192.0.2.7"]);
    let config = format!(r#""name":"a.test","kind":"A","server":"127.0.0.1","port":"{port}""#);
    let mut entries: Vec<String> = Vec::new();
    // The server is a loopback address, which wants to be written; the entry that the hint names does so.
    loop {
        let given: Vec<&str> = entries.iter().map(String::as_str).collect();
        let ended = run(&config, allowed(&given), TIME).await;
        match &ended.value {
            Outcome::Report(report) => {
                assert!(report.summary.contains("192.0.2.7"), "{report:?}");
                break;
            }
            Outcome::Failed(failed) => {
                assert_eq!(failed.reason, FailureReason::Denied);
                let entry = failed.hint.as_deref().unwrap().split('"').nth(1).unwrap().to_owned();
                assert!(!entries.contains(&entry), "{failed:?}");
                entries.push(entry);
            }
        }
    }
    let other = config.replace("a.test", "b.test");
    let given: Vec<&str> = entries.iter().map(String::as_str).collect();
    assert_eq!(failure(&run(&other, allowed(&given), TIME).await).reason, FailureReason::Denied);
}

#[tokio::test]
async fn a_server_that_says_nothing_or_is_not_there_is_a_failure_before_the_deadline() {
    let mute = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = |address: SocketAddr| {
        let config =
            format!(r#""name":"a.test","kind":"A","server":"127.0.0.1","port":"{}""#, address.port());
        (config, allowed(&[&format!("*@127.0.0.1:{}", address.port())]))
    };
    let (config, rights) = server(mute.local_addr().unwrap());
    let ended = run(&config, rights, Duration::from_secs(2)).await;
    assert_eq!(report(&ended).state, State::Critical);
    assert!(report(&ended).summary.starts_with("FailureKind::TimedOut in Phase::Wait"), "{ended:?}");
    // A datagram may be lost: it was sent more than once.
    mute.set_nonblocking(true).unwrap();
    let asked = std::iter::from_fn(|| mute.recv(&mut [0; 512]).ok()).count();
    assert!(asked >= 2, "{asked}");
    let (config, rights) = server(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap());
    let ended = run(&config, rights, TIME).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Refused in Phase::Wait"), "{ended:?}");
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_listened_to() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok((size, from)) = server.recv_from(&mut bytes) {
            let mut answer = bytes[..size].to_vec();
            answer[2] |= 0x80;
            // Another number, then another name, then the right one with the status NXDOMAIN.
            let mut number = answer.clone();
            number[0] ^= 1;
            let mut name = answer.clone();
            name[13] ^= 1;
            answer[3] |= 3;
            for answer in [number, name, answer] {
                server.send_to(&answer, from).unwrap();
            }
        }
    });
    let config = format!(r#""name":"a.test","kind":"A","server":"127.0.0.1","port":"{port}""#);
    let ended = run(&config, allowed(&[&format!("*@127.0.0.1:{port}")]), TIME).await;
    assert!(report(&ended).summary.starts_with("NXDOMAIN"), "{ended:?}");
}

#[tokio::test]
async fn a_server_that_answers_no_question_is_told_from_one_that_says_nothing() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((_, from)) = server.recv_from(&mut [0; 512]) {
            server.send_to(b"HTTP/1.1 400 Bad Request", from).unwrap();
        }
    });
    let config = format!(r#""name":"a.test","kind":"A","server":"127.0.0.1","port":"{port}""#);
    let rights = allowed(&[&format!("*@127.0.0.1:{port}")]);
    let ended = run(&config, rights, Duration::from_secs(2)).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Protocol in Phase::Wait"), "{ended:?}");
}

#[tokio::test]
async fn odd_questions_are_sentences_and_many_meet_a_limit() {
    let everything = allowed(&["*@127.0.0.1:9"]);
    for (name, kind, says) in [
        ("a.test", "BOGUS", "`BOGUS` is not a record type; hint: write a mnemonic"),
        ("a.test", "AXFR", "zones are not transferred"),
    ] {
        let config = format!(r#""name":"{name}","kind":"{kind}","server":"127.0.0.1","port":"9""#);
        let ended = run(&config, Arc::clone(&everything), TIME).await;
        assert!(report(&ended).summary.contains(says), "{ended:?}");
    }
    let generation = load("dns_caller").await;
    let config = r#"{"name":"a.test","kind":"A","server":"127.0.0.1","port":"9","times":"4","timeout":"1"}"#;
    let mut call = call(config, everything);
    call.limits = Limits { dns_queries: 3, ..call.limits };
    let ended = engine().run_check(&generation, call, &ports(&Arc::default())).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 3 questions"), "{ended:?}");
}

/// The machine's own resolver is a dnsmasq in the test's room.
const RESOLVER: &str = "folder=$(mktemp -d); echo nameserver 127.0.0.1 > $folder/resolv.conf; mount --bind $folder/resolv.conf /etc/resolv.conf";

async fn connect(host: &str, port: u16, allow: &[(&str, &str)]) -> Ended<Outcome> {
    let generation = load("net_caller").await;
    let config = format!(r#"{{"do":"peer","host":"{host}","port":"{port}"}}"#);
    let call = call(&config, rights("net-caller", &[], allow));
    engine().run_check(&generation, call, &ports(&Arc::default())).await
}

#[tokio::test]
async fn names_that_lead_to_special_addresses_are_denied_after_they_were_looked_up() {
    module("net_caller");
    if !room::inside(
        "dns::names_that_lead_to_special_addresses_are_denied_after_they_were_looked_up",
        RESOLVER,
    ) {
        return;
    }
    let _server = dnsmasq(
        53,
        &[
            "--host-record=metadata.test,169.254.169.254",
            "--host-record=mapped.test,::ffff:127.0.0.1",
            "--host-record=nat64.test,64:ff9b::7f00:1",
            "--host-record=six.test,2002:7f00:1::",
            "--host-record=inside.test,10.1.2.3",
            "--host-record=public.test,192.0.2.7",
        ],
    );
    for (name, reason) in [
        ("metadata.test", "a cloud metadata address"),
        ("mapped.test", "a loopback address"),
        ("nat64.test", "a loopback address"),
        ("six.test", "a loopback address"),
        ("inside.test", "a private address"),
    ] {
        let ended = connect(name, 80, &[("net", &format!("tcp://{name}:80"))]).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{name}: {ended:?}");
        assert!(failure(&ended).message.contains(reason), "{name}: {ended:?}");
    }
    // There is no way out of the room, so an address that is open is not denied but unreachable.
    let ended = connect("public.test", 80, &[("net", "tcp://public.test:80")]).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Unreachable in Phase::Connect"), "{ended:?}");
}

#[tokio::test]
async fn a_name_that_changes_meanwhile_leads_nowhere_else() {
    module("net_caller");
    if !room::inside("dns::a_name_that_changes_meanwhile_leads_nowhere_else", RESOLVER) {
        return;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    let lead = |addresses: &[&str]| {
        let lines: Vec<_> = addresses.iter().map(|address| format!("{address} rebind.test\n")).collect();
        std::fs::write(&hosts, lines.concat()).unwrap();
    };
    lead(&["192.0.2.7"]);
    let server = dnsmasq(53, &[&added(&hosts), "--local-ttl=0"]);
    let granted = [("net", format!("tcp://rebind.test:{port}"))];
    let granted = [(granted[0].0, granted[0].1.as_str())];

    let question = r#""name":"rebind.test","kind":"A""#;
    let asked = run(question, allowed(&["rebind.test"]), TIME).await;
    assert!(report(&asked).summary.contains("192.0.2.7"), "{asked:?}");
    lead(&["127.0.0.1"]);
    server.reload();
    let began = Instant::now();
    loop {
        let asked = run(question, allowed(&["rebind.test"]), TIME).await;
        if report(&asked).summary.contains("127.0.0.1") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{asked:?}");
    }
    let ended = connect("rebind.test", port, &granted).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");

    // Both at once, in turns: only the one that is open is tried.
    lead(&["127.0.0.1", "192.0.2.7"]);
    server.reload();
    let began = Instant::now();
    loop {
        let ended = connect("rebind.test", port, &granted).await;
        if let Outcome::Report(report) = &ended.value {
            assert!(report.summary.starts_with("FailureKind::Unreachable in Phase::Connect"), "{ended:?}");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{ended:?}");
    }
    assert!(listener.accept().is_err(), "somebody came to loopback");
}

/// 900 of them, each given up after a millisecond, once filled the pool in which the store, the config and the look-ups of
/// every other check waited: all of them paged that the name servers gave no answer, and SIGTERM was not obeyed.
#[tokio::test]
async fn names_that_no_server_answers_for_hold_up_no_other_plugin() {
    for program in ["net_caller", "denied_as_down"] {
        module(program);
    }
    if !room::inside("dns::names_that_no_server_answers_for_hold_up_no_other_plugin", RESOLVER) {
        return;
    }
    // Takes every question, and answers none.
    let _mute = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).unwrap();
    let (greedy, modest) = (load("net_caller").await, load("denied_as_down").await);
    let ports = ports(&Arc::new(Memory::default()));
    let granted = rights("net-caller", &[], &[("net", "udp://*.slow.test:80")]);
    let mut ended = Vec::new();
    for at in 0..900 {
        let config = format!(r#"{{"do":"udp","host":"n{at}.slow.test","port":"80","timeout":"1"}}"#);
        ended.push(engine().run_check(&greedy, call(&config, Arc::clone(&granted)), &ports).await);
    }
    assert!(report(&ended[0]).summary.contains("TimedOut in Phase::Name"), "{:?}", ended[0]);
    // That there was no place to ask says nothing of a name.
    let last = failure(ended.last().unwrap());
    assert_eq!(last.reason, FailureReason::Host, "{last:?}");
    assert!(last.message.contains("look-ups of names"), "{last:?}");

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        crate::http::read_head(&mut stream);
        crate::http::respond(&mut stream, "200 OK", b"");
    });
    let granted = rights("denied-as-down", &[], &[("http", &url)]);
    let ended = engine().run_check(&modest, call(&format!(r#"{{"url":"{url}"}}"#), granted), &ports).await;
    assert_eq!(report(&ended).summary, "status 200");
    // What the store and the config wait in has not been touched.
    assert!(tokio::task::spawn_blocking(|| true).await.unwrap());
}

fn added(hosts: &Path) -> String {
    format!("--addn-hosts={}", hosts.display())
}

#[tokio::test]
async fn an_answer_on_tape_needs_no_server_and_no_right() {
    let port = free_port();
    let server = dnsmasq(port, &["--address=/shop.example.com/192.0.2.7"]);
    let generation = load("dns_caller").await;
    let config = format!(r#"{{"name":"shop.example.com","kind":"A","server":"127.0.0.1","port":"{port}"}}"#);
    let ask = async |rights: Arc<Rights>, tape: &Tape| {
        let mut ports = ports(&Arc::new(Memory::default()));
        ports.tape = Some(tape.clone());
        engine().run_check(&generation, call(&config, rights), &ports).await
    };
    let tape = Tape::record();
    let told = ask(allowed(&[&format!("shop.example.com@127.0.0.1:{port}")]), &tape).await;
    let summary = report(&told).summary.clone();
    assert!(summary.contains("192.0.2.7"), "{told:?}");
    drop(server);

    let again = Tape::replay(tape.recorded());
    let replayed = ask(allowed(&[]), &again).await;
    assert_eq!(report(&replayed).summary, summary);
    assert_eq!(again.differs(), None);
}
