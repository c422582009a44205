//! Where a secret may be sent.

use super::*;

#[test]
fn a_secret_goes_where_it_is_bound_and_nowhere_else() {
    let secret = SecretName::from("api-key");
    let goes = |to: &[&str], scheme: Scheme, host: &str, port: u16| {
        let to: Vec<OriginPattern> = to.iter().map(|entry| OriginPattern::parse(entry).unwrap()).collect();
        decide_secret(&secret, &to, scheme, host, port).map_err(|denial| denial.to_string())
    };
    let to = ["https://api.example.com", "https://*.example.net:8443", "tcp://mail.example.com:587"];
    assert_eq!(goes(&to, Scheme::Https, "API.example.com.", 443), Ok(()));
    assert_eq!(goes(&to, Scheme::Https, "a.example.net", 8443), Ok(()));
    assert_eq!(goes(&to, Scheme::Tcp, "mail.example.com", 587), Ok(()));
    assert!(goes(&to, Scheme::Http, "api.example.com", 443).is_err());
    assert!(goes(&to, Scheme::Https, "api.example.com", 8443).is_err());
    assert!(goes(&to, Scheme::Https, "api.example.com.evil.test", 443).is_err());
    assert!(goes(&[], Scheme::Https, "api.example.com", 443).is_err());
    insta::assert_snapshot!(goes(&to, Scheme::Https, "evil.test", 443).unwrap_err(), @r#"denied: secret `api-key` to https://evil.test, to which it is not bound; hint: add `"https://evil.test"` to `to` of `api-key` under [secrets]"#);
}

#[test]
fn a_secret_that_is_a_url_is_bound_to_its_own_origin_and_never_shown() {
    let to = [OriginPattern::of_url("https://hooks.slack.com/services/T0/B0/canary").unwrap()];
    let secret = SecretName::from("slack-webhook");
    assert_eq!(to[0].to_string(), "https://hooks.slack.com");
    assert!(decide_secret(&secret, &to, Scheme::Https, "hooks.slack.com", 443).is_ok());
    assert!(decide_secret(&secret, &to, Scheme::Https, "slack.com", 443).is_err());
    for url in [
        "https://hooks.slack.com:x/canary",
        "ftp://hooks.slack.com/canary",
        "https:///canary",
        "https://canary@hooks.slack.com/",
        "https://hooks.slack.com/can ary",
        "tcp://hooks.slack.com/canary",
        "https://ho_ks.*/canary?canary#canary",
        "canary",
    ] {
        let error = OriginPattern::of_url(url).unwrap_err().to_string();
        assert!(!error.contains("canary") && !error.contains("can ary"), "{error}");
    }
}
