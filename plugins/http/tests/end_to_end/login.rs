//! A small site with a login, as frameworks make them: a token in the form that belongs to a cookie, a new session with the
//! login, a page and an API for who has it. It takes nothing else, and keeps what was unexpected.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "correct-horse-battery";

pub(crate) struct Site {
    address: SocketAddr,
    unexpected: Arc<Mutex<Vec<String>>>,
}

/// What it remembers.
#[derive(Default)]
struct Memory {
    count: AtomicUsize,
    tries: AtomicUsize,
    /// Since when `/restarting` is down.
    down: Mutex<Option<Instant>>,
}

struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Site {
    pub(crate) fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let unexpected = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&unexpected);
        std::thread::spawn(move || {
            let memory = Arc::new(Memory::default());
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, memory) = (Arc::clone(&kept), Arc::clone(&memory));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let answer = answer(&request, &memory).unwrap_or_else(|| {
                        kept.lock()
                            .unwrap()
                            .push(format!("{} {:?} {}", request.line, request.headers, request.body));
                        status("500 Unexpected", "")
                    });
                    let _ = (&stream).write_all(answer.as_bytes());
                });
            }
        });
        Site { address, unexpected }
    }
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
    pub(crate) fn unexpected(&self) -> Vec<String> {
        self.unexpected.lock().unwrap().clone()
    }
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
    fn cookie(&self, name: &str) -> Option<&str> {
        self.header("cookie").split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
    fn field(&self, name: &str) -> Option<&str> {
        self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        lines.read_line(&mut header).ok()?;
        match header.trim().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Request { line: line.trim().to_owned(), headers, body: String::new() };
    let length = request.header("content-length").parse().unwrap_or(0);
    lines.take(length).read_to_string(&mut request.body).ok()?;
    Some(request)
}

fn status(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n")
}

fn page(headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// None is what nobody should have sent.
fn answer(request: &Request, Memory { count, tries, down }: &Memory) -> Option<String> {
    let number = || count.fetch_add(1, Ordering::Relaxed);
    Some(match request.line.strip_suffix(" HTTP/1.1")? {
        "GET /login" => {
            let number = number();
            let token = format!("csrf-token-{number}/+=");
            let cookie = format!("set-cookie: visit={number}; Path=/; HttpOnly; SameSite=Lax\r\n");
            page(
                &cookie,
                &format!(
                    "<form method=\"post\"><input type=\"hidden\" name=\"csrf\" value=\"{token}\"></form>"
                ),
            )
        }
        "POST /login" => {
            if request.header("content-type") != "application/x-www-form-urlencoded" {
                return None;
            }
            let wanted = format!("csrf-token-{}%2F%2B%3D", request.cookie("visit")?);
            if request.field("csrf") != Some(&wanted) {
                return Some(status("400 Bad Request", ""));
            }
            if request.field("user") != Some("eve") || request.field("password") != Some(PASSWORD) {
                return Some(status("403 Forbidden", ""));
            }
            let cookies = format!(
                "set-cookie: session=session-{}; Path=/; HttpOnly\r\nset-cookie: visit=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\n",
                number()
            );
            status("302 Found", &format!("{cookies}location: /home\r\n"))
        }
        "GET /home" => match request.cookie("session") {
            None => status("302 Found", "location: /login\r\n"),
            // The first cookie is over, and does not come back.
            Some(_) if request.cookie("visit").is_some() => return None,
            Some(session) => {
                let number = session.strip_prefix("session-")?;
                page(&format!("x-token: api-token-{number}\r\n"), "<p>Welcome, eve</p>")
            }
        },
        "GET /api" => {
            let number = request.cookie("session")?.strip_prefix("session-")?;
            match request.header("authorization") == format!("Bearer api-token-{number}") {
                true => page("content-type: application/json\r\n", "{\"user\": \"eve\"}"),
                false => return None,
            }
        }
        "GET /broken" => status("503 Service Unavailable", ""),
        // Down when it is asked, and for half a second; then well once.
        "GET /restarting" => {
            let mut down = down.lock().unwrap();
            let since = *down.get_or_insert_with(Instant::now);
            match since.elapsed() < Duration::from_millis(500) {
                true => status("503 Service Unavailable", ""),
                false => {
                    *down = None;
                    page("", "well")
                }
            }
        }
        "GET /every-other" => match tries.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => status("503 Service Unavailable", ""),
            _ => page("", "well"),
        },
        _ => return None,
    })
}
