//! The value of a secret is nowhere but where secrets are.

use super::samples::{BLACKBOX, GATUS, KUMA, PROMETHEUS, STATUSCAKE};
use super::{gatus, kuma, told};
use crate::{Import, SecretSource, blackbox, render, statuscake};

fn imports() -> Vec<Import> {
    vec![
        gatus(GATUS).unwrap(),
        blackbox(BLACKBOX, None).unwrap(),
        blackbox(BLACKBOX, Some(PROMETHEUS)).unwrap(),
        kuma(KUMA).unwrap(),
        statuscake(STATUSCAKE).unwrap(),
    ]
}

#[test]
fn no_secret_shows_in_what_is_written_or_told() {
    for import in imports() {
        let shown = format!("{}{}{import:?}", render(&import, "sample"), told(&import));
        for line in shown.lines() {
            assert!(!line.contains("planted"), "{}: {line}", import.tool.word());
        }
    }
}

#[test]
fn each_secret_that_a_check_needs_is_kept_and_bound() {
    let kept = |import: &Import| -> Vec<(String, String, String)> {
        let files = import.secrets.iter().map(|secret| {
            let value = match &secret.source {
                SecretSource::File { value, .. } => value.clone(),
                SecretSource::Env(variable) => format!("${variable}"),
            };
            (secret.name.clone(), value, secret.to.join(" "))
        });
        files.collect()
    };
    let wanted: [&[(&str, &str, &str)]; 5] = [
        &[
            ("web.shop-api_key", "planted-query", "https://shop.example"),
            ("web.shop-x-api-key", "planted-header", "https://shop.example"),
            ("web.shop-cookie", "planted-cookie", "https://shop.example"),
            ("web.shop-password", "planted-userinfo", "https://shop.example"),
            ("web.shop-body", "{\"login\": {\"password\": \"planted-body\"}}", "https://shop.example"),
            ("api_token", "$API_TOKEN", "https://api.example"),
            ("old-token", "planted-bearer", "https://old.example"),
            ("night.backup-key", "planted-token-0123456789", ""),
        ],
        &[
            ("http_2xx-x-auth-token", "planted-header", ""),
            ("http_2xx-password", "planted-password", ""),
            ("http_bearer-token", "planted-bearer", ""),
            ("mail-send-1", "AUTH PLAIN planted-login", ""),
        ],
        &[
            ("http_2xx-x-auth-token", "planted-header", "https://a.example https://b.example"),
            ("http_2xx-password", "planted-password", "https://a.example https://b.example"),
            ("http_2xx-token", "planted-query", "https://b.example"),
            ("mail-send-1", "AUTH PLAIN planted-login", "tcp://mail.example:25"),
        ],
        &[
            ("shop-x-session", "planted-header", "https://shop.example"),
            ("shop-password", "planted-password", "https://shop.example"),
            ("shop-body", "{\"token\": \"planted-body\"}", "https://shop.example"),
            ("backup-key", "planted_push_token_of_32_letters", ""),
            ("cache-password", "planted-redis", "tcp://cache.example:6379"),
            ("shop-2-certificate", "planted-chain\nplanted-key\n", "https://shop.example"),
            ("boiler-password", "planted-mqtt", "tcp://mqtt.example:8883"),
        ],
        &[
            ("shop-key", "planted-query", "https://shop.example"),
            ("shop-x-token", "planted-header", "https://shop.example"),
            ("shop-body", "password=planted-body", "https://shop.example"),
        ],
    ];
    for (import, wanted) in imports().iter().zip(wanted) {
        let kept = kept(import);
        let kept: Vec<(&str, &str, &str)> =
            kept.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        assert_eq!(kept, wanted, "{}", import.tool.word());
    }
}
