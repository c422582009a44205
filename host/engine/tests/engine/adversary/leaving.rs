//! What leaves: to where a secret is not bound, and into what people read and the database keeps.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use watchkeep_core::grant::{Argument, Ceiling, Command, ParameterPattern, Rights};
use watchkeep_core::ids::CommandName;

use super::{CALLS, CANARY, Lab, holds_nothing, key_of, turned_back};
use crate::http::{respond, server};
use crate::rivals::Logged;
use crate::support::failure;

/// The bound server echoes a key into `Location`, and the next origin is granted and not bound.
#[tokio::test]
async fn a_redirect_carries_no_secret_to_where_it_is_not_bound() {
    let got = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&got);
    let other = server(move |head, stream| {
        heard.lock().unwrap().push(head.to_owned());
        respond(stream, "200 OK", b"");
    });
    for (secret, status, form) in [
        (CANARY, 302, "plain"),
        (CANARY, 307, "escaped"),
        (CANARY, 308, "path"),
        (CANARY, 303, "upper"),
        (CANARY, 302, "sixty-four"),
        ("admin", 302, "plain"),
        ("0000", 301, "path"),
    ] {
        let first = server(move |head, stream| {
            let key = key_of(head);
            let every: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let to = match form {
                "plain" => format!("?k={key}"),
                "escaped" => format!("?k={every}"),
                "path" => format!("{key}/x"),
                "upper" => key.to_ascii_uppercase(),
                _ => format!("?k={}", STANDARD.encode(format!("a:{key}"))),
            };
            respond(stream, &format!("{status} X\r\nlocation: http://{other}/{to}"), b"");
        });
        let (first, second) = (format!("http://{first}/"), format!("http://{other}/"));
        let lab = Lab::new(&[&first], &[&first, &second], &[]);
        lab.memory.secret("key", secret, &[&first]);
        for call in CALLS {
            let ended = lab.run(&format!(r#""do":"echo","call":"{call}","url":"{first}""#)).await;
            let said = format!("{ended:?}");
            assert_eq!(ended.denied, 1, "{form}: {said}");
            assert_eq!(*got.lock().unwrap(), Vec::<String>::new(), "{form}: {said}");
            assert!(!said.contains(CANARY), "{said}");
            holds_nothing(&turned_back(&ended), form);
        }
    }
}

#[tokio::test]
async fn an_honest_redirect_is_followed() {
    let other = server(|_, stream| respond(stream, "200 OK", b"here"));
    let first = server(move |_, stream| {
        respond(stream, &format!("302 X\r\nlocation: http://{other}/administration?id=10000"), b"");
    });
    let (first, second) = (format!("http://{first}/"), format!("http://{other}/"));
    for secret in [CANARY, "admin", "0000"] {
        let lab = Lab::new(&[&first], &[&first, &second], &[]);
        lab.memory.secret("key", secret, &[&first]);
        for call in CALLS {
            let seen = lab.read(&format!(r#""do":"echo","call":"{call}","url":"{first}""#)).await;
            assert!(seen.ends_with("here"), "{secret}: {seen}");
        }
    }
}

#[tokio::test]
async fn nothing_carries_a_secret_out_to_where_it_is_not_bound() {
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let port = address.port();
    let tool = Command {
        program: "/bin/echo".into(),
        arguments: vec![Argument::parse("{what}").unwrap()],
        parameters: [("what".to_owned(), ParameterPattern::parse(".*").unwrap())].into(),
        environment: std::collections::BTreeMap::new(),
        folder: "/".into(),
        timeout: None,
        output_bytes_max: 64 << 10,
    };
    let allow = [
        ("http", "http://127.0.0.1:*"),
        ("http", "http://*.localhost:*"),
        ("net", "tcp://127.0.0.1:*"),
        ("net", "udp://127.0.0.1:*"),
        ("dns", "*.example"),
        ("dns", "server:127.0.0.1"),
        ("icmp", "*.localhost"),
        ("commands", "tool"),
    ];
    let mut lab = Lab::new(&["https://api.example.com"], &[], &[]);
    // It would be plain that a host name is one.
    let secret = "c4n4ry7xq9zebra";
    lab.memory.secret("key", secret, &["https://api.example.com"]);
    let mut allowed = watchkeep_core::grant::Allow::default();
    for (capability, entry) in allow {
        // Not every way has such a grant in this test: what is denied for want of one is denied.
        let _ = allowed.parse_entry(capability, entry);
    }
    let mut rights = Rights::clone(&lab.rights);
    rights.allow = allowed.into();
    rights.ceiling = Arc::new(Ceiling {
        commands: [(CommandName::from("tool"), Arc::new(tool))].into(),
        ..Ceiling::default()
    });
    lab.rights = Arc::new(rights);
    let sent =
        |text: &'static str| format!(r#""do":"carry","host":"127.0.0.1","port":"{port}","text":"{text}""#);
    let seen = lab.read(&sent("c4n4ry7xq9zebra")).await;
    for line in seen.lines() {
        assert!(line.ends_with("FailureKind::Denied"), "{seen}");
    }
    assert_eq!(seen.lines().count(), 12, "{seen}");
    // Other words go by the same ways.
    let seen = lab.read(&sent("quitesomethingelse7")).await;
    for way in ["path", "escaped", "query", "header", "cookie", "body"] {
        assert!(seen.contains(&format!("{way} status 200")), "{seen}");
    }
    for way in ["datagram sent", "stream sent", "command ran"] {
        assert!(seen.contains(way), "{seen}");
    }
}

#[tokio::test]
async fn a_secret_that_may_be_revealed_leaves_by_nothing() {
    let lab = Lab::new(&[], &[], &[("reveal", "key")]);
    for secret in [CANARY, "c4n4ry of 7 words/"] {
        lab.memory.secret("key", secret, &[]);
        for broken in ["", "metric", "label", "twice", "panic"] {
            let logged = Logged::default();
            let ended = {
                let _held = tracing::subscriber::set_default(logged.subscriber());
                lab.run(&format!(r#""do":"spread","break":"{broken}""#)).await
            };
            let said = format!("{ended:?}");
            let bytes: Vec<&[u8]> = ended
                .attachments
                .iter()
                .map(Vec::as_slice)
                .chain(ended.kv.iter().flat_map(|write| write.value.as_deref()))
                .collect();
            for text in [said.as_bytes(), logged.text().as_bytes()].into_iter().chain(bytes) {
                let found = memchr::memmem::find(text, secret.as_bytes()).is_some();
                assert!(!found, "{broken}: {}", String::from_utf8_lossy(text));
            }
            let is_named = |message: &str| message.contains("***") || message.contains("___");
            assert!(broken.is_empty() || is_named(&failure(&ended).message), "{said}");
        }
    }
}
