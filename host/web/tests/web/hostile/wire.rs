//! Bytes on a connection: heads that two programs read differently, and listeners that never read.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use watchkeep_core::report::State;
use watchkeep_core::view::Update;
use watchkeep_web::{Bounds, Transport, router, serve};

use crate::support::boards::varied;
use crate::support::{FakeHost, check};

const LONG: Duration = Duration::from_secs(300);
const DEADLINE: Duration = Duration::from_secs(20);

async fn listening(host: &Arc<FakeHost>, stall_time: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let bounds = Bounds { connections_max: 100, of_address_max: 100, head_time: LONG, stall_time };
    tokio::spawn(serve(listener, router(host.clone()), Transport::Plain, bounds, Arc::new(|| {})));
    address
}

/// All that comes on a connection until it is closed.
async fn said(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut text)).await;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(read.is_ok(), "the connection stays open after {bytes:?}: {text}");
    text
}

/// A second request that hides in the body of a first is never answered on the same connection: whatever a proxy in front
/// takes for one, the host does not take for two.
#[tokio::test]
async fn no_request_hides_in_another() {
    let host = FakeHost::new(varied());
    let address = listening(&host, LONG).await;
    let hidden = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let length = hidden.len();
    let open = format!("{hidden}GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert_eq!(said(address, &open).await.matches("HTTP/1.1 ").count(), 2, "what does not hide is answered");
    let post = |heads: &str, body: &str| {
        format!("POST /login HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\n{heads}\r\n{body}")
    };
    for (what, bytes) in [
        (
            "both lengths",
            post("content-length: 5\r\ntransfer-encoding: chunked\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        (
            "both lengths, turned",
            post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        ("two lengths", post(&format!("content-length: 0\r\ncontent-length: {length}\r\n"), hidden)),
        ("a list of lengths", post(&format!("content-length: 0, {length}\r\n"), hidden)),
        ("a length with a sign", post(&format!("content-length: +{length}\r\n"), hidden)),
        ("a length in hexadecimal", post("content-length: 0x0\r\n", hidden)),
        ("chunked and more", post("transfer-encoding: chunked, identity\r\n", &format!("0\r\n\r\n{hidden}"))),
        ("an odd coding", post("transfer-encoding: xchunked\r\n", hidden)),
        ("a blank before the colon", post("transfer-encoding : chunked\r\n", hidden)),
        ("a folded line", post("x: y\r\n transfer-encoding: chunked\r\n", hidden)),
        ("a bare line feed in a name", post("x\n: y\r\n", hidden)),
        (
            "an odd chunk",
            post("transfer-encoding: chunked\r\n", &format!("0x5\r\nhello\r\n0\r\n\r\n{hidden}")),
        ),
        ("a chunk with a sign", post("transfer-encoding: chunked\r\n", &format!("-1\r\n\r\n{hidden}"))),
        (
            "a huge chunk",
            post("transfer-encoding: chunked\r\n", &format!("ffffffffffffffff1\r\n\r\n{hidden}")),
        ),
        (
            "chunks of an old client",
            format!(
                "POST /login HTTP/1.0\r\nhost: localhost\r\norigin: http://localhost\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "two names",
            "GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n".to_owned(),
        ),
        ("no name", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned()),
        ("an end of a line in a path", "GET /\rX: y HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned()),
    ] {
        let answer = said(address, &bytes).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1 && !answer.contains("smuggled"), "{what}: {answer}");
    }
}

/// A whole address in place of a path counts no more than the name of the host.
#[tokio::test]
async fn a_whole_address_in_place_of_a_path_leads_nowhere() {
    let host = FakeHost::new(varied());
    let address = listening(&host, LONG).await;
    for target in ["http://evil.example/", "https://evil.example:1/alerts", "evil.example:443"] {
        let bytes = format!(
            "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: text/html\r\n\r\n"
        );
        let answer = said(address, &bytes).await;
        assert!(!answer.contains("evil.example"), "{target}: {answer}");
    }
}

/// Somebody listens and never reads. Others hear everything at once, and that one is let go: with the connection goes all
/// that was kept for it.
#[tokio::test]
async fn a_listener_that_never_reads_holds_up_nobody_and_is_let_go() {
    let host = FakeHost::new(varied());
    let address = listening(&host, Duration::from_millis(100)).await;
    let ask = b"GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut silent = Vec::new();
    for _ in 0..20 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(ask).await.unwrap();
        silent.push(stream);
    }
    let mut reader = TcpStream::connect(address).await.unwrap();
    reader.write_all(ask).await.unwrap();
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while host.updates.listeners() < 21 {
        assert!(tokio::time::Instant::now() < deadline, "all listen");
        tokio::task::yield_now().await;
    }
    let mut heard = Vec::new();
    let mut view = check("shop", State::Warning);
    let mut spec = (*view.spec).clone();
    spec.labels = crate::support::labels(&[("long", &"x".repeat(60_000))]);
    view.spec = Arc::new(spec);
    let mut round = 0;
    // Until what nobody reads has filled the buffers of the system as well.
    while host.updates.listeners() > 1 {
        assert!(tokio::time::Instant::now() < deadline, "{} still listen", host.updates.listeners());
        round += 1;
        let mark = format!("round-{round}-");
        let mut told = view.clone();
        Arc::make_mut(&mut told.spec).runbook = Some(mark.clone());
        let mut last = (**told.last.as_ref().unwrap()).clone();
        last.outcome = crate::support::ok(&mark);
        told.last = Some(Arc::new(last));
        host.publish(Update::Check(told));
        // The one that reads has each update before the next is made.
        let mut piece = vec![0; 64 << 10];
        while !String::from_utf8_lossy(&heard).contains(&mark) {
            let count =
                tokio::time::timeout(DEADLINE, reader.read(&mut piece)).await.expect("it is told").unwrap();
            assert!(count > 0, "the one that reads stays");
            heard.extend_from_slice(&piece[..count]);
        }
        heard.clear();
    }
    assert_eq!(host.updates.listeners(), 1);
}
