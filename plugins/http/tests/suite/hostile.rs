//! A site that means harm: what it says goes nowhere but into its place, and what is captured is shown nowhere.

use serde_json::{Value, json};
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

/// The value is captured from the first answer; the second step places it.
fn placed(value: &str, step: Value) -> Ran<Report, Fault> {
    let body = json!({ "it": value }).to_string();
    let mut step = step;
    if step.get("url").is_none() {
        step["url"] = json!("https://a.example/second");
    }
    let steps = json!([{ "url": "https://a.example/first", "capture": { "it": { "json": "/it" } } }, step]);
    Host::new()
        .secret("key", "s3cret")
        .served_by(move |sent: &Sent| match sent.url.ends_with("/first") {
            true => Answer::status(200).body(body.clone()),
            false => Answer::status(200),
        })
        .check(run, &json!({ "step": steps }).to_string())
}

#[test]
fn a_value_stays_in_its_place() {
    let evil = r#"x"}, {"admin": true, "y": "@evil.example/?a=b&c=d#<script>'"#;
    let ran = placed(evil, json!({ "url": "https://a.example/{{it}}" }));
    let url = &ran.sent[1].url;
    assert!(url.starts_with("https://a.example/x%22%7D%2C%20%7B%22admin%22"), "{url}");
    assert!(!url[18..].contains(['/', '?', '&', '#', '@', '"']), "{url}");

    let ran = placed(evil, json!({ "method": "POST", "body": "{\"a\": \"{{it}}\", \"b\": 1}" }));
    let sent: Value = serde_json::from_slice(&ran.sent[1].body).unwrap();
    assert_eq!(sent, json!({ "a": evil, "b": 1 }));

    let ran = placed(evil, json!({ "method": "POST", "form": { "a": "{{it}}", "b": "1" } }));
    let body = String::from_utf8(ran.sent[1].body.clone()).unwrap();
    assert_eq!(body.matches('&').count(), 1, "{body}");

    let ran = placed(
        evil,
        json!({ "method": "POST", "body": "a={{it}}", "headers": { "content-type": "application/x-www-form-urlencoded" } }),
    );
    assert!(!String::from_utf8_lossy(&ran.sent[1].body).contains('&'));

    let ran = placed(evil, json!({ "method": "POST", "body": "<a b='{{it}}'>{{it}}</a>" }));
    let body = String::from_utf8(ran.sent[1].body.clone()).unwrap();
    assert_eq!((body.matches('<').count(), body.matches('\'').count()), (2, 2), "{body}");
}

#[test]
fn a_value_outside_of_a_string_is_a_number_or_a_word() {
    let body = json!({ "method": "POST", "body": "{\"id\": {{it}}}" });
    for fine in ["17", "-1.5e3", "true", "null"] {
        assert_eq!(placed(fine, body.clone()).sent[1].body, format!("{{\"id\": {fine}}}").into_bytes());
    }
    for wrong in ["1, \"admin\": true", "\"a\"", "[1]", "{}", "x", "1}"] {
        let ran = placed(wrong, body.clone());
        let report = ran.report();
        assert_eq!((report.state, ran.sent.len()), (State::Critical, 1), "{wrong}");
        assert!(report.summary.ends_with("step 2 `step 2`: the captured `it` does not fit where it is used"));
    }
}

#[test]
fn no_line_end_and_nothing_endless_is_captured() {
    for (value, said) in [
        ("a\r\nx-admin: 1".to_owned(), "contains line ends or other control characters"),
        ("a\u{0}".to_owned(), "contains line ends or other control characters"),
        ("x".repeat(5_000), "is longer than 4 KiB"),
    ] {
        let ran = placed(&value, json!({ "headers": { "x-it": "{{it}}" } }));
        assert_eq!((ran.report().state, ran.sent.len()), (State::Critical, 1));
        assert!(
            ran.report().summary.ends_with(&format!("the captured `it` {said}")),
            "{}",
            ran.report().summary
        );
    }
}

#[test]
fn a_value_cannot_say_where_a_secret_goes() {
    let step = json!({ "method": "POST", "headers": { "x-it": "{{it}}" }, "body": "%PASSWORD%", "placeholders": { "%PASSWORD%": { "secret": "key" } } });
    let ran = placed("%PASSWORD%", step);
    assert_eq!((ran.report().state, ran.sent.len()), (State::Critical, 1));
    assert!(ran.report().summary.contains("a captured value contains a secret's placeholder"));
    let step = json!({ "method": "POST", "form": { "a": "{{it}}", "b": { "secret": "key" } } });
    let ran = placed("secret0here", step);
    assert_eq!(String::from_utf8_lossy(&ran.sent[1].body).matches("secret1here").count(), 1);
}

#[test]
fn what_is_captured_is_shown_nowhere() {
    let token = "tok/en \"42\"";
    let body = json!({ "it": token, "list": [token] }).to_string();
    let steps = json!([
        { "url": "https://a.example/first", "capture": { "it": { "json": "/it" } },
          "json": [{ "pointer": "/list/0", "matches": "tok" }] },
        { "url": "https://a.example/second?t={{it}}", "expect_url": "https://a.example/", "expect_header": [{ "name": "x-it", "absent": true }],
          "json": [{ "pointer": "/it", "equals": "other" }, { "pointer": "/list", "length_at_least": 5 }, { "pointer": "/list", "contains": "z" }] },
    ]);
    let answer = body.clone();
    let ran = Host::new()
        .served_by(move |_: &Sent| {
            Answer::status(200).header("x-it", &"tok/en \"42\"".repeat(60)).body(answer.clone())
        })
        .check(run, &json!({ "step": steps }).to_string());
    let report = format!("{:?}", ran.report());
    assert_eq!(ran.report().state, State::Critical);
    assert!(report.contains("***"), "{report}");
    for part in ["tok/en", "tok%2Fen", "42\\\""] {
        assert!(!report.contains(part), "`{part}` is in {report}");
    }
    assert!(!ran.log_text().contains("tok/en"));
}

/// Which cookies come back to `to` after `from` has set them.
fn sent_back(from: &str, set: &[&str], to: &str) -> Option<String> {
    let set: Vec<String> = set.iter().map(|cookie| (*cookie).to_owned()).collect();
    let first = from.to_owned();
    let steps = json!([{ "url": from }, { "name": "b", "url": to }]);
    let ran = Host::new()
        .served_by(move |sent: &Sent| match sent.url == first {
            true => {
                set.iter().fold(Answer::status(200), |answer, cookie| answer.header("set-cookie", cookie))
            }
            false => Answer::status(200),
        })
        .check(run, &json!({ "step": steps }).to_string());
    ran.sent[1].headers.iter().find(|header| header.name == "cookie").map(|header| header.value.clone())
}

#[test]
fn cookies_go_back_to_where_they_came_from() {
    let at = "https://www.example.com/shop/cart";
    for (set, to, sent) in [
        (&["a=1"][..], "https://www.example.com/shop/pay", Some("a=1")),
        (&["a=1"], "https://www.example.com/", None),
        (&["a=1"], "https://www.example.com/shopping", None),
        (&["a=1; Path=/"], "https://www.example.com:8443/", Some("a=1")),
        (&["a=1; Path=/"], "https://example.com/", None),
        (&["a=1; Path=/"], "https://api.example.com/", None),
        (&["a=1; Path=/; Domain=.Example.com"], "https://api.example.com/", Some("a=1")),
        (&["a=1; Path=/; Domain=evil.example"], "https://evil.example/", None),
        (&["a=1; Path=/; Domain=com"], "https://evil.com/", None),
        (&["a=1; Path=/; Secure"], "http://www.example.com/", None),
        (&["a=1; Path=/"], "http://www.example.com/", Some("a=1")),
        (&["a=1; Path=/; Max-Age=0"], "https://www.example.com/", None),
        (&["a=1; Path=/; Max-Age=-5"], "https://www.example.com/", None),
        (
            &["a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
            "https://www.example.com/",
            Some("a=1"),
        ),
        (
            &["a=1; Path=/", "a=; Path=/; Expires=Thu, 01-Jan-1970 00:00:00 GMT"],
            "https://www.example.com/",
            None,
        ),
        (&["a=1; Path=/", "a=2; Path=/"], "https://www.example.com/", Some("a=2")),
        (
            &["a=1; Path=/", "b=2; Path=/shop", "c=3; Path=/"],
            "https://www.example.com/shop/",
            Some("b=2; a=1; c=3"),
        ),
        (&["a=b=c; Path=/"], "https://www.example.com/", Some("a=b=c")),
        (&["a=x\u{1}y; Path=/"], "https://www.example.com/", None),
        (&["; Path=/", "=; Path=/"], "https://www.example.com/", None),
    ] {
        assert_eq!(sent_back(at, set, to).as_deref(), sent, "{set:?} to {to}");
    }
    assert_eq!(sent_back("http://127.0.0.1/", &["a=1; Domain=0.0.1"], "http://10.0.0.1/"), None);
    let large = format!("a={}; Path=/", "x".repeat(5_000));
    assert_eq!(sent_back(at, &[&large], "https://www.example.com/"), None);
    let many: Vec<String> =
        (0..1_000).map(|number| format!("c{number}={}; Path=/", "x".repeat(1_000))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(sent_back(at, &many, "https://www.example.com/").unwrap().len() <= 16 << 10);
}

#[test]
fn a_redirect_to_another_origin_takes_nothing_along() {
    let steps = json!([{
        "url": "https://a.example/", "method": "POST", "bearer": { "secret": "key" }, "form": { "user": "eve" },
        "headers": { "Cookie": "own=1", "x-team": "web" }, "server_name": "b.example",
    }]);
    let ran = Host::new()
        .secret("key", "s3cret")
        .served_by(|sent: &Sent| match &*sent.url {
            "https://a.example/" => Answer::status(307)
                .header("location", "https://evil.example/take")
                .header("set-cookie", "a=1"),
            _ => Answer::status(200),
        })
        .check(run, &json!({ "step": steps }).to_string());
    let (home, away) = (&ran.sent[0], &ran.sent[1]);
    let names = |sent: &Sent| sent.headers.iter().map(|header| header.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(home), ["Cookie", "x-team", "host", "content-type"]);
    assert_eq!(names(away), ["x-team", "content-type"]);
    assert_eq!((home.credentials.len(), away.credentials.len()), (1, 0));
    assert!(home.tls.is_some() && away.tls.is_none());
    assert_eq!(away.method, "POST");
}

#[test]
fn a_redirect_cannot_say_where_a_secret_goes() {
    let steps = json!([{
        "url": "https://a.example/login", "method": "POST", "form": { "password": { "secret": "key" } },
    }]);
    let carried = |location: &'static str| {
        let ran = Host::new()
            .secret("key", "s3cret")
            .served_by(move |sent: &Sent| match sent.url.ends_with("/login") {
                true => Answer::status(307).header("location", location),
                false => Answer::status(200),
            })
            .check(run, &json!({ "step": steps }).to_string());
        ran.sent[1].credentials.len()
    };
    assert_eq!(carried("/again"), 1, "the same form goes there, as browsers send it");
    assert_eq!(carried("/seen-by-all?secret0here"), 0);
}

#[test]
fn a_redirect_of_a_step_to_what_was_not_granted_is_critical_and_names_the_line_to_add() {
    let steps = json!([{ "url": "https://a.example/" }, { "url": "https://a.example/next" }]);
    let ran = Host::new()
        .served_by(|sent: &Sent| match &*sent.url {
            "https://a.example/" => Answer::status(302).header("location", "https://evil.example/take?all"),
            _ => Answer::denied(
                "denied: http to https://evil.example; hint: add `http = [\"https://evil.example\"]`",
            ),
        })
        .check(run, &json!({ "step": steps }).to_string());
    assert_eq!(ran.report().state, State::Critical);
    assert!(
        ran.report().summary.contains(
            "status 302 in 10 ms; it redirects to `https://evil.example/take`, which is denied: http to \
             https://evil.example; hint: add `http = [\"https://evil.example\"]`"
        ),
        "{}",
        ran.report().summary
    );
    // The URL of the step itself is the operator's own.
    let ran = Host::new()
        .served_by(|_: &Sent| Answer::denied("denied: http to https://a.example"))
        .check(run, &json!({ "step": [{ "url": "https://a.example/" }] }).to_string());
    assert!(matches!(ran.error(), Fault::Denied(_)), "{:?}", ran.error());
}
