//! Whatever is imported: there is no panic, and the result is TOML.

use proptest::prelude::*;

use super::samples::{BLACKBOX, GATUS, KUMA, PROMETHEUS, STATUSCAKE};
use super::{gatus, kuma, told, toml};
use crate::{Import, ImportError, blackbox, statuscake};

fn all(text: &str) -> [Result<Import, ImportError>; 5] {
    [gatus(text), blackbox(text, None), blackbox(BLACKBOX, Some(text)), kuma(text), statuscake(text)]
}

fn holds(text: &str) {
    for result in all(text) {
        match result {
            Ok(import) => {
                toml(&import);
                let told = told(&import);
                assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told}");
            }
            Err(error) => assert!(error.to_string().contains("hint:"), "{error}"),
        }
    }
}

/// Texts that have a meaning somewhere.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z${}\"'\\\\\n\u{1b}\u{202e}#\\[\\]=.:/@%?&*-]{0,20}",
        Just("https://u:p@[::1]:1/%zz?token=x${A}".to_owned()),
        Just("${A}$$${B".to_owned()),
        Just("[BODY].a == pat(*\u{0}*)".to_owned()),
        Just("len([BODY]) > 99999999999999999999".to_owned()),
        Just("99999999999999999999h".to_owned()),
        Just("-1".to_owned()),
        Just("1e308".to_owned()),
    ]
}

/// A sample in which a line or a word was changed.
fn altered() -> impl Strategy<Value = String> {
    let sample = prop::sample::select(vec![GATUS, BLACKBOX, PROMETHEUS, KUMA, STATUSCAKE]);
    (sample, any::<prop::sample::Index>(), 0_usize..40, word()).prop_map(|(sample, at, length, word)| {
        let ends: Vec<usize> = sample.char_indices().map(|(at, _)| at).collect();
        let start = at.index(ends.len());
        let end = ends.get(start + length).copied().unwrap_or(sample.len());
        format!("{}{word}{}", &sample[..ends[start]], &sample[end..])
    })
}

/// A sample in which a value was replaced by a quoted text, so that it still parses.
fn filled() -> impl Strategy<Value = String> {
    (prop::collection::vec(word(), 14), prop::sample::select(vec!["http", "keyword", "port", "push", "dns", "redis", "mqtt", "ping", "smtp", "grpc-keyword"]))
        .prop_map(|(words, kind)| {
            let keys = ["name", "url", "hostname", "port", "headers", "body", "keyword", "interval", "pushToken", "method", "basic_auth_pass", "databaseConnectionString", "dns_resolve_server", "mqttTopic"];
            let mut monitor: serde_json::Map<String, serde_json::Value> =
                keys.iter().zip(words).map(|(key, word)| ((*key).to_owned(), word.into())).collect();
            monitor.insert("type".to_owned(), kind.into());
            monitor.insert("basic_auth_user".to_owned(), "ada".into());
            let endpoint = serde_json::json!({ "endpoints": [{
                "name": monitor["name"], "url": monitor["url"], "method": monitor["method"], "body": monitor["body"],
                "headers": { "authorization": monitor["keyword"], "x": monitor["headers"] }, "interval": monitor["interval"],
                "conditions": [monitor["hostname"], monitor["port"]],
            }], "monitorList": [monitor] });
            endpoint.to_string()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_promise(text in word()) {
        holds(&text);
    }

    #[test]
    fn no_change_of_a_config_breaks_a_promise(text in altered()) {
        holds(&text);
    }

    #[test]
    fn no_value_in_a_config_breaks_a_promise(text in filled()) {
        holds(&text);
    }

    #[test]
    fn a_secret_shows_nowhere_whatever_it_is(value in "[ -~]{8,40}") {
        let secret = format!("QZ{value}ZQ");
        let json = serde_json::json!({ "monitorList": [
            { "name": "a", "type": "http", "url": "https://a.example/", "basic_auth_user": "ada", "basic_auth_pass": secret },
            { "name": "b", "type": "http", "url": "https://b.example/",
              "headers": serde_json::json!({ "X-Api-Key": secret, "Authorization": format!("Bearer {secret}") }).to_string() },
            { "name": "c", "type": "mqtt", "hostname": "c.example", "mqttUsername": "ada", "mqttPassword": secret },
        ]});
        let import = kuma(&json.to_string()).unwrap();
        let shown = format!("{}{}{import:?}", crate::render(&import, "x"), told(&import));
        prop_assert!(!shown.contains("ZQ") && !shown.contains("QZ"), "{shown}");
    }
}

#[test]
fn a_large_body_for_many_targets_ends_in_a_sentence() {
    let body = "x".repeat(1 << 20);
    let modules = format!("modules: {{m: {{prober: http, http: {{method: POST, body: {body}}}}}}}");
    let targets: Vec<String> = (0..1_000).map(|number| format!("a{number}.example")).collect();
    let prometheus = format!(
        "scrape_configs: [{{job_name: j, metrics_path: /probe, params: {{module: [m]}}, static_configs: [{{targets: [{}]}}], \
         relabel_configs: [{{source_labels: [__address__], target_label: __param_target}}]}}]",
        targets.join(",")
    );
    let said = blackbox(&modules, Some(&prometheus)).unwrap_err().to_string();
    assert!(said.contains("64 MiB"), "{said}");
}
