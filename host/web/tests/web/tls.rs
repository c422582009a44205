//! A listener that speaks TLS: to those who do, to those who do not, and beside those who say nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use watchkeep_core::access::Role;
use watchkeep_web::{Bounds, Transport, router, serve};

use crate::access::{PASSWORD, put_user, user};
use crate::support::FakeHost;
use crate::support::boards::busy;

const LONG: Duration = Duration::from_secs(300);

struct Listening {
    address: SocketAddr,
    connector: TlsConnector,
}

async fn listening(bounds: Bounds) -> Listening {
    let made =
        rcgen::generate_simple_self_signed(["watch.example.com".to_owned(), "localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut board = busy();
    board.access.admin_token = None;
    board.access.hosts = vec!["watch.example.com".to_owned()];
    let host = FakeHost::new(board);
    put_user(&host, user("kari", Role::Operator, &[]));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router(host), Transport::Tls(Arc::new(config)), bounds, Arc::new(|| {})));
    Listening { address, connector: TlsConnector::from(Arc::new(client)) }
}

fn wide() -> Bounds {
    Bounds { connections_max: 20, of_address_max: 10, head_time: LONG, stall_time: LONG }
}

impl Listening {
    async fn ask(&self, request: &str) -> String {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("watch.example.com").unwrap();
        let mut stream = self.connector.connect(name, stream).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }
    async fn plainly(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn get(host: &str) -> String {
    format!("GET /-/healthy HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_come_by_no_other_way() {
    let listening = listening(wide()).await;
    let answer = listening.ask(&get("watch.example.com")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    let answer = listening.ask(&get("localhost")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("strict-transport"), "{answer}");
}

#[tokio::test]
async fn a_cookie_that_was_given_over_tls_goes_by_no_other_way() {
    let listening = listening(wide()).await;
    let fields = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("name", "kari"), ("password", PASSWORD)])
        .finish();
    let sign_in = format!(
        "POST /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\norigin: https://localhost\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{fields}",
        fields.len()
    );
    let answer = listening.ask(&sign_in).await;
    let set = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("{answer}"));
    assert!(set.starts_with("__Host-watchkeep=") && set.contains("; Secure"), "{set}");
    let cookie = set.split(';').next().unwrap();
    let page =
        format!("GET /feed HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n");
    assert!(listening.ask(&page).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whoever_speaks_something_else_is_told_so_or_left_and_the_next_one_is_served() {
    let listening = listening(wide()).await;
    let answer = listening.plainly(get("localhost").as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("hint: begin the address with https://"),
        "{answer}"
    );
    for bytes in
        [&b"\x00\x01\x02"[..], b"\x16\x03\x01\xff\xff", b"\x16", b"\x16garbage of many kinds", b"\xff\xfe"]
    {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP"), "{rest:?}");
    }
    assert!(listening.ask(&get("localhost")).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn half_a_handshake_ends_with_the_time_for_a_head() {
    let head_time = Duration::from_millis(50);
    let listening = listening(Bounds { head_time, ..wide() }).await;
    for bytes in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        assert_eq!(listening.plainly(bytes).await, "");
    }
}

#[tokio::test]
async fn who_shakes_hands_gets_through_however_many_do_not() {
    let listening = listening(wide()).await;
    let mut idle = Vec::new();
    for round in 0..60 {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        stream.write_all(if round % 2 == 0 { b"" } else { b"\x16\x03\x01\x02\x00\x01" }).await.unwrap();
        idle.push(stream);
        assert!(listening.ask(&get("localhost")).await.starts_with("HTTP/1.1 200"), "{round}");
    }
    let mut rest = Vec::new();
    let _ = idle[0].read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "those that came first gave way");
}
