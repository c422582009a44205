//! A receiver below HTTP: it takes a whole request, keeps it, and then does with the connection what it is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Received;

/// Far beyond a notice.
const REQUEST_BYTES_MAX: usize = 1 << 20;

#[derive(Clone)]
pub struct Faulty {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    received: Vec<Received>,
    then: Then,
}

/// What follows a request that has arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// These bytes, and the end of the connection.
    Says(String),
    SaysAfter(Duration, String),
    /// A reset.
    Resets,
    /// Nothing: the connection stays open.
    Silence,
}

impl Then {
    /// An answer without a body, with header lines.
    pub fn status(status: u16, headers: &str) -> Then {
        Then::Says(answer(status, headers))
    }
    pub fn late(delay: Duration) -> Then {
        Then::SaysAfter(delay, answer(200, ""))
    }
}

fn answer(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} whatever\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n")
}

impl Faulty {
    pub async fn start(then: Then) -> Faulty {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("it is bound"));
        let faulty = Faulty { url, shared: Arc::new(Mutex::new(Shared { received: Vec::new(), then })) };
        let accepting = faulty.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(accepting.clone(), stream));
            }
        });
        faulty
    }
    pub fn set(&self, then: Then) {
        self.shared().then = then;
    }
    /// Oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared().received.clone()
    }
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(faulty: Faulty, mut stream: TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    let (path, body) = loop {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).await.ok().filter(|count| *count > 0)?;
        bytes.extend(&more[..count]);
        if let Some(whole) = whole(&bytes) {
            break whole;
        }
        assert!(bytes.len() < REQUEST_BYTES_MAX, "a request without an end");
    };
    let then = {
        let mut shared = faulty.shared();
        shared.received.push(Received { at: Instant::now(), path, body });
        shared.then.clone()
    };
    match then {
        Then::Says(text) => stream.write_all(text.as_bytes()).await.ok()?,
        Then::SaysAfter(delay, text) => {
            tokio::time::sleep(delay).await;
            stream.write_all(text.as_bytes()).await.ok()?;
        }
        Then::Resets => stream.set_zero_linger().ok()?,
        Then::Silence => {
            // Until the peer gives up.
            let _ = stream.read(&mut [0]).await;
        }
    }
    Some(())
}

/// Path and body, once all of it is there.
fn whole(bytes: &[u8]) -> Option<(String, Value)> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let length: usize = length.trim().parse().ok()?;
    let body = bytes.get(end..end + length)?;
    let path = head.split_whitespace().nth(1)?.to_owned();
    Some((path, serde_json::from_slice(body).unwrap_or(Value::Null)))
}
