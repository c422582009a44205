//! Secrets go where the operator bound them, and nothing of them comes back.

use std::sync::Arc;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::Ended;

use crate::http::{respond, server};
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

const CANARY: &str = "c4n4ry/ö+1 \"x\"";
const ASCII_CANARY: &str = "c4n4ry/9+1=x";

async fn echo(memory: &Arc<Memory>, url: &str, config: &str) -> Ended<Outcome> {
    let generation = load("secret_echo").await;
    let config = format!(r#"{{"url":"{url}","secret":"key","attached":{{"secret":"key"}}{config}}}"#);
    let targets: &[&str] = if url.is_empty() { &[] } else { &[url] };
    let call = call(&config, rights("secret-echo", targets, &[("http", "http://127.0.0.1:*")]));
    engine().run_check(&generation, call, &ports(memory)).await
}

/// Sends back all that it got, and its base64 form.
fn echo_server() -> std::net::SocketAddr {
    server(|head, stream| {
        let mut body = head.to_owned();
        if let Some(length) = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")) {
            let mut sent = vec![0; length.trim().parse().unwrap()];
            std::io::Read::read_exact(stream, &mut sent).unwrap();
            body.push_str(&String::from_utf8_lossy(&sent));
        }
        let line = head.lines().next().unwrap_or("").to_owned();
        respond(stream, &format!("200 OK\r\nx-line: {line}"), body.as_bytes());
    })
}

#[tokio::test]
pub(crate) async fn a_secret_that_comes_back_is_masked_everywhere() {
    let address = echo_server();
    let url = format!("http://{address}/");
    for (placement, arrives) in [
        ("header", "X-Key: ***"),
        ("bearer", "Authorization: Bearer ***"),
        ("basic", "Authorization: Basic "),
        ("query", "key=***"),
        ("placeholder", "before *** after"),
    ] {
        let memory = Arc::new(Memory::default());
        memory.secret("key", ASCII_CANARY, &[&url]);
        let ended = echo(&memory, &url, &format!(r#","placement":"{placement}""#)).await;
        let said = format!("{ended:?}");
        assert!(report(&ended).summary.contains(arrives), "{placement}: {said}");
        for form in ["c4n4ry", "YzRuNHJ5", "dXNlcjpjNG40cnk"] {
            assert!(!said.contains(form), "{placement}: {said}");
            let kept = ended.kv.iter().filter_map(|write| write.value.as_deref());
            assert!(kept.clone().count() == 1, "{said}");
            for value in kept {
                assert!(!String::from_utf8_lossy(value).contains(form), "{placement}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_that_is_a_url_is_told_by_nobody() {
    let address = echo_server();
    let memory = Arc::new(Memory::default());
    memory.secret("key", &format!("http://{address}/hook/c4n4ry-token"), &[&format!("http://{address}")]);
    let ended = echo(&memory, "", r#","placement":"url""#).await;
    let said = format!("{ended:?}");
    assert!(report(&ended).summary.contains("GET "), "{said}");
    assert!(!said.contains("c4n4ry"), "{said}");
}

#[tokio::test]
async fn a_secret_goes_only_where_it_is_bound() {
    let url = format!("http://{}/", echo_server());
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &["https://api.example.com"]);
    let ended = echo(&memory, &url, "").await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    assert!(failure(&ended).message.contains("to which it is not bound"), "{ended:?}");
}

#[tokio::test]
async fn a_secret_that_the_config_does_not_name_is_denied() {
    let url = format!("http://{}/", echo_server());
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &[&url]);
    let generation = load("secret_echo").await;
    let config = format!(r#"{{"url":"{url}","secret":"key"}}"#);
    let call = call(&config, rights("secret-echo", &[&url], &[]));
    let ended = engine().run_check(&generation, call, &ports(&memory)).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    assert!(failure(&ended).message.contains("is not in the config"), "{ended:?}");
}

#[tokio::test]
async fn a_redirect_to_another_origin_drops_the_secret() {
    let other = echo_server();
    let first = server(move |_, stream| respond(stream, &format!("307 X\r\nlocation: http://{other}/"), b""));
    let url = format!("http://{first}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", ASCII_CANARY, &["http://127.0.0.1:*"]);
    let generation = load("secret_echo").await;
    let config = format!(r#"{{"url":"{url}","secret":"key","attached":{{"secret":"key"}}}}"#);
    let call = call(&config, rights("secret-echo", &[&url, &format!("http://{other}/")], &[]));
    let ended = engine().run_check(&generation, call, &ports(&memory)).await;
    assert!(!report(&ended).summary.contains("X-Key"), "{ended:?}");
    assert!(report(&ended).summary.contains(&other.to_string()), "{ended:?}");
}

#[tokio::test]
async fn what_is_not_offered_yet_is_a_sentence() {
    let url = format!("http://{}/", echo_server());
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &[&url]);
    let ended = echo(&memory, &url, r#","placement":"odd""#).await;
    let says = "credentials placed as `odd` are not offered by this version";
    assert!(report(&ended).summary.contains(says), "{ended:?}");
}

#[tokio::test]
pub(crate) async fn only_who_may_reveal_a_secret_holds_its_bytes() {
    let memory = Arc::new(Memory::default());
    memory.secret("key", ASCII_CANARY, &[]);
    let generation = load("secret_reveal").await;
    let config = r#"{"secret":"key"}"#;
    let without = call(config, rights("secret-reveal", &[], &[]));
    let ended = engine().run_check(&generation, without, &ports(&memory)).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    let with = call(config, rights("secret-reveal", &[], &[("reveal", "key")]));
    let ended = engine().run_check(&generation, with, &ports(&memory)).await;
    assert_eq!(report(&ended).summary, format!("{} bytes: ***", ASCII_CANARY.len()));
}

/// A plugin read a secret of 28 characters in three runs, without one packet leaving: its second placeholder was searched
/// for within what stood at the first.
#[tokio::test]
pub(crate) async fn a_guess_of_a_secret_changes_nothing_that_a_guest_can_see() {
    let url = format!("http://{}/", echo_server());
    let memory = Arc::new(Memory::default());
    memory.secret("key", "tr0ub4dor-and-3", &[&url]);
    memory.secret("big", &"x".repeat(60 << 10), &[&url]);
    let generation = load("placeholder_oracle").await;
    for header in ["", "x-two"] {
        let mut seen = Vec::new();
        for guess in ["r0ub", "zzzz", "tr0ub4dor-and-3", "zzzzzzzzzzzzzzz"] {
            let config = format!(
                r#"{{"url":"{url}","guess":"{guess}","header":"{header}","key":{{"secret":"key"}},"big":{{"secret":"big"}}}}"#
            );
            let call = call(&config, rights("placeholder-oracle", &[&url], &[]));
            let ended = engine().run_check(&generation, call, &ports(&memory)).await;
            seen.push(report(&ended).summary.to_string());
        }
        assert!(seen[0].starts_with("status 200"), "{seen:?}");
        assert!(seen.iter().all(|one| *one == seen[0]), "{header}: {seen:?}");
    }
}

#[tokio::test]
async fn no_placeholder_stands_for_a_secret_in_host() {
    let url = format!("http://{}/", echo_server());
    let memory = Arc::new(Memory::default());
    memory.secret("key", CANARY, &[&url]);
    let ended = echo(&memory, &url, r#","placement":"host""#).await;
    let said = format!("{ended:?}");
    assert!(said.contains("no secret may be in the header `host`") || said.contains("Denied"), "{said}");
}
