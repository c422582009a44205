//! What a site answers in a journey: three lines, a cookie, a redirect and a value that is captured.

use watchkeep_plugin_http::run;
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host};

const STEPS: &str = r#"{"step": [
    {"url": "https://a.example/shop/first", "capture": {"it": {"header": "x-it"}}, "expect_status": "200-399"},
    {"name": "other", "url": "https://b.example/{{it}}?q={{it}}", "method": "POST", "headers": {"x-it": "{{it}}"},
     "body": "{\"a\": \"{{it}}\"}"},
    {"name": "same", "url": "https://a.example/shop/{{it}}", "method": "PUT", "form": {"it": "{{it}}", "b": "c"}}
]}"#;

/// A value stays where it was placed, and a cookie goes to whom it belongs.
pub fn journey(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n').map(str::to_owned);
    let [cookie, location, value] = [(); 3].map(|()| lines.next().unwrap_or_default());
    let ran = Host::new()
        .served_by(move |sent: &Sent| {
            let status =
                if location.is_empty() || sent.url != "https://a.example/shop/first" { 200 } else { 302 };
            let answer = Answer::status(status).header("set-cookie", &cookie).header("x-it", &value);
            if status == 302 { answer.header("location", &location) } else { answer }
        })
        .check(run, STEPS);
    for sent in &ran.sent {
        let Sent { method, url, headers, body, .. } = sent;
        assert!(!url.contains(char::is_control), "{url}");
        for header in headers {
            assert!(!header.value.contains(|c: char| c.is_control() && c != '\t'), "{header:?}");
            let is_foreign = url.starts_with("https://b.example/") && !text.contains("b.example");
            assert!(header.name != "cookie" || !is_foreign, "{url} {header:?}");
        }
        match &**method {
            "POST" => {
                assert!(url.starts_with("https://b.example/"), "{url}");
                let (path, query) =
                    url["https://b.example/".len()..].split_once("?q=").expect("its query is there");
                assert!(path == query && !path.contains(['/', '?', '#', '&', '=']), "{url}");
                let body: serde_json::Value = serde_json::from_slice(body).expect("it stays JSON");
                assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
            }
            "PUT" => {
                assert!(url.starts_with("https://a.example/shop/"), "{url}");
                assert_eq!(body.iter().filter(|byte| **byte == b'&').count(), 1);
            }
            _ => {}
        }
    }
}
