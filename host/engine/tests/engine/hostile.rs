//! Servers that misbehave on purpose, beyond those of `http`, `net` and `tls`, and guests that do. Each server ends
//! as a report that says how far it came, in time and in little memory; each guest meets a limit.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use watchkeep_core::outcome::FailureReason;
use watchkeep_core::report::State;

use crate::http::{get_with, respond, server, summary};
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};
use crate::tls::{Authority, get_trusting, server_config};

/// Writes `piece` again and again, a while after each, until nobody listens.
fn drip(stream: &mut impl Write, piece: &[u8]) {
    let (_waiting, never) = std::sync::mpsc::channel::<()>();
    while stream.write_all(piece).and_then(|()| stream.flush()).is_ok() {
        let _ = never.recv_timeout(Duration::from_millis(20));
    }
}

/// What the guest says of a server, in a run of two seconds.
async fn said_in_two_seconds(url: &str) -> String {
    let ended = get_with(url, "", &[], Duration::from_secs(2)).await;
    report(&ended).summary.clone()
}

#[tokio::test]
async fn a_head_that_drips_ends_as_a_report_before_the_deadline() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        drip(stream, b"x");
    });
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Wait"), "{said}");
}

#[tokio::test]
async fn a_body_that_drips_ends_as_a_report_before_the_deadline() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        drip(stream, b"1\r\nx\r\n");
    });
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Transfer"), "{said}");
}

#[tokio::test]
async fn a_handshake_that_drips_ends_as_a_report_before_the_deadline() {
    // A record of 16 KiB that never becomes whole.
    let address = handshake_server(|stream| {
        let _ = stream.write_all(&[22, 3, 3, 0x40, 0]);
        drip(stream, &[2]);
    });
    let said = said_in_two_seconds(&format!("https://{address}/")).await;
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Tls"), "{said}");
}

#[tokio::test]
async fn answers_before_the_answer_without_end_are_cut_off() {
    let address = server(|_, stream| while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").is_ok() {});
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::TimedOut in Phase::Wait"), "{said}");
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_cap() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.contains("bytes 1048576 truncated true"), "{said}");
}

#[tokio::test]
async fn what_frames_a_chunk_without_end_is_no_answer() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::Protocol in Phase::Transfer"), "{said}");
}

#[tokio::test]
async fn trailers_without_end_are_no_answer() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n");
        while stream.write_all(b"x-more: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.starts_with("FailureKind::Protocol in Phase::Transfer"), "{said}");
}

/// 64 MiB of `x`, as brotli writes them: `brotliCompressSync` of node.
const BROTLI_BOMB: &[u8] = &[
    203, 255, 255, 63, 248, 37, 240, 226, 177, 64, 32, 247, 254, 143, 255, 255, 127, 240, 75, 0, 196, 97, 17,
    128, 238, 253, 31, 255, 255, 255, 224, 151, 0, 136, 195, 2, 0, 221, 251, 63, 254, 255, 255, 193, 47, 1,
    16, 135, 5, 0, 186, 247, 127, 252, 255, 255, 131, 95, 2, 32, 14, 11, 0, 116, 239, 255, 248, 255, 255, 7,
    191, 4, 64, 28, 22, 0, 232, 222, 255, 241, 255, 255, 15, 126, 9, 128, 56, 44, 0, 208, 189, 255, 203, 255,
    255, 63, 252, 18, 0, 113, 88, 0, 160, 123, 255, 7,
];

/// 64 MiB of one letter.
fn letters() -> Vec<u8> {
    vec![b'x'; 64 << 20]
}

#[tokio::test]
async fn a_bomb_is_cut_at_the_cap_in_every_coding() {
    let level = flate2::Compression::best();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
    zlib.write_all(&letters()).unwrap();
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), level);
    deflate.write_all(&letters()).unwrap();
    let bombs = [
        ("deflate", zlib.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("br", BROTLI_BOMB.to_vec()),
    ];
    for (coding, bomb) in bombs {
        let wire = bomb.len();
        assert!(wire < 256 << 10, "{coding} has {wire} bytes");
        let address = server(move |_, stream| {
            respond(stream, &format!("200 OK\r\ncontent-encoding: {coding}"), &bomb);
        });
        let said = summary(&format!("http://{address}/")).await;
        assert!(said.contains("bytes 1048576 truncated true"), "{coding}: {said}");
    }
}

#[tokio::test]
async fn a_body_of_nothing_but_beginnings_is_decoded_to_nothing() {
    let empty = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()).finish().unwrap();
    let bomb = empty.repeat((1 << 20) / empty.len() - 1);
    let address = server(move |_, stream| respond(stream, "200 OK\r\ncontent-encoding: gzip", &bomb));
    let said = said_in_two_seconds(&format!("http://{address}/")).await;
    assert!(said.contains("bytes 0 truncated false"), "{said}");
}

/// Gets every connection before anything was read of it.
fn handshake_server(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(&mut stream));
        }
    });
    address
}

/// Shakes hands with every connection, and leaves the rest to `answer`. Without TLS's own goodbye at the end.
fn tls_server(
    config: Arc<rustls::ServerConfig>,
    answer: impl Fn(&mut dyn Write) + Send + Sync + 'static,
) -> SocketAddr {
    handshake_server(move |stream| {
        let Ok(mut tls) = rustls::ServerConnection::new(Arc::clone(&config)) else { return };
        let mut stream = rustls::Stream::new(&mut tls, stream);
        if stream.read(&mut [0; 4_096]).is_ok() {
            answer(&mut stream);
        }
    })
}

#[tokio::test]
async fn a_chain_that_is_far_too_long_ends_the_handshake() {
    let authority = Authority::new();
    let (certificate, key) = authority.certificate("localhost", 2100);
    let chain: Vec<CertificateDer<'static>> = std::iter::repeat_n(certificate, 1_000).collect();
    let address = tls_server(config_of(chain, key), |_| {});
    let ended = get_trusting(&authority, &format!("https://localhost:{}/", address.port())).await;
    assert_eq!(report(&ended).state, State::Critical);
    assert!(report(&ended).summary.starts_with("FailureKind::Tls in Phase::Tls"), "{ended:?}");
}

fn config_of(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Arc<rustls::ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

#[tokio::test]
async fn a_version_of_tls_that_is_broken_is_refused() {
    // What a server says that knows nothing but TLS 1.0 (RFC 2246): its hello, with that version in it.
    let address = handshake_server(|stream| {
        let mut hello = vec![2, 0, 0, 38, 3, 1];
        hello.extend([7; 32]);
        hello.extend([0, 0, 0x2f, 0]);
        let mut record = vec![22, 3, 1, 0, 42];
        record.extend(hello);
        let _ = stream.write_all(&record);
        let _ = stream.read(&mut [0; 4_096]);
    });
    let said = summary(&format!("https://{address}/")).await;
    assert!(said.starts_with("FailureKind::Tls in Phase::Tls"), "{said}");
}

#[tokio::test]
async fn giant_headers_are_cut_off_over_http2_as_well() {
    let authority = Authority::new();
    let (certificate, key) = authority.certificate("localhost", 2100);
    let mut config = Arc::unwrap_or_clone(server_config(certificate, key));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut response = http::Response::builder();
            for number in 0..1_000 {
                response = response.header(format!("x-{number}"), "x".repeat(8_000));
            }
            let _ = respond.send_response(response.body(()).unwrap(), true);
        }
    });
    let ended = get_trusting(&authority, &format!("https://localhost:{port}/")).await;
    // The frames are given up before anybody knows how large the whole would have been.
    let said = &report(&ended).summary;
    assert!(said.starts_with("FailureKind::Protocol in Phase::Wait"), "{said}");
}

#[tokio::test]
pub(crate) async fn a_flood_of_requests_meets_a_limit() {
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let url = format!("http://{address}/");
    let generation = load("http_flood").await;
    let call = call(&format!(r#"{{"url":"{url}"}}"#), rights("http-flood", &[&url], &[]));
    let ended = engine().run_check(&generation, call, &ports(&Arc::default())).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 100 HTTP requests"), "{ended:?}");
}

#[tokio::test]
async fn a_flood_of_signatures_meets_a_limit_over_all_requests() {
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", "s3cret", &[&url]);
    let generation = load("http_flood").await;
    for (signatures, says) in
        [(9, "more than 200 signatures in one call"), (17, "17 credentials, 16 are allowed")]
    {
        let config = format!(r#"{{"url":"{url}","signatures":"{signatures}","key":{{"secret":"key"}}}}"#);
        let call = call(&config, rights("http-flood", &[&url], &[]));
        let ended = engine().run_check(&generation, call, &ports(&memory)).await;
        assert!(format!("{ended:?}").contains(says), "{ended:?}");
    }
}

#[tokio::test]
pub(crate) async fn a_request_that_secrets_would_make_huge_is_not_sent() {
    let address = server(|head, stream| {
        // What is not read whole would be answered by a reset.
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body).unwrap();
        respond(stream, "200 OK", b"");
    });
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", &"s3cret-0".repeat(8 << 10), &[&url]);
    let generation = load("placeholder_bomb").await;
    for (place, places, says) in [
        ("body", 3, "status 200"),
        ("body", 100_000, "Invalid: the request has more than 32 places for secrets"),
        ("header", 1_000, "Invalid: the request has more than 32 places for secrets"),
        ("query", 1_000, "Invalid: the request has more than 32 places for secrets"),
        ("path", 1_000, "Invalid: the request has more than 32 places for secrets"),
    ] {
        let config =
            format!(r#"{{"url":"{url}","where":"{place}","places":"{places}","key":{{"secret":"key"}}}}"#);
        let call = call(&config, rights("placeholder-bomb", &[&url], &[]));
        let ended = engine().run_check(&generation, call, &ports(&memory)).await;
        assert!(report(&ended).summary.contains(says), "{place}: {ended:?}");
    }
}
