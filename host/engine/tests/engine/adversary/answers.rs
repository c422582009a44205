//! What comes back: cut, encoded, in pieces, by every way in which a server answers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{CALLS, CANARY, Lab, bound, holds_nothing, key_of};
use crate::http::{respond, server};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
pub(crate) async fn a_body_that_is_cut_within_a_secret_shows_nothing_of_it() {
    let address = server(|head, stream| {
        respond(stream, "200 OK", format!("you sent {} to us, did you not", key_of(head)).as_bytes());
    });
    let lab = bound(&format!("http://{address}/"));
    for call in CALLS {
        let config = format!(r#""do":"cuts","call":"{call}","url":"http://{address}/","body_max":"32""#);
        let seen = lab.seen(&config).await;
        holds_nothing(&seen, "cuts");
        for cut in seen.split(|&byte| byte == b'\n') {
            let (secret, _) = CANARY.split_at(4);
            assert!(!cut.ends_with(secret.as_bytes()), "{}", String::from_utf8_lossy(&seen));
        }
        // What comes before and after it is all there.
        let seen = lab.read(&format!(r#""do":"echo","call":"{call}","url":"http://{address}/""#)).await;
        assert!(seen.ends_with("you sent *** to us, did you not"), "{seen}");
    }
}

/// A stream of it that stalls where it is cut, and one whose end the server breaks off.
#[tokio::test]
async fn a_server_that_stalls_beyond_the_cut_shows_nothing_either() {
    let address = server(|head, stream| {
        let key = key_of(head);
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n{}{}", "x".repeat(200), &key[..12]);
        let _ = stream.flush();
        let _ = stream.read(&mut [0; 1]);
    });
    let lab = bound(&format!("http://{address}/"));
    for (call, cut) in [("send", 205), ("send", 210), ("send", 211), ("fetch", 205), ("fetch", 211)] {
        let config = format!(r#""do":"echo","call":"{call}","url":"http://{address}/","body_max":"{cut}""#);
        let seen = lab.seen(&config).await;
        let seen = String::from_utf8_lossy(&seen).into_owned();
        assert!(seen.contains("xxxx") && !seen.contains("c4n4"), "{cut}: {seen}");
    }
}

/// What is short is kept by an encoder as it is.
pub(super) fn filler() -> String {
    "the quick brown fox jumps over the lazy dog, ".repeat(20)
}

/// All that stands in it in a coding, to a depth of two.
pub(super) fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    let unpack = |bytes: &[u8]| {
        let begins =
            (0..bytes.len()).filter(|&at| matches!(bytes[at..], [0x1f, 0x8b, ..] | [0x78, 0xda, ..]));
        let plain = |at: usize| {
            let mut plain = Vec::new();
            let _ = flate2::read::MultiGzDecoder::new(&bytes[at..]).read_to_end(&mut plain);
            let _ = flate2::read::ZlibDecoder::new(&bytes[at..]).read_to_end(&mut plain);
            plain
        };
        begins.map(plain).collect::<Vec<_>>()
    };
    let outer = unpack(bytes);
    let inner = outer.iter().flat_map(|bytes| unpack(bytes)).collect();
    [outer, inner].concat()
}

#[tokio::test]
async fn a_body_that_is_still_encoded_shows_nothing() {
    for (coding, declared) in [
        ("gzip", true),
        ("deflate", true),
        ("gzip, deflate", true),
        ("zstd", true),
        ("gzip", false),
        ("deflate", false),
    ] {
        let address = server(move |head, stream| {
            let text = format!("{}you sent {} to us", filler(), key_of(head)).into_bytes();
            let body = coding.split(", ").fold(text, |text, coding| match coding {
                "gzip" => gzip(&text),
                "deflate" => deflate(&text),
                _ => text,
            });
            let head =
                if declared { format!("200 OK\r\ncontent-encoding: {coding}") } else { "200 OK".to_owned() };
            respond(stream, &head, &body);
        });
        let lab = bound(&format!("http://{address}/"));
        for cut in ["", r#","body_max":"70""#, r#","call":"fetch""#, r#","call":"fetch","body_max":"70""#] {
            let config = format!(r#""do":"echo","url":"http://{address}/","accept":"{coding}"{cut}"#);
            let seen = lab.seen(&config).await;
            holds_nothing(&seen, coding);
            // Nor in what it can make of it.
            for plain in unpacked(&seen) {
                holds_nothing(&plain, coding);
            }
        }
    }
}

#[tokio::test]
async fn an_encoded_body_without_a_secret_comes_as_it_is() {
    let body = gzip(b"nothing to hide");
    let length = body.len();
    let address = server(move |_, stream| respond(stream, "200 OK\r\ncontent-encoding: gzip", &body));
    let lab = bound(&format!("http://{address}/"));
    let seen = lab.seen(&format!(r#""do":"echo","url":"http://{address}/","accept":"gzip""#)).await;
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("content-encoding: gzip") && text.contains(&format!("wire {length}\n")), "{text}");
    assert!(seen.ends_with(&gzip(b"nothing to hide")), "{text}");
}

/// The length of what was compressed together with a secret tells whether a guess beside it is right.
#[tokio::test]
async fn the_length_of_a_compressed_echo_answers_no_guess() {
    let address = server(|head, stream| {
        let guess = head.lines().next().unwrap_or("").to_owned();
        let body = gzip(format!("{}{guess} and your key is {}", filler(), key_of(head)).as_bytes());
        respond(stream, "200 OK\r\ncontent-encoding: gzip", &body);
    });
    let lab = bound(&format!("http://{address}/"));
    for call in CALLS {
        let mut said = std::collections::BTreeSet::new();
        for guess in [&CANARY[..10], "Kj3vP0sLwb"] {
            let config = format!(r#""do":"echo","call":"{call}","url":"http://{address}/{guess}""#);
            said.insert(lab.read(&config).await.replace(guess, ""));
        }
        assert_eq!(said.len(), 1, "{said:?}");
    }
}

#[tokio::test]
async fn every_form_in_headers_and_bodies_is_taken_out() {
    let address = server(|head, stream| {
        let key = key_of(head);
        let upper = key.to_ascii_uppercase();
        let wide: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let heads = format!(
            "200 OK\r\nset-cookie: a={key}; path=/\r\nx-{}: 1\r\nx-sixty-four: {}\r\nx-hex: {}",
            "name",
            STANDARD.encode(format!("you:{key}")),
            hex::encode(&key),
        );
        let mut body = format!(
            "{key} {upper} {} {}",
            key.replace('/', "\\/"),
            key.replace('+', "%2B").replace('/', "%2F")
        )
        .into_bytes();
        body.extend_from_slice(&wide);
        respond(stream, &heads, &body);
    });
    let lab = bound(&format!("http://{address}/"));
    for call in CALLS {
        let seen = lab.seen(&format!(r#""do":"echo","call":"{call}","url":"http://{address}/""#)).await;
        holds_nothing(&seen, "forms");
        let letters: Vec<u8> = seen.iter().copied().filter(|&byte| byte != 0).collect();
        holds_nothing(&letters, "letters of two bytes");
        holds_nothing(&letters.to_ascii_lowercase(), "letters of another case");
    }
}

/// What is short, a word or a number is guessed; to take it out would change what is judged.
#[tokio::test]
async fn what_can_be_guessed_changes_nothing_of_what_is_judged() {
    for (secret, body) in [
        ("0000", r#"{"ok":true,"uptime":10000,"pin":"0000"}"#),
        ("admin", "hello admin, welcome to the administration"),
        ("true", r#"{"ok":true}"#),
    ] {
        let address = server(move |_, stream| respond(stream, "200 OK", body.as_bytes()));
        let lab = bound(&format!("http://{address}/"));
        lab.memory.secret("key", secret, &[&format!("http://{address}/")]);
        for (placement, call) in
            [("header", "send"), ("basic", "send"), ("query", "send"), ("header", "fetch")]
        {
            let config =
                format!(r#""do":"echo","call":"{call}","url":"http://{address}/","placement":"{placement}""#);
            let seen = lab.read(&config).await;
            assert!(seen.ends_with(body), "{secret}: {seen}");
        }
    }
}

/// A text of the operator's own that has the secret in it is looked for, and has to be found.
#[tokio::test]
async fn a_text_of_the_config_that_holds_the_secret_is_found() {
    let address =
        server(|head, stream| respond(stream, "200 OK", format!("wrong key: {}!", key_of(head)).as_bytes()));
    let lab = bound(&format!("http://{address}/"));
    let find = format!("wrong key: {CANARY}");
    for call in CALLS {
        let config = format!(r#""do":"echo","call":"{call}","url":"http://{address}/","find":"{find}""#);
        let seen = lab.read(&config).await;
        assert!(seen.ends_with(&format!("{find}!")), "{seen}");
    }
}

#[tokio::test]
async fn what_an_earlier_call_sent_is_kept_from_the_next() {
    let kept = Arc::new(std::sync::Mutex::new(String::new()));
    let address = server(move |head, stream| {
        let mut kept = kept.lock().unwrap();
        if key_of(head) != "none" {
            *kept = key_of(head);
        }
        respond(stream, "200 OK", kept.as_bytes());
    });
    let lab = bound(&format!("http://{address}/"));
    for placement in ["header", "none"] {
        let seen =
            lab.read(&format!(r#""do":"echo","url":"http://{address}/","placement":"{placement}""#)).await;
        assert!(seen.ends_with("***"), "{placement}: {seen}");
    }
}

#[tokio::test]
async fn what_a_guest_writes_and_reads_back_answers_no_question() {
    let lab = Lab::new(&[], &[], &[]);
    let mut said = std::collections::BTreeSet::new();
    for guess in [CANARY, &CANARY[..9], "c", "zzzz", "nothing-of-it-at-all"] {
        said.insert(lab.read(&format!(r#""do":"remember","guess":"{guess}""#)).await);
    }
    assert_eq!(said.len(), 1, "{said:?}");
    // The database holds it all the same not.
    lab.run(&format!(r#""do":"remember","guess":"before {CANARY} after""#)).await;
    let kept = lab.memory.kv.lock().unwrap().clone();
    assert_eq!(kept["guess"].0, b"before *** after");
}

fn stream_server(answer: impl Fn(&[u8], &mut std::net::TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut got = [0; 1_024];
            let size = stream.read(&mut got).unwrap_or(0);
            answer(&got[..size], &mut stream);
        }
    });
    address
}

#[tokio::test]
async fn a_secret_that_comes_in_pieces_over_a_stream_is_taken_out() {
    let address = stream_server(|got, stream| {
        stream.set_nodelay(true).unwrap();
        for piece in got.chunks(5) {
            let _ = stream.write_all(piece);
        }
        let _ = stream.write_all(b" is what you sent\r\n");
    });
    let port = address.port();
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let lab = Lab::new(&[&endpoint], &[], &[("net", &endpoint)]);
    for encoding in ["raw", "base64", "hex"] {
        for around in ["", "a", "ab", "user:"] {
            let config = format!(
                r#""do":"stream","host":"127.0.0.1","port":"{port}","encoding":"{encoding}","around":"{around}""#
            );
            let seen = lab.seen(&config).await;
            holds_nothing(&seen, encoding);
            assert!(seen.ends_with(b" is what you sent\r\n"), "{}", String::from_utf8_lossy(&seen));
        }
    }
}

#[tokio::test]
async fn a_datagram_with_a_secret_is_taken_out() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut got = [0; 64];
        while let Ok((_, from)) = socket.recv_from(&mut got) {
            let _ = socket.send_to(format!("it is {CANARY}, they say").as_bytes(), from);
        }
    });
    let endpoint = format!("udp://127.0.0.1:{port}");
    let lab = Lab::new(&[], &[], &[("net", &endpoint)]);
    let seen = lab.read(&format!(r#""do":"datagram","host":"127.0.0.1","port":"{port}""#)).await;
    assert_eq!(seen, "it is ***, they say");
}
