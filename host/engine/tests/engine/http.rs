//! The broker against servers that misbehave, by a guest that tells how far it came.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::State;
use watchkeep_engine::Ended;

use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

/// Answers every connection with `answer`, which gets the request's head; dies with the test's process.
pub(crate) fn server(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let head = read_head(&mut stream);
                answer(&head, &mut stream);
            });
        }
    });
    address
}

pub(crate) fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub(crate) fn respond(stream: &mut impl Write, head: &str, body: &[u8]) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n");
    let _ = stream.write_all(body);
}

/// Keeps the connection open until the client closes it.
fn hold(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 1]);
}

pub(crate) async fn get_with(
    url: &str,
    config: &str,
    allow: &[(&str, &str)],
    timeout: Duration,
) -> Ended<Outcome> {
    let generation = load("slow_target").await;
    let config = format!(r#"{{"url":"{url}"{config}}}"#);
    let mut call = call(&config, rights("slow-target", &[url], allow));
    call.timeout = timeout;
    engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

pub(crate) async fn get(url: &str) -> Ended<Outcome> {
    get_with(url, "", &[], Duration::from_secs(10)).await
}

pub(crate) async fn summary(url: &str) -> String {
    report(&get(url).await).summary.clone()
}

#[tokio::test]
async fn an_answer_is_handed_on() {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let said = summary(&format!("http://{address}/path?query=1#fragment")).await;
    assert_eq!(
        said,
        format!(
            "status 200 version HTTP/1.1 bytes 5 truncated false hops 0 url http://{address}/path?query=1 body hello"
        )
    );
}

#[tokio::test]
pub(crate) async fn a_hanging_target_ends_as_a_report_before_the_deadline() {
    let address = server(|_, stream| hold(stream));
    let ended = get_with(&format!("http://{address}/"), "", &[], Duration::from_secs(2)).await;
    assert_eq!(report(&ended).state, State::Critical);
    assert!(report(&ended).summary.starts_with("FailureKind::TimedOut in Phase::Wait"), "{:?}", ended.value);
    assert!(
        ended.took >= Duration::from_millis(1_400) && ended.took < Duration::from_secs(2),
        "{:?}",
        ended.took
    );
}

#[tokio::test]
async fn a_refused_connection_is_told_as_such() {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    assert!(
        summary(&format!("http://{address}/")).await.starts_with("FailureKind::Refused in Phase::Connect")
    );
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_told_as_such() {
    let address = server(|_, _| {});
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::Closed in Phase::Wait"), "{said}");
}

#[tokio::test]
async fn a_body_that_stops_short_is_no_answer() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
    });
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::Closed in Phase::Transfer"), "{said}");
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_failure() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
    });
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::Protocol in Phase::Wait"), "{said}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_as_such() {
    let said = summary("http://does-not-exist.invalid/").await;
    assert!(
        said.starts_with("FailureKind::NameNotFound in Phase::Name")
            || said.starts_with("FailureKind::NameServerFailed in Phase::Name"),
        "{said}"
    );
}

#[tokio::test]
async fn giant_headers_are_cut_off() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        let line = format!("x-big: {}\r\n", "x".repeat(8_000));
        while stream.write_all(line.as_bytes()).is_ok() {}
    });
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.contains(" in Phase::Wait"), "{said}");
    assert!(said.starts_with("FailureKind::TooLarge") || said.starts_with("FailureKind::Protocol"), "{said}");
}

#[tokio::test]
async fn a_decompression_bomb_is_cut_at_the_cap() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b'x'; 64 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let address = server(move |_, stream| respond(stream, "200 OK\r\ncontent-encoding: gzip", &bomb));
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.contains("bytes 1048576 truncated true"), "{said}");
}

#[tokio::test]
async fn a_body_over_the_guests_own_cap_is_cut() {
    let address = server(|_, stream| respond(stream, "200 OK", &[b'y'; 5_000]));
    let url = format!("http://{address}/");
    let ended = get_with(&url, r#","body_max":"100""#, &[], Duration::from_secs(10)).await;
    assert!(report(&ended).summary.contains("bytes 100 truncated true"), "{:?}", ended.value);
}

#[tokio::test]
async fn a_redirect_on_the_same_origin_is_followed() {
    let address = server(|head, stream| {
        if head.starts_with("GET /a ") {
            respond(stream, "302 Found\r\nlocation: /b", b"");
        } else {
            respond(stream, "200 OK", head.lines().next().unwrap_or("").as_bytes());
        }
    });
    let said = summary(&format!("http://{address}/a")).await;
    assert!(said.contains(&format!("hops 1 url http://{address}/b body GET /b HTTP/1.1")), "{said}");
}

#[tokio::test]
async fn a_redirect_in_a_loop_ends() {
    let address = server(|_, stream| respond(stream, "302 Found\r\nlocation: /again", b""));
    let said = summary(&format!("http://{address}/")).await;
    assert!(said.contains("more than 5 redirects"), "{said}");
}

#[tokio::test]
async fn a_redirect_to_what_was_not_granted_is_a_denial() {
    for to in
        ["http://169.254.169.254/latest/meta-data/", "http://localhost:1/", "https://other.example.com/"]
    {
        let address = server(move |_, stream| respond(stream, &format!("302 Found\r\nlocation: {to}"), b""));
        let ended = get(&format!("http://{address}/")).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{:?}", ended.value);
    }
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_denied_unless_it_is_written_as_such() {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let generation = load("slow_target").await;
    let url = format!("http://localhost:{}/", address.port());
    let config = format!(r#"{{"url":"{url}"}}"#);
    for (entry, denied) in [(format!("http://*:{}", address.port()), true), (url.clone(), false)] {
        let call = call(&config, rights("slow-target", &[], &[("http", &entry)]));
        let ended = engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
        assert_eq!(ended.denied, u32::from(denied), "{entry}: {:?}", ended.value);
    }
}

#[tokio::test]
async fn each_phase_has_its_time() {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let ended = get(&format!("http://{address}/")).await;
    assert_eq!(report(&ended).details.as_deref(), Some("connect wait transfer None"));
    let ended = get(&format!("http://localhost:{}/", address.port())).await;
    assert_eq!(report(&ended).details.as_deref(), Some("name connect wait transfer None"));
}
