//! What a check may reach does not depend on the language that it is written in, nor on whether it asks through the
//! contract (Rust, Python) or through WASI's `fetch` (JavaScript): one suite for all of them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::State;
use watchkeep_engine::{CheckCall, Ended, Generation, PluginKind};

use crate::http::{respond, server};
use crate::support::{Memory, call, engine, example, failure, module, ports, report, rights};

const CANARY: &str = "c4n4ry/9+1=x";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Guest {
    Rust,
    Python,
    JavaScript,
}

impl Guest {
    fn name(self) -> &'static str {
        match self {
            Guest::Rust => "like-the-examples",
            Guest::Python => "python-check",
            Guest::JavaScript => "js-check",
        }
    }

    async fn load(self) -> Arc<Generation> {
        let bytes = match self {
            Guest::Rust => module("like_the_examples"),
            Guest::Python | Guest::JavaScript => example(self.name()),
        };
        let generation = engine().load(bytes.into(), self.name()).await.unwrap();
        assert_eq!((generation.name.as_str(), generation.kind), (self.name(), PluginKind::Check));
        generation
    }

    /// A call for `url` with the grant that comes of writing it, and those of `allow`.
    fn call(self, url: &str, allow: &[(&str, &str)]) -> CheckCall {
        call(&format!(r#"{{"url":"{url}"}}"#), rights(self.name(), &[url], allow))
    }

    async fn run(self, call: CheckCall, memory: &Arc<Memory>) -> Ended<Outcome> {
        engine().run_check(&self.load().await, call, &ports(memory)).await
    }

    async fn get(self, url: &str) -> Ended<Outcome> {
        self.run(self.call(url, &[]), &Arc::default()).await
    }
}

#[track_caller]
fn denied(ended: &Ended<Outcome>, message: &str, hint: &str) {
    let failure = failure(ended);
    assert_eq!(failure.reason, FailureReason::Denied, "{ended:?}");
    assert!(failure.message.contains(message), "{failure:?}");
    assert!(failure.hint.as_deref().is_some_and(|given| given.contains(hint)), "{failure:?}");
    assert!(ended.denied > 0, "{ended:?}");
}

async fn a_granted_target_is_reached(guest: Guest) {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello, watcher"));
    let ended = guest.get(&format!("http://{address}/path?query=1")).await;
    assert_eq!((report(&ended).state, ended.denied), (State::Ok, 0), "{ended:?}");
    assert_eq!(report(&ended).details.as_deref(), Some("hello, watcher"));
}

async fn a_target_that_is_down_is_critical(guest: Guest) {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let failing = server(|_, stream| respond(stream, "503 Service Unavailable", b"sorry"));
    for address in [nobody, failing] {
        let ended = guest.get(&format!("http://{address}/")).await;
        assert_eq!(report(&ended).state, State::Critical, "{ended:?}");
    }
}

async fn a_host_that_is_not_granted_is_denied_with_the_line_to_add(guest: Guest) {
    let config = r#"{"url":"https://api.example.com/v1"}"#;
    let ended = guest.run(call(config, rights(guest.name(), &[], &[])), &Arc::default()).await;
    let hint = format!("add `http = [\"https://api.example.com\"]` under [plugin.{}.allow]", guest.name());
    denied(&ended, "http to https://api.example.com", &hint);
}

async fn a_redirect_to_a_host_that_is_not_granted_is_denied(guest: Guest) {
    for to in
        ["http://169.254.169.254/latest/meta-data/", "http://localhost:1/", "https://other.example.com/"]
    {
        let address = server(move |_, stream| respond(stream, &format!("302 Found\r\nlocation: {to}"), b""));
        let ended = guest.get(&format!("http://{address}/")).await;
        let origin = to.trim_end_matches("latest/meta-data/").trim_end_matches('/');
        denied(&ended, origin, "add `http");
    }
}

async fn a_redirect_that_is_granted_is_followed(guest: Guest) {
    let address = server(|head, stream| {
        if head.starts_with("GET /a ") {
            respond(stream, "302 Found\r\nlocation: /b", b"");
        } else {
            respond(stream, "200 OK", head.lines().next().unwrap_or("").as_bytes());
        }
    });
    let ended = guest.get(&format!("http://{address}/a")).await;
    assert_eq!(report(&ended).details.as_deref(), Some("GET /b HTTP/1.1"), "{ended:?}");
}

async fn the_metadata_address_is_denied_under_the_widest_grant(guest: Guest) {
    let config = r#"{"url":"http://169.254.169.254/latest/meta-data/"}"#;
    let ended =
        guest.run(call(config, rights(guest.name(), &[], &[("http", "*://*:*")])), &Arc::default()).await;
    denied(&ended, "169.254.169.254", "");
}

async fn a_name_that_leads_to_loopback_is_denied_unless_it_is_written_as_such(guest: Guest) {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let url = format!("http://localhost:{}/", address.port());
    let config = format!(r#"{{"url":"{url}"}}"#);
    for (entry, count) in [(format!("http://*:{}", address.port()), 1), (url.clone(), 0)] {
        let call = call(&config, rights(guest.name(), &[], &[("http", &entry)]));
        let ended = guest.run(call, &Arc::default()).await;
        assert_eq!(ended.denied, count, "{entry}: {ended:?}");
        assert_eq!(matches!(ended.value, Outcome::Report(_)), count == 0, "{entry}: {ended:?}");
    }
}

/// Sends back what it got, and keeps it.
fn echo_server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let address = server(move |head, stream| {
        kept.lock().unwrap().push(head.to_owned());
        respond(stream, "200 OK", head.as_bytes());
    });
    (address, seen)
}

fn with_secret(guest: Guest, url: &str) -> CheckCall {
    // The program reads flat fields only, and so looks for `secret`; the others look into `token`.
    call(&format!(r#"{{"url":"{url}","token":{{"secret":"key"}}}}"#), rights(guest.name(), &[url], &[]))
}

async fn a_secret_arrives_and_does_not_come_back(guest: Guest) {
    let (address, seen) = echo_server();
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &[&url]);
    let ended = guest.run(with_secret(guest, &url), &memory).await;
    assert_eq!(report(&ended).state, State::Ok, "{ended:?}");
    let seen = seen.lock().unwrap().concat();
    assert!(seen.contains(&format!("Authorization: Bearer {CANARY}\r\n")), "{seen}");
    let said = report(&ended).details.as_deref().unwrap();
    assert!(said.contains("Authorization: Bearer ***"), "{said}");
    assert!(!format!("{ended:?}").contains("c4n4ry"), "{ended:?}");
}

async fn a_secret_goes_only_where_it_is_bound(guest: Guest) {
    let (address, seen) = echo_server();
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &["https://api.example.com"]);
    let ended = guest.run(with_secret(guest, &format!("http://{address}/")), &memory).await;
    denied(&ended, "to which it is not bound", "");
    assert!(seen.lock().unwrap().is_empty(), "nothing was sent");
}

async fn a_hanging_target_ends_as_a_report_before_the_deadline(guest: Guest) {
    let address = server(|_, stream| drop(std::io::Read::read(stream, &mut [0; 1])));
    let mut call = guest.call(&format!("http://{address}/"), &[]);
    call.timeout = Duration::from_secs(4);
    let ended = guest.run(call, &Arc::default()).await;
    assert_eq!(report(&ended).state, State::Critical, "{ended:?}");
}

async fn what_it_says_of_its_config_is_asked(guest: Guest) {
    let generation = guest.load().await;
    assert_eq!(engine().validate(&generation, r#"{"url":"http://localhost/"}"#).await, Ok(()));
    if guest != Guest::Rust {
        assert_eq!(generation.schema["properties"]["url"]["x-watchkeep-grant"], "http");
        let problems =
            engine().validate(&generation, r#"{"url":"http://localhost/","find":""}"#).await.unwrap_err();
        assert_eq!(problems[0].path, "/find");
    }
}

async fn it_asks_for_no_right_that_is_hidden(guest: Guest) {
    let generation = guest.load().await;
    let imports: &[&str] = match guest {
        Guest::Rust => &["http"],
        Guest::Python => &["http", "wasi"],
        Guest::JavaScript => &["wasi", "wasi:http"],
    };
    assert_eq!(generation.imports, imports);
    assert!(generation.requests.is_empty(), "{:?}", generation.requests);
}

async fn memory_is_bounded(guest: Guest) {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let mut call = guest.call(&format!("http://{address}/"), &[]);
    call.limits.memory_bytes = 64 << 10;
    let ended = guest.run(call, &Arc::default()).await;
    assert_eq!(failure(&ended).reason, FailureReason::Memory, "{ended:?}");
}

async fn many_run_at_once(guest: Guest) {
    let address = server(|_, stream| respond(stream, "200 OK", b"hello"));
    let generation = guest.load().await;
    let url = format!("http://{address}/");
    let runs: Vec<_> = (0..50)
        .map(|_| {
            let (generation, call) = (Arc::clone(&generation), guest.call(&url, &[]));
            tokio::spawn(async move { engine().run_check(&generation, call, &ports(&Arc::default())).await })
        })
        .collect();
    for run in runs {
        let ended = run.await.unwrap();
        assert_eq!(report(&ended).state, State::Ok, "{ended:?}");
    }
}

macro_rules! for_every_guest {
    ($($test:ident,)*) => {
        for_every_guest!(@guest rust, Rust, $($test,)*);
        for_every_guest!(@guest python, Python, $($test,)*);
        for_every_guest!(@guest javascript, JavaScript, $($test,)*);
    };
    (@guest $module:ident, $guest:ident, $($test:ident,)*) => {
        pub(crate) mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                pub(crate) async fn $test() {
                    super::$test(super::Guest::$guest).await;
                }
            )*
        }
    };
}

for_every_guest! {
    a_granted_target_is_reached,
    a_target_that_is_down_is_critical,
    a_host_that_is_not_granted_is_denied_with_the_line_to_add,
    a_redirect_to_a_host_that_is_not_granted_is_denied,
    a_redirect_that_is_granted_is_followed,
    the_metadata_address_is_denied_under_the_widest_grant,
    a_name_that_leads_to_loopback_is_denied_unless_it_is_written_as_such,
    a_secret_arrives_and_does_not_come_back,
    a_secret_goes_only_where_it_is_bound,
    a_hanging_target_ends_as_a_report_before_the_deadline,
    what_it_says_of_its_config_is_asked,
    it_asks_for_no_right_that_is_hidden,
    memory_is_bounded,
    many_run_at_once,
}

/// `fetch` cannot tell a body that was cut from a whole one, so it must not be handed one as whole.
#[tokio::test]
async fn a_body_over_the_limit_fails_a_fetch_and_pages_nobody() {
    let address = server(|_, stream| respond(stream, "200 OK", &[b'x'; 10_000]));
    let mut call = Guest::JavaScript.call(&format!("http://{address}/"), &[]);
    call.limits.http_body_bytes = 5_000;
    let ended = Guest::JavaScript.run(call, &Arc::default()).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
    assert!(failure(&ended).message.contains("a response body of more than 5000 bytes"), "{ended:?}");
    let hint = failure(&ended).hint.clone().unwrap();
    assert!(hint.starts_with("raise `http_body` under [plugin."), "{hint}");
}

#[tokio::test]
async fn requests_of_a_fetch_are_counted() {
    let address = server(|_, stream| respond(stream, "302 Found\r\nlocation: /again", b""));
    let mut call = Guest::JavaScript.call(&format!("http://{address}/"), &[]);
    call.limits.http_requests = 2;
    let ended = Guest::JavaScript.run(call, &Arc::default()).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
    assert!(failure(&ended).message.contains("more than 2 HTTP requests"), "{ended:?}");
}

/// A guest may hold all the bodies that it got, so all of a call's are bounded together.
#[tokio::test]
async fn the_bodies_of_many_fetches_are_bounded_together() {
    let address = server(|head, stream| {
        let next = head.split(['?', ' ']).nth(2).and_then(|at| at.parse::<u32>().ok()).unwrap_or(0) + 1;
        respond(stream, &format!("302 Found\r\nlocation: /?{next}"), &[b'x'; 4_000]);
    });
    let mut call = Guest::JavaScript.call(&format!("http://{address}/?0"), &[]);
    call.limits.http_body_bytes = 4_000;
    let ended = Guest::JavaScript.run(call, &Arc::default()).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
    // Four of them fit, each of which is within its own limit.
    assert!(failure(&ended).message.contains("a response body of more than 0 bytes"), "{ended:?}");
}
