//! A secret that does not fit where a plugin places it. Which form it has is a bit of it: the plugin is told one sentence,
//! whatever is wrong with whichever secret, and the operator what to change.

use std::collections::BTreeSet;

use super::Lab;
use crate::http::{respond, server};

#[tokio::test]
pub(crate) async fn what_a_secret_is_like_is_told_to_the_operator_alone() {
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let url = format!("http://{address}/");
    let lines = &[&b"a\nb"[..], b"\x01", b"\r", b"a\x7f"][..];
    let no_text = &[&b"\xff\xfe"[..], b"\xc3"][..];
    let no_url = &[
        &b"no url"[..],
        b"https://user:pass@example.com/",
        b"https://example.com:99999/",
        b"https://[::1/",
        b"",
        b"\xff",
        // With what is added to it, it is one of another scheme.
        b"c4n4ry-7x.q9+zebra",
    ][..];
    let no_access_key = &[
        &b"c4n4ry"[..],
        b"\xff",
        b"aws_access_key_id = A",
        b"aws_access_key_id = A\naws_secret_access_key = a b",
        b"[a]\naws_access_key_id = A\naws_secret_access_key = a\n[b]\naws_access_key_id = B",
    ][..];
    let cases = [
        ("header", lines),
        ("header", no_text),
        ("bearer", lines),
        ("bearer", no_text),
        ("field", lines),
        ("field", no_text),
        ("path", no_text),
        ("query", no_text),
        ("url", no_url),
        ("base64", &[&b"no base64!"[..], b"a"]),
        ("hex", &[&b"no hex"[..], b"abc", b"\xff"]),
        ("sigv4", no_access_key),
        ("beside sigv4", &["schl\u{fc}ssel".as_bytes()]),
        ("certificate", &[&b"no certificate"[..], b"-----BEGIN CERTIFICATE-----\n", b"\xff"]),
    ];
    let mut said = BTreeSet::new();
    for (placement, secrets) in cases {
        let to = ["http://127.0.0.1:*", "https://example.com"];
        let lab = Lab::of("prober", &to, &[&url, "https://example.com/"], &[]);
        let access_key = "aws_access_key_id = A\naws_secret_access_key = b";
        lab.memory.secret("aws", access_key, &to);
        for secret in secrets {
            lab.memory.secret_bytes("key", secret, &to);
            let rest = r#""rest":"://127.0.0.1/","#;
            let config = format!(
                r#""do":"place",{rest}"beside":{{"secret":"aws"}},"placement":"{placement}","url":"{url}""#
            );
            said.insert(lab.read(&config).await);
        }
    }
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said.first().unwrap().contains("the operator of this host is told why"), "{said:?}");
}
