//! Requests that are signed: what arrives is what openssl and AWS's scheme say, and none of it comes back.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::Ended;

use crate::http::{respond, server};
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

/// Sends every head back, and tells it here too: there nothing is masked.
fn echo_server() -> (SocketAddr, Receiver<String>) {
    let (told, heads) = channel();
    let told = Mutex::new(told);
    let address = server(move |head, stream| {
        let _ = told.lock().unwrap().send(head.to_owned());
        respond(stream, "200 OK", head.as_bytes());
    });
    (address, heads)
}

async fn signed(memory: &Arc<Memory>, url: &str, config: &str) -> Ended<Outcome> {
    let generation = load("secret_echo").await;
    let config = format!(
        r#"{{"url":"{url}","secret":"key","attached":[{{"secret":"key"}},{{"secret":"other"}}]{config}}}"#
    );
    let call = call(&config, rights("secret-echo", &[url], &[("http", "http://127.0.0.1:*")]));
    engine().run_check(&generation, call, &ports(memory)).await
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// What openssl makes of it, in hexadecimal.
fn openssl(digest: &str, key_hex: &str, message: &[u8]) -> String {
    let mut process = Command::new("openssl")
        .args(["dgst", &format!("-{digest}"), "-mac", "HMAC", "-macopt", &format!("hexkey:{key_hex}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl can be started; hint: `make setup` installs it");
    process.stdin.take().unwrap().write_all(message).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().rsplit(' ').next().unwrap().to_owned()
}

/// In base64, by openssl as well.
fn openssl_base64(hex: &str) -> String {
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let mut process = Command::new("openssl")
        .args(["base64", "-A"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(&bytes).unwrap();
    String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap()
}

const KEY_HEX: &str = "00ff10c4a4e7d1b25588";

#[tokio::test]
async fn a_text_is_signed_as_openssl_signs_it() {
    let (address, heads) = echo_server();
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("other", "api-k3y", &[&url]);
    let message = b"GET;/;api-k3y;1790000000";
    for (key, key_hex, key_encoding) in [
        (KEY_HEX.to_owned(), KEY_HEX.to_owned(), "hex"),
        (openssl_base64(KEY_HEX), KEY_HEX.to_owned(), "base64"),
        (openssl_base64(KEY_HEX).trim_end_matches('=').to_owned(), KEY_HEX.to_owned(), "base64"),
        ("a raw key".to_owned(), "6120726177206b6579".to_owned(), "raw"),
    ] {
        memory.secret("key", &key, &[&url]);
        for digest in ["sha1", "sha256", "sha512"] {
            let expected = openssl(digest, &key_hex, message);
            for output in ["hex", "base64"] {
                let config = format!(
                    r#","placement":"hmac","digest":"{digest}","key_encoding":"{key_encoding}","output":"{output}""#
                );
                let ended = signed(&memory, &url, &config).await;
                let expected = if output == "hex" { expected.clone() } else { openssl_base64(&expected) };
                let arrived = heads.recv().unwrap();
                assert_eq!(header(&arrived, "x-signature"), format!("v1={expected}"), "{config}");
                assert!(report(&ended).summary.contains("X-Signature: v1=***"), "{ended:?}");
                let said = format!("{ended:?}");
                assert!(!said.contains(&expected) && !said.contains("api-k3y"), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_text_is_signed_only_if_its_secrets_may_go_there_and_its_key_is_one() {
    let (address, _heads) = echo_server();
    let url = format!("http://{address}/");
    let hmac = r#","placement":"hmac","output":"hex","key_encoding":"hex""#;
    let memory = Arc::new(Memory::default());
    memory.secret("key", "beef", &[&url]);
    memory.secret("other", "api-k3y", &["https://elsewhere.example.com"]);
    let ended = signed(&memory, &url, hmac).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");
    assert!(failure(&ended).message.contains("secret `other` to http://127.0.0.1"), "{ended:?}");

    memory.secret("other", "api-k3y", &[&url]);
    memory.secret("key", "no hex at all", &[&url]);
    let ended = signed(&memory, &url, hmac).await;
    assert_eq!(failure(&ended).reason, FailureReason::Config, "{ended:?}");
    assert!(failure(&ended).message.contains("secret `key` is not hexadecimal"), "{ended:?}");
    assert!(
        failure(&ended).hint.as_deref().is_some_and(|hint| hint.starts_with("write the key")),
        "{ended:?}"
    );
    assert!(!format!("{ended:?}").contains("no hex at all"), "{ended:?}");
    memory.secret("key", "beef", &[&url]);
    let ended = signed(&memory, &url, r#","placement":"hmac","output":"raw","key_encoding":"hex""#).await;
    assert!(report(&ended).summary.contains("hint: let the output be `base64` or `hex`"), "{ended:?}");
}

const ACCESS_KEY: &str = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG\naws_session_token = s3ss10n-t0ken\n";

#[tokio::test]
async fn a_request_is_signed_for_aws_with_the_secrets_that_stand_in_it() {
    let (address, heads) = echo_server();
    let url = format!("http://{address}/a");
    let memory = Arc::new(Memory::default());
    let origin = format!("http://{address}");
    memory.secret("key", ACCESS_KEY, &[&origin]);
    memory.secret("other", "api-k3y", &[&origin]);
    let config = r#","placement":"sigv4","region":"eu-west-1","service":"execute-api","more":"query""#;
    let ended = signed(&memory, &url, config).await;
    let arrived = heads.recv().unwrap();
    assert!(arrived.starts_with("GET /a?more=api-k3y "), "{arrived}");
    // The clock of the tests shows this moment.
    assert_eq!(header(&arrived, "x-amz-date"), "20260921T141320Z");
    let begins = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260921/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=";
    let authorization = header(&arrived, "authorization");
    let signature = authorization.strip_prefix(begins).expect(authorization);
    assert_eq!(signature, signature_by_openssl(&address, "/a", "more=api-k3y"));
    let said = format!("{ended:?}");
    assert!(report(&ended).summary.contains("Signature=***"), "{said}");
    for secret in ["AKIDEXAMPLE", "wJalr", "s3ss10n", "api-k3y", signature] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

/// By the scheme's own words (canonical request, text to sign, chain of keys), with nothing but openssl.
fn signature_by_openssl(host: &SocketAddr, path: &str, query: &str) -> String {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let canonical = format!(
        "GET\n{path}\n{query}\nhost:{host}\nx-amz-date:20260921T141320Z\nx-amz-security-token:s3ss10n-t0ken\n\nhost;x-amz-date;x-amz-security-token\n{empty}"
    );
    let digest = watchkeep_core::ids::Digest::of(canonical.as_bytes()).to_string();
    let scope = "20260921/eu-west-1/execute-api/aws4_request";
    let to_sign = format!("AWS4-HMAC-SHA256\n20260921T141320Z\n{scope}\n{digest}");
    let mut key: String = b"AWS4wJalrXUtnFEMI/K7MDENG".iter().map(|byte| format!("{byte:02x}")).collect();
    for part in scope.split('/') {
        key = openssl("sha256", &key, part.as_bytes());
    }
    openssl("sha256", &key, to_sign.as_bytes())
}

#[tokio::test]
async fn a_secret_that_is_no_access_key_is_a_sentence_without_it() {
    let (address, _heads) = echo_server();
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry", &[&url]);
    let ended = signed(&memory, &url, r#","placement":"sigv4","region":"r","service":"s""#).await;
    assert_eq!(failure(&ended).reason, FailureReason::Config, "{ended:?}");
    assert!(failure(&ended).message.contains("secret `key` is not an AWS access key"), "{ended:?}");
    let hint = failure(&ended).hint.as_deref().unwrap();
    assert!(hint.starts_with("write it as in AWS's credentials file"), "{hint}");
    assert!(!format!("{ended:?}").contains("c4n4ry"), "{ended:?}");
}

#[tokio::test]
async fn a_redirect_is_signed_anew_and_not_at_all_elsewhere() {
    let (other, heads_elsewhere) = echo_server();
    let (told, heads) = channel();
    let told = Mutex::new(told);
    let first = server(move |head, stream| {
        let _ = told.lock().unwrap().send(head.to_owned());
        match head.split(' ').nth(1) {
            Some("/here") => respond(stream, "307 X\r\nlocation: /there", b""),
            _ => respond(stream, &format!("307 X\r\nlocation: http://{other}/"), b""),
        }
    });
    let url = format!("http://{first}/here");
    let memory = Arc::new(Memory::default());
    memory.secret("key", ACCESS_KEY, &["http://127.0.0.1:*"]);
    let ended = signed(&memory, &url, r#","placement":"sigv4","region":"r","service":"s""#).await;
    let authorizations: Vec<_> =
        heads.try_iter().map(|head| header(&head, "authorization").to_owned()).collect();
    let [here, there] = &authorizations[..] else { panic!("{authorizations:?}") };
    assert!(here != there && there.contains("Signature="), "{authorizations:?}");
    let elsewhere = heads_elsewhere.recv().unwrap();
    assert!(!elsewhere.contains("Authorization") && !elsewhere.contains("X-Amz"), "{elsewhere} {ended:?}");
}

#[tokio::test]
async fn a_secret_neither_frames_a_message_nor_names_another_host() {
    let (address, heads) = echo_server();
    let url = format!("http://{address}/");
    let memory = Arc::new(Memory::default());
    memory.secret("key", "internal.example.com", &[&url]);
    memory.secret("other", "api-k3y", &[&url]);
    for (header, says) in [
        ("Host", "no secret may be in the header `host`"),
        ("transfer-encoding", "the header `transfer-encoding` is the host's own business"),
        ("Content-Length", "the header `content-length` is the host's own business"),
    ] {
        for placement in ["into", "hmac"] {
            let config = format!(r#","placement":"{placement}","header":"{header}","output":"hex""#);
            let ended = signed(&memory, &url, &config).await;
            assert!(report(&ended).summary.contains(says), "{placement} {header}: {ended:?}");
        }
    }
    assert!(heads.try_recv().is_err(), "something was sent");
}
