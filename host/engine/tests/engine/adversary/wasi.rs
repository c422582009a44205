//! `wasi:http` by hand: what holds for `http` holds for it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use watchkeep_core::outcome::Outcome;
use watchkeep_engine::{Ended, Limits};

use super::answers::{filler, gzip, unpacked};
use super::{CANARY, holds_nothing, turned_back};
use crate::http::{respond, server};
use crate::support::{Memory, built_for, call, engine, failure, ports, rights};

const HOLDER: &str = "__secret_key__";

struct Asked<'a> {
    config: String,
    to: &'a [&'a str],
    limits: Limits,
    timeout: Duration,
}

impl<'a> Asked<'a> {
    fn new(address: SocketAddr, config: &str, to: &'a [&'a str]) -> Self {
        let config = format!(
            r#"{{"attached":{{"secret":"key"}},"authority":"{address}","url":"http://{address}/",{config}}}"#
        );
        Self { config, to, limits: Limits::default(), timeout: Duration::from_secs(60) }
    }

    async fn ended(&self) -> Ended<Outcome> {
        let probe = built_for("wasm32-wasip2", "wasi_adversary");
        let generation = engine().load(probe.into(), "wasi_adversary.wasm").await.unwrap();
        let memory = Arc::new(Memory::default());
        memory.secret("key", CANARY, self.to);
        let rights = rights("wasi-adversary", &[], &[("http", "http://127.0.0.1:*")]);
        let mut call = call(&self.config, rights);
        (call.limits, call.timeout) = (self.limits, self.timeout);
        engine().run_check(&generation, call, &ports(&memory)).await
    }

    async fn seen(&self) -> Vec<u8> {
        turned_back(&self.ended().await)
    }
}

const ANY: &[&str] = &["http://127.0.0.1:*"];

/// Keeps heads and bodies, and answers with both in every form.
fn echo() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    let address = server(move |head, stream| {
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body).unwrap();
        let text = format!("{head}{}", String::from_utf8_lossy(&body));
        kept.lock().unwrap().push(text.clone());
        let key = if text.contains(CANARY) { CANARY } else { "none" };
        let head =
            format!("302 Found\r\nlocation: /?k={key}\r\nx-hex: {}\r\nset-cookie: k={key}", hex::encode(key));
        respond(stream, &head, text.as_bytes());
    });
    (address, heard)
}

#[tokio::test]
pub(crate) async fn a_secret_is_placed_and_comes_back_by_nothing() {
    let (address, heard) = echo();
    for (config, arrives) in [
        (format!(r#""path":"/","headers":"x-key={HOLDER}""#), format!("X-Key: {CANARY}")),
        (format!(r#""path":"/{HOLDER}","headers":"""#), "/c4n4ry-7x%2BQ9%2Fzebra".to_owned()),
        // The body comes a byte at a time, after the request was handed over, and trailers behind it.
        (
            format!(r#""path":"/","headers":"","body":"it is {HOLDER}","trailers":"yes""#),
            format!("it is {CANARY}"),
        ),
    ] {
        let seen = Asked::new(address, &config, ANY).seen().await;
        let got = heard.lock().unwrap().pop().expect("it was asked");
        assert!(got.contains(&arrives) && !got.contains("x-trailer"), "{got}");
        assert!(seen.starts_with(b"302\n"), "{}", String::from_utf8_lossy(&seen));
        holds_nothing(&seen, &config);
        // It goes nowhere else, and neither does the secret itself by a guess that is none.
        let ended = Asked::new(address, &config, &["https://api.example.com"]).ended().await;
        assert_eq!(ended.denied, 1, "{ended:?}");
        let ended =
            Asked::new(address, &config.replace(HOLDER, CANARY), &["https://api.example.com"]).ended().await;
        assert_eq!(ended.denied, 1, "{ended:?}");
        assert!(heard.lock().unwrap().is_empty(), "nothing was sent");
    }
}

#[tokio::test]
async fn what_is_cut_or_encoded_shows_nothing() {
    let plain = server(|_, stream| respond(stream, "200 OK", format!("you sent {CANARY} to us").as_bytes()));
    for cap in 1..32 {
        let mut asked = Asked::new(plain, r#""path":"/","headers":"""#, ANY);
        asked.limits.http_body_bytes = cap;
        let ended = asked.ended().await;
        // What is cut is a limit to whoever judges by it; to this one it is not.
        let seen = turned_back(&ended);
        assert!(memchr::memmem::find(&seen, b"c4n4").is_none(), "{cap}: {}", String::from_utf8_lossy(&seen));
    }
    let packed = server(|_, stream| {
        let text = format!("{}you sent {CANARY} to us", filler());
        respond(stream, "200 OK\r\ncontent-encoding: gzip", &gzip(text.as_bytes()));
    });
    let seen = Asked::new(packed, r#""path":"/","headers":"accept-encoding=gzip""#, ANY).seen().await;
    holds_nothing(&seen, "gzip");
    for plain in unpacked(&seen) {
        holds_nothing(&plain, "gzip");
    }
    let trailers = server(|_, stream| {
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-key\r\n\r\n2\r\nok\r\n0\r\nx-key: {CANARY}\r\n\r\n"
        );
    });
    let seen = Asked::new(trailers, r#""path":"/","headers":"""#, ANY).seen().await;
    assert!(seen.ends_with(b"ok"), "{}", String::from_utf8_lossy(&seen));
    holds_nothing(&seen, "trailers");
}

#[tokio::test]
async fn what_has_no_end_ends_before_the_deadline() {
    let interim = server(|_, stream| while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").is_ok() {});
    let mut asked = Asked::new(interim, r#""path":"/","headers":"""#, ANY);
    asked.timeout = Duration::from_secs(2);
    let seen = asked.seen().await;
    assert_eq!(String::from_utf8_lossy(&seen), "ErrorCode::HttpResponseTimeout");
    // Its own body.
    let sink = server(|_, stream| respond(stream, "200 OK", b""));
    let mut asked = Asked::new(sink, r#""do":"flood","path":"/","headers":"","body":"x""#, ANY);
    asked.limits.http_body_bytes = 100_000;
    let ended = asked.ended().await;
    let seen = String::from_utf8_lossy(&turned_back(&ended)).into_owned();
    assert!(seen.contains("HttpRequestBodySize"), "{seen}");
}

#[tokio::test]
async fn requests_beside_each_other_are_counted_together() {
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let mut asked = Asked::new(address, r#""do":"many","count":"30","path":"/","headers":"""#, ANY);
    asked.limits.http_requests = 5;
    let ended = asked.ended().await;
    let seen = String::from_utf8_lossy(&turned_back(&ended)).into_owned();
    assert_eq!(seen.matches("Ok(200)").count(), 5, "{seen}");
    assert_eq!(seen.matches("ConnectionLimitReached").count(), 25, "{seen}");
}

/// Each header that is the host's business, and two hosts where one is decided on.
#[tokio::test]
async fn a_header_that_frames_or_names_another_host_is_not_sent() {
    let (address, heard) = echo();
    let mut said = BTreeSet::new();
    for headers in [
        "host=127.0.0.1|host=internal.example.com",
        "host=internal.example.com",
        "Host=127.0.0.1",
        "transfer-encoding=chunked",
        "connection=close",
        "upgrade=h2c",
        "expect=100-continue",
        "te=trailers",
        "trailer=x",
    ] {
        let ended = Asked::new(address, &format!(r#""path":"/","headers":"{headers}""#), ANY).ended().await;
        let seen = match &ended.value {
            Outcome::Report(_) => String::from_utf8_lossy(&turned_back(&ended)).into_owned(),
            Outcome::Failed(_) => failure(&ended).message.clone(),
        };
        said.insert(format!("{headers}: {seen}"));
    }
    let heard = heard.lock().unwrap();
    assert!(heard.iter().all(|head| !head.contains("internal.example.com")), "{heard:?} {said:#?}");
    assert!(heard.is_empty(), "{heard:?} {said:#?}");
    assert!(said.iter().all(|said| !said.contains("302")), "{said:#?}");
}
