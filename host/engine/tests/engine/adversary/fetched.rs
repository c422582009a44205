//! What `fetch` tells beyond a response: texts of every charset, what came of what broke off, where a redirect led, what a
//! server did against the rules. The secret is in all of it.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::answers::{deflate, filler, gzip};
use super::{CALLS, CANARY, Lab, bound, holds_nothing, key_of, turned_back};
use crate::http::{respond, server};
use crate::http2::http2_server;

fn wide(text: &str, letter: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(letter).collect()
}

/// The letters of two bytes as letters of one.
fn narrow(seen: &[u8]) -> Vec<u8> {
    seen.iter().copied().filter(|&byte| byte != 0).collect()
}

#[tokio::test]
async fn a_secret_in_another_charset_and_in_codings_is_taken_out_and_the_rest_is_read() {
    for charset in ["utf-16le", "utf-16be", "mark", "windows-1252", "gbk"] {
        for coding in ["identity", "gzip", "deflate, gzip"] {
            let address = server(move |head, stream| {
                let key = key_of(head);
                let forms = [key.clone(), STANDARD.encode(format!("user:{key}")), hex::encode(&key)];
                let text = format!("{}: that is all", forms.join(" and "));
                let text = match charset {
                    "utf-16le" => wide(&text, u16::to_le_bytes),
                    "utf-16be" => wide(&text, u16::to_be_bytes),
                    "mark" => wide(&format!("\u{feff}{text}"), u16::to_le_bytes),
                    _ => text.into_bytes(),
                };
                let body = coding.split(", ").fold(text, |text, coding| match coding {
                    "gzip" => gzip(&text),
                    "deflate" => deflate(&text),
                    _ => text,
                });
                let declared = if charset == "mark" { "" } else { charset };
                let head = format!(
                    "200 OK\r\ncontent-encoding: {coding}\r\ncontent-type: text/plain; charset={declared}"
                );
                respond(stream, &head, &body);
            });
            let lab = bound(&format!("http://{address}/"));
            for call in CALLS {
                let seen =
                    lab.seen(&format!(r#""do":"echo","call":"{call}","url":"http://{address}/""#)).await;
                let story = format!("{charset} {coding} {call}");
                holds_nothing(&seen, &story);
                holds_nothing(&narrow(&seen), &story);
                if call != "send" {
                    assert!(seen.starts_with(b"whole Reading::All []"), "{story}: {seen:?}");
                    assert!(seen.ends_with(b": that is all"), "{}", String::from_utf8_lossy(&seen));
                    assert!(!String::from_utf8_lossy(&seen).contains("content-length"), "{story}");
                }
            }
            // Cut anywhere.
            let config = format!(r#""do":"cuts","call":"fetch","url":"http://{address}/","body_max":"60""#);
            let seen = narrow(&lab.seen(&config).await);
            for cut in seen.split(|&byte| byte == b'\n') {
                assert!(!cut.ends_with(b"c4n4"), "{charset} {coding}: {}", String::from_utf8_lossy(&seen));
            }
        }
    }
}

/// Letters that other charsets write in other bytes: nobody looks for those.
#[tokio::test]
async fn a_secret_of_other_letters_is_known_when_it_is_read() {
    let secret = "c4n4ry-\u{9519}\u{8bef}-7x-zebra";
    let address = server(|_, stream| {
        let body = b"it is c4n4ry-\xb4\xed\xce\xf3-7x-zebra, \xb4\xed";
        respond(stream, "200 OK\r\ncontent-type: text/plain; charset=gbk", body);
    });
    let lab = bound(&format!("http://{address}/"));
    lab.memory.secret("key", secret, &[&format!("http://{address}/")]);
    let with = |more: &str| {
        format!(r#""do":"echo","call":"fetch","placement":"none","url":"http://{address}/"{more}"#)
    };
    let seen = lab.read(&with("")).await;
    assert!(seen.ends_with("it is ***, \u{9519}"), "{seen}");
    for cut in 1..40 {
        let seen = lab.read(&with(&format!(r#","body_max":"{cut}""#))).await;
        assert!(!seen.contains("c4n4"), "{cut}: {seen}");
    }
}

/// Whoever reads letters of one byte as letters of two can read them back.
#[tokio::test]
async fn a_charset_that_is_none_of_the_texts_hides_no_secret() {
    for charset in ["utf-16le", "utf-16be"] {
        for before in ["", "a"] {
            let address = server(move |head, stream| {
                let head_of = format!("200 OK\r\ncontent-type: text/plain; charset={charset}");
                respond(stream, &head_of, format!("{before}{} and so on", key_of(head)).as_bytes());
            });
            let lab = bound(&format!("http://{address}/"));
            let seen = lab.seen(&format!(r#""do":"echo","call":"fetch","url":"http://{address}/""#)).await;
            let text = String::from_utf8_lossy(&seen).into_owned();
            for letter in [u16::to_le_bytes, u16::to_be_bytes] {
                holds_nothing(&wide(&text, letter), charset);
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_within_a_secret_shows_nothing_of_it() {
    for (form, held) in
        [("plain", false), ("plain", true), ("stored", false), ("wide", false), ("wide", true)]
    {
        let address = server(move |head, stream| {
            let text = format!("{}{}", "x".repeat(400), &key_of(head)[..12]);
            let (more, body) = match form {
                "stored" => {
                    let mut whole = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
                    whole.write_all(text.as_bytes()).unwrap();
                    ("content-encoding: gzip", whole.finish().unwrap()[..10 + 5 + 410].to_vec())
                }
                "wide" => ("content-type: text/plain; charset=utf-16le", wide(&text, u16::to_le_bytes)),
                _ => ("x: y", text.into_bytes()),
            };
            let _ = write!(stream, "HTTP/1.1 503 Gone\r\ncontent-length: 9000\r\n{more}\r\n\r\n");
            let _ = stream.write_all(&body);
            if held {
                let _ = stream.read(&mut [0; 1]);
            }
        });
        let lab = bound(&format!("http://{address}/"));
        let config = format!(r#""do":"echo","call":"fetch","url":"http://{address}/","timeout":"1000""#);
        let seen = lab.read(&config).await;
        let wanted = if held { "TimedOut" } else { "Closed" };
        assert!(seen.starts_with("cut Reading::All") && seen.contains(wanted), "{form}: {seen}");
        assert!(seen.contains("503 http://") && seen.contains("xxxx"), "{form}: {seen}");
        assert!(!seen.contains("c4n4"), "{form}: {seen}");
    }
}

/// Hosts that differ by their port alone are one host to a cookie.
#[tokio::test]
async fn a_cookie_carries_no_secret_to_where_it_is_not_bound() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&got);
    let other = server(move |head, stream| {
        heard.lock().unwrap().push(head.to_owned());
        respond(stream, "200 OK", b"here");
    });
    for (secret, word) in [(CANARY, "plain"), (CANARY, "escaped"), ("admin", "plain")] {
        let first = server(move |_, stream| {
            let value = match word {
                "escaped" => secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
                _ => secret.to_owned(),
            };
            let head = format!("302 X\r\nset-cookie: seen={value}; path=/\r\nlocation: http://{other}/");
            respond(stream, &head, b"");
        });
        let (first, second) = (format!("http://{first}/"), format!("http://{other}/"));
        let lab = Lab::new(&[&first], &[&first, &second], &[]);
        lab.memory.secret("key", secret, &[&first]);
        for call in CALLS {
            // The server was told the secret before.
            let ended =
                lab.run(&format!(r#""do":"echo","call":"{call}","placement":"none","url":"{first}""#)).await;
            assert_eq!(ended.denied, 1, "{word}: {ended:?}");
            assert_eq!(*got.lock().unwrap(), Vec::<String>::new(), "{word}");
            holds_nothing(&turned_back(&ended), word);
            // Beside a credential it does not go at all.
            let seen = lab.read(&format!(r#""do":"echo","call":"{call}","url":"{first}""#)).await;
            assert!(seen.ends_with("here"), "{seen}");
            let got: Vec<_> = got.lock().unwrap().drain(..).collect();
            assert!(got.len() == 1 && !got[0].contains("seen"), "{got:?}");
        }
    }
}

#[tokio::test]
async fn what_a_server_says_to_itself_is_no_secret_of_another() {
    let address = server(|head, stream| match head.contains("Cookie: role=admin") {
        true => respond(stream, "200 OK", b"welcome"),
        false => respond(stream, "302 X\r\nset-cookie: role=admin; path=/\r\nlocation: /admin/", b""),
    });
    let url = format!("http://{address}/");
    let lab = Lab::new(&["https://api.example.com"], &[&url], &[]);
    lab.memory.secret("key", "admin", &["https://api.example.com"]);
    for call in CALLS {
        let config = format!(r#""do":"echo","call":"{call}","placement":"none","url":"{url}""#);
        let seen = lab.read(&config).await;
        assert!(seen.ends_with("welcome"), "{seen}");
    }
}

#[tokio::test]
async fn a_redirect_to_what_was_not_granted_is_told_without_the_secret() {
    let location = |to: &'static str, before: usize| {
        server(move |head, stream| {
            let key = key_of(head);
            let to = format!("302 X\r\nlocation: {to}{}{key}/x?k={key}", "y".repeat(before));
            respond(stream, &to, b"");
        })
    };
    let told = async |address: SocketAddr| {
        let lab = bound(&format!("http://{address}/"));
        let ended = lab.run(&format!(r#""do":"echo","call":"fetch","url":"http://{address}/""#)).await;
        let seen = turned_back(&ended);
        holds_nothing(&seen, "location");
        let seen = String::from_utf8_lossy(&seen).into_owned();
        assert!(seen.starts_with("stopped") && seen.contains("302 http://"), "{seen}");
        assert!(!seen.contains("c4n4"), "{seen}");
        (ended.denied, seen)
    };
    for to in ["http://localhost:1/", "https://other.example.com/"] {
        let (denied, seen) = told(location(to, 0)).await;
        assert!(denied == 1 && seen.contains(&format!("it redirects to `{to}***")), "{seen}");
    }
    // Where the sentence is cut.
    for before in [160, 170, 175, 180, 185, 190] {
        assert_eq!(told(location("http://localhost:1/", before)).await.0, 1);
        assert_eq!(told(location("app://x/", before)).await.0, 0);
    }
}

#[tokio::test]
async fn what_is_said_of_an_answer_holds_no_secret() {
    let key = "c4n4ry-7x-q9-zebra";
    for (story, head) in [
        ("charset", format!("content-type: text/plain; charset={}{key}", "z".repeat(30))),
        ("coding", format!("content-encoding: {}{key}", "z".repeat(50))),
        ("name", format!("x-{key} : 1")),
        ("folded", format!("x-{key}: 1\r\n 2")),
        ("version", format!("x-a: 1\r\n{key}")),
    ] {
        let address = server(move |_, stream| respond(stream, &format!("200 {key}\r\n{head}"), b"text"));
        let lab = bound(&format!("http://{address}/"));
        lab.memory.secret("key", key, &[&format!("http://{address}/")]);
        let seen = lab.read(&format!(r#""do":"echo","call":"fetch","url":"http://{address}/""#)).await;
        assert!(!seen.contains("c4n4"), "{story}: {seen}");
        assert!(seen.starts_with("whole "), "{story}: {seen}");
    }
}

/// The secret stands where nobody looks: behind what is read, or in an answer without a body.
#[tokio::test]
async fn the_length_of_what_is_not_read_answers_no_guess() {
    let address = server(|head, stream| {
        let guess = head.lines().next().unwrap_or("").split(' ').nth(1).unwrap_or("").to_owned();
        let text = format!("{guess}{}your key is {}", "-".repeat(3_000), key_of(head));
        let body = gzip(text.as_bytes());
        if head.starts_with("HEAD") {
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
            );
        } else {
            respond(stream, "200 OK\r\ncontent-encoding: gzip", &body);
        }
    });
    let lab = bound(&format!("http://{address}/"));
    for call in CALLS {
        for more in [
            r#","body_max":"0""#,
            r#","body_max":"5""#,
            r#","method":"HEAD""#,
            r#","accept":"gzip","body_max":"5""#,
        ] {
            let mut said = std::collections::BTreeSet::new();
            for guess in [&CANARY[..10], "Kj3vP0sLwb"] {
                let config = format!(r#""do":"echo","call":"{call}","url":"http://{address}/{guess}"{more}"#);
                said.insert(lab.read(&config).await.replace(guess, "").replace(&guess[..4], ""));
            }
            assert_eq!(said.len(), 1, "{more}: {said:?}");
        }
    }
}

/// As deep as it is wrapped, and beside it.
#[tokio::test]
async fn a_secret_within_what_looks_like_a_coding_is_found() {
    for story in ["twice", "within", "behind", "broken"] {
        let address = server(move |head, stream| {
            let text = format!("{}you sent {} to us", filler(), key_of(head)).into_bytes();
            let (declared, body) = match story {
                "twice" => ("gzip", gzip(&gzip(&text))),
                "within" => ("identity", gzip(&deflate(&text))),
                "behind" => ("identity", [deflate(b"nothing"), text].concat()),
                _ => {
                    let mut cut = gzip(&text);
                    cut.truncate(cut.len() - 6);
                    ("identity", cut)
                }
            };
            respond(stream, &format!("200 OK\r\ncontent-encoding: {declared}"), &body);
        });
        let lab = bound(&format!("http://{address}/"));
        for call in CALLS {
            let seen = lab.seen(&format!(r#""do":"echo","call":"{call}","url":"http://{address}/""#)).await;
            let mut layers = vec![seen];
            for _ in 0..3 {
                for layer in &layers {
                    holds_nothing(layer, story);
                }
                layers = layers.iter().flat_map(|layer| opened(layer)).collect();
            }
        }
    }
}

/// All that can be made of it, wherever it begins.
fn opened(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for at in 0..bytes.len().saturating_sub(1) {
        let mut plain = Vec::new();
        match bytes[at..] {
            [0x1f, 0x8b, ..] => drop(flate2::read::GzDecoder::new(&bytes[at..]).read_to_end(&mut plain)),
            [0x78, 0xda, ..] => drop(flate2::read::ZlibDecoder::new(&bytes[at..]).read_to_end(&mut plain)),
            _ => continue,
        }
        all.push(plain);
    }
    all
}

/// What comes behind a body is a server's words as well.
#[tokio::test]
async fn a_secret_behind_a_body_is_taken_out() {
    let address = http2_server(|request| {
        let key = request.headers()["x-key"].to_str().unwrap().to_owned();
        let mut trailers = ::http::HeaderMap::new();
        for (name, value) in [
            ("x-plain", key.clone()),
            ("x-coded", STANDARD.encode(format!("it is {key}"))),
            ("x-hex", hex::encode(&key)),
            ("x-other", "nothing".to_owned()),
        ] {
            trailers.insert(name, value.parse().unwrap());
        }
        ("well".to_owned(), trailers)
    })
    .await;
    let lab = bound(&format!("http://{address}/"));
    let config = format!(r#""do":"echo","call":"fetch_with","http2":"yes","url":"http://{address}/""#);
    let seen = lab.seen(&config).await;
    let text = String::from_utf8_lossy(&seen).into_owned();
    holds_nothing(&seen, "trailers");
    assert!(
        text.contains("x-plain: ***\n") && text.contains("x-other: nothing\n") && text.contains("well"),
        "{text}"
    );
}
