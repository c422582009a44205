//! A listener under strangers who say nothing whole: 1,100 of them, each with half a head, once took every descriptor.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use watchkeep_web::{Bounds, Transport, public_router, serve};

use crate::support::FakeHost;
use crate::support::boards::busy;

const LONG: Duration = Duration::from_secs(300);
const HALF: &[u8] = b"POST /ping/5d7a HTTP/1.1\r\nhost: watch.example.com\r\ncontent-le";
const WHOLE: &[u8] = b"GET /ping/5d7a HTTP/1.1\r\nhost: watch.example.com\r\nconnection: close\r\n\r\n";

async fn listening(bounds: Bounds) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = public_router(FakeHost::new(busy()));
    tokio::spawn(serve(listener, router, Transport::Plain, bounds, Arc::new(|| {})));
    address
}

async fn says(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// All that comes until it is closed, also if that is by force.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn who_says_something_whole_is_heard_however_many_say_nothing() {
    let bounds = Bounds { connections_max: 20, of_address_max: 10, head_time: LONG, stall_time: LONG };
    let address = listening(bounds).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(says(address, HALF).await);
        let mut stream = says(address, WHOLE).await;
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    // Those that came first gave way, and the last ones may still say the rest.
    assert_eq!(rest(&mut idle[0]).await, "");
    let mut last = idle.pop().unwrap();
    last.write_all(b"ngth: 2\r\nconnection: close\r\n\r\nok").await.unwrap();
    assert!(rest(&mut last).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn half_a_head_and_silence_after_an_answer_end_with_the_time_for_a_head() {
    let head_time = Duration::from_millis(50);
    let bounds = Bounds { connections_max: 20, of_address_max: 10, head_time, stall_time: LONG };
    let address = listening(bounds).await;
    assert_eq!(rest(&mut says(address, HALF).await).await, "");
    assert_eq!(rest(&mut says(address, b"").await).await, "");
    let mut kept = says(address, b"GET /ping/5d7a HTTP/1.1\r\nhost: watch.example.com\r\n\r\n").await;
    assert!(rest(&mut kept).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let bounds = Bounds { connections_max: 20, of_address_max: 10, head_time: LONG, stall_time: LONG };
    let address = listening(bounds).await;
    let long = format!("GET /ping/5d7a HTTP/1.1\r\nx: {}", "a".repeat(1 << 20));
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may be cut off while it is still speaking.
    let _ = stream.write_all(long.as_bytes()).await;
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}
