//! What is sent, and over which way.

use serde_json::{Value, json};
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::Placement;
use watchkeep_sdk::testing::{Answer, Host};
use watchkeep_sdk::{Fault, Report, State};

use crate::checks::{GET, config, problems};

const POST: &str = "POST https://shop.example.com/";

fn posted(more: Value) -> watchkeep_sdk::testing::Ran<Report, Fault> {
    let mut all = json!({ "method": "POST" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Host::new()
        .secret("key", "s3cret")
        .file("payloads", "order.json", r#"{"a": 1}"#)
        .file("payloads", "page", "x")
        .file("payloads", "large", vec![b'x'; (1 << 20) + 1])
        .always(POST, Answer::status(200))
        .check(run, &config(all))
}

fn headers(ran: &watchkeep_sdk::testing::Ran<Report, Fault>) -> Vec<(&str, &str)> {
    ran.sent[0].headers.iter().map(|header| (&*header.name, &*header.value)).collect()
}

#[test]
fn a_file_is_sent_with_its_type() {
    let file = |path: &str| json!({ "body_file": { "root": "payloads", "path": path } });
    let ran = posted(file("order.json"));
    assert_eq!(ran.sent[0].body, br#"{"a": 1}"#);
    assert_eq!(headers(&ran), [("content-type", "application/json")]);
    assert_eq!(headers(&posted(file("page"))), [("content-type", "application/octet-stream")]);
    let mut own = file("order.json");
    own["headers"] = json!({ "Content-Type": "application/ld+json" });
    assert_eq!(headers(&posted(own)), [("Content-Type", "application/ld+json")]);
    // The file is the operator's: it says nothing of the target.
    for (path, said) in [
        ("gone", "no file `gone` in `payloads`"),
        ("large", "`large` in `payloads` is larger than 1 MiB, which is the most that is sent"),
    ] {
        let ran = posted(file(path));
        assert_eq!(ran.error(), &Fault::Config(said.to_owned()));
        assert!(ran.sent.is_empty());
    }
}

#[test]
fn a_form_takes_texts_and_secrets() {
    let ran = posted(json!({ "form": { "user": "a&b=c d\u{fc}", "password": { "secret": "key" } } }));
    assert_eq!(headers(&ran), [("content-type", "application/x-www-form-urlencoded")]);
    let body = String::from_utf8(ran.sent[0].body.clone()).unwrap();
    let [credential] = &*ran.sent[0].credentials else { panic!("{:?}", ran.sent[0].credentials) };
    let Placement::Placeholder(holder) = &credential.placement else { panic!("{credential:?}") };
    let mut fields: Vec<_> = body.split('&').collect();
    fields.sort_unstable();
    assert_eq!(fields, [format!("password={holder}"), "user=a%26b%3Dc%20d%C3%BC".to_owned()]);
    assert_eq!(credential.secret, "key");
    // A text of the operator's is never where a secret goes.
    let ran = posted(json!({ "form": { "user": "secret0here", "password": { "secret": "key" } } }));
    assert_eq!(String::from_utf8_lossy(&ran.sent[0].body).matches("secret0here").count(), 1);
}

#[test]
fn a_secret_stands_where_its_placeholder_does() {
    let ran = posted(
        json!({ "body": r#"{"password": "%PASSWORD%"}"#, "placeholders": { "%PASSWORD%": { "secret": "key" } } }),
    );
    assert!(
        matches!(&ran.sent[0].credentials[0].placement, Placement::Placeholder(holder) if holder == "%PASSWORD%")
    );
    // Outside of a journey braces are braces.
    let ran = posted(json!({ "body": "{{name}}" }));
    assert_eq!(ran.sent[0].body, b"{{name}}");
}

#[test]
fn name_server_digest_and_version_go_with_the_request() {
    let more = json!({
        "resolver": "192.0.2.53", "http2": true, "digest": { "user": "eve", "password": { "secret": "key" } },
    });
    let ran = posted(more);
    let extras = &ran.extras[0];
    let resolver = extras.resolver.as_ref().unwrap();
    assert_eq!((&*resolver.ip, resolver.port, extras.http2), ("192.0.2.53", 53, true));
    let digest = extras.digest.as_ref().unwrap();
    assert_eq!((&*digest.user, &*digest.password), ("eve", "key"));
    for (text, ip, port) in [
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
        ("192.0.2.53:54", "192.0.2.53", 54),
    ] {
        let ran = posted(json!({ "resolver": text }));
        let resolver = ran.extras[0].resolver.clone().unwrap();
        assert_eq!((&*resolver.ip, resolver.port), (ip, port));
    }
    let ran = Host::new().answer(GET, Answer::status(200)).check(run, &config(json!({})));
    assert!(ran.extras[0].resolver.is_none() && !ran.extras[0].http2 && ran.extras[0].digest.is_none());
    assert_eq!(ran.report().state, State::Ok);
}

#[test]
fn what_does_not_go_together_is_refused_with_the_fix() {
    for (more, said) in [
        (json!({ "body": "x", "form": { "a": "b" } }), "`form` and `body` are each the whole body"),
        (
            json!({ "body": "x", "body_file": { "root": "a", "path": "b" } }),
            "`body_file` and `body` are each the whole body",
        ),
        (json!({ "form": { "a": "b" }, "headers": { "content-type": "x" } }), "says its content type itself"),
        (json!({ "form": { "a": 1 } }), "must be `{ secret = \"NAME\" }`"),
        (json!({ "placeholders": { "PW": { "secret": "key" } } }), "is not a placeholder"),
        (
            json!({ "digest": { "user": "a", "password": { "secret": "b" } }, "bearer": { "secret": "c" } }),
            "`digest` and `bearer` are the same header",
        ),
        (
            json!({ "digest": { "user": "a", "password": { "secret": "b" } }, "headers": { "authorization": "c" } }),
            "and a header `authorization` are the same header",
        ),
        (json!({ "form": { "a": { "secret": "b" } }, "ignore_certificate": true }), "no secret travels"),
        (json!({ "resolver": "dns.example.com" }), "is not a name server address"),
        (json!({ "resolver": "192.0.2" }), "is not a name server address"),
        (json!({ "resolver": "192.0.2.53:99999" }), "is not a name server address"),
        (json!({ "http2": true, "expect_http_version": "1.1" }), "`http2` speaks version 2"),
        (json!({ "ip_family": "both", "url": "https://192.0.2.1/" }), "is an IPv4 address"),
        (json!({ "attempts": 0 }), "must be at least 1"),
        (json!({ "name": "x" }), "is of a step"),
    ] {
        let whole: Value = serde_json::from_str(&config(more)).unwrap();
        let problems = problems(&whole).join("\n");
        assert!(problems.contains(said), "`{said}` is not in {problems}");
    }
    let nothing = problems(&json!({})).join("\n");
    assert!(nothing.contains("`url` is missing"), "{nothing}");
}
