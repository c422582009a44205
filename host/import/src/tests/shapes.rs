//! What each sample becomes.

use super::samples::{BLACKBOX, GATUS, KUMA, PROMETHEUS, STATUSCAKE};
use super::{gatus, kuma, told, toml};
use crate::{blackbox, statuscake};

/// The check with this name.
fn check<'t>(all: &'t toml::Table, section: &str, name: &str) -> &'t toml::Table {
    let checks = all[section].as_array().unwrap().iter().filter_map(toml::Value::as_table);
    let found = checks.clone().find(|check| check["name"].as_str() == Some(name));
    found.unwrap_or_else(|| {
        panic!("no {name} in {:?}", checks.map(|check| &check["name"]).collect::<Vec<_>>())
    })
}

/// Compares each key, written as TOML, including `config`.
fn says(check: &toml::Table, expected: &[(&str, &str)]) {
    let config = check.get("config").and_then(toml::Value::as_table);
    for (key, value) in expected {
        let found = match key.strip_prefix("config.") {
            Some(key) => config.and_then(|config| config.get(key)),
            None => check.get(*key),
        };
        let wanted = (*value != "nothing").then(|| format!("it = {value}").parse::<toml::Table>().unwrap());
        assert_eq!(found, wanted.as_ref().map(|wanted| &wanted["it"]), "{key} of {}", check["name"]);
    }
}

#[test]
fn gatus_comes_to_checks() {
    let import = gatus(GATUS).unwrap();
    let all = toml(&import);
    says(
        check(&all, "check", "web.shop"),
        &[
            ("plugin", "\"http\""),
            ("interval", "\"2m\""),
            ("timeout", "\"5s\""),
            ("failure_threshold", "5"),
            ("success_threshold", "4"),
            ("labels", "{ alerts = \"slack,pagerduty\", group = \"web\" }"),
            ("config.url", "\"https://shop.example/health?api_key=__API_KEY__\""),
            ("config.headers", "{ accept = \"application/json\" }"),
            ("config.expect_status", "200"),
            (
                "config.json",
                "[{ equals = \"UP\", pointer = \"/state\" }, { one_of = [1, \"two\"], pointer = \"/kind\" }, \
                 { matches = '^(?s).*x\\.y.*$', pointer = \"/name\" }, \
                 { length_at_least = 2, length_at_most = 2, pointer = \"/items\" }, { absent = true, pointer = \"/errors\" }]",
            ),
            ("config.find_pattern", "'^(?s)\\{.*\\}$'"),
            (
                "config.placeholders",
                "{ __API_KEY__ = { secret = \"web.shop-api_key\" }, __BODY__ = { secret = \"web.shop-body\" } }",
            ),
            ("enabled", "nothing"),
            ("config.response_time_critical", "\"300ms\""),
        ],
    );
    says(
        check(&all, "check", "api"),
        &[
            ("enabled", "false"),
            ("config.bearer", "{ secret = \"api_token\" }"),
            ("config.expect_status", "\"100-299\""),
        ],
    );
    says(
        check(&all, "check", "old"),
        &[("config.ignore_certificate", "nothing"), ("config.expect_status", "\"100-599\"")],
    );
    says(
        check(&all, "check", "redis"),
        &[("plugin", "\"tcp\""), ("config.address", "\"redis.example:6379\"")],
    );
    says(
        check(&all, "check", "gateway"),
        &[("config.host", "\"gw.example\""), ("config.round_trip_critical", "\"100ms\"")],
    );
    says(
        check(&all, "check", "names"),
        &[
            ("config.type", "\"MX\""),
            ("config.server", "\"192.0.2.53\""),
            ("config.expect_some", "\"mail.example.com.\""),
        ],
    );
    says(check(&all, "check", "shell"), &[("plugin", "\"ssh\""), ("config.address", "\"shell.example:22\"")]);
    says(
        check(&all, "heartbeat", "night.backup"),
        &[("every", "\"30m\""), ("key", "{ secret = \"night.backup-key\" }")],
    );
    let told = told(&import);
    for text in [
        "not carried over: endpoints[2] \"old\" (line 38): that any certificate is taken",
        "not carried over: endpoints[6] \"shell\"",
        "to do: alerting.slack: ",
    ] {
        assert!(told.contains(text), "{text} in\n{told}");
    }
}

#[test]
fn modules_are_templates_without_a_prometheus_and_checks_with_one() {
    let all = toml(&blackbox(BLACKBOX, None).unwrap());
    let templates = all["template"].as_table().unwrap();
    assert_eq!(templates.len(), 6);
    assert_eq!(templates["http_2xx"]["config"]["do_not_find"].as_str(), Some("Could not connect"));
    let import = blackbox(BLACKBOX, Some(PROMETHEUS)).unwrap();
    let all = toml(&import);
    says(
        check(&all, "check", "sites.a.example"),
        &[
            ("interval", "\"30s\""),
            ("timeout", "\"5s\""),
            ("labels", "{ job = \"sites\", team = \"web\" }"),
            ("allow", "{ server_name = [\"vhost.example\"] }"),
            ("config.url", "\"https://a.example/\""),
            ("config.server_name", "\"vhost.example\""),
            ("config.do_not_find_pattern", "\"error [0-9]+\""),
            (
                "config.expect_header",
                "[{ name = \"Cache-Control\", optional = true, matches = \"max-age=[0-9]+\" }]",
            ),
            ("config.expect_http_version", "[\"1.1\", \"2\"]"),
            ("config.expect_url_pattern", "\"^https://\""),
        ],
    );
    says(
        check(&all, "check", "sites.b.example"),
        &[("config.url", "\"https://b.example/?token=__TOKEN__\"")],
    );
    says(
        check(&all, "check", "others.mail.example:25"),
        &[(
            "config.talk",
            "[{ expect_pattern = \"(?m)^220 (.+)\\\\r?$\" }, { secret = { secret = \"mail-send-1\" }, send = \"{secret}\\r\\n\" }, { starttls = true }]",
        )],
    );
    says(check(&all, "check", "others.gw.example"), &[("config.ip_family", "\"ipv4\"")]);
    says(
        check(&all, "check", "others.grpc.example:8443"),
        &[("config.url", "\"https://grpc.example:8443\""), ("config.service", "\"shop.v1.Orders\"")],
    );
    let told = told(&import);
    assert!(
        told.contains("not carried over: scrape_configs[0] \"node\" (line 4): it does not ask"),
        "{told}"
    );
    assert!(told.contains("`file_sd_configs`"), "{told}");
}

#[test]
fn uptime_kuma_comes_to_checks_and_heartbeats() {
    let import = kuma(KUMA).unwrap();
    let all = toml(&import);
    says(
        check(&all, "check", "Shop"),
        &[
            ("interval", "\"1m\""),
            ("retry_interval", "\"30s\""),
            ("failure_threshold", "nothing"),
            ("success_threshold", "1"),
            ("labels", "{ group = \"Web\", notifications = \"Ops\", team = \"web\" }"),
            ("config.method", "\"POST\""),
            // For the host, `${` begins a placeholder.
            ("config.find", "\"Basket $${of}\""),
            ("config.follow_redirects", "false"),
            ("config.expect_status", "[\"200-299\", 304]"),
            ("config.tls_expiry_critical_days", "0"),
            ("config.headers", "{ accept = \"text/html\", content-type = \"application/json\" }"),
        ],
    );
    says(
        check(&all, "check", "Queue"),
        &[
            ("allow", "{ tls_unverified = [\"https://api.example\"] }"),
            ("config.ignore_certificate", "true"),
            ("config.json", "[{ at_most = 9, pointer = \"/queue/0/length\" }]"),
            ("failure_threshold", "1"),
        ],
    );
    says(check(&all, "check", "Closed"), &[("enabled", "false"), ("config.expect_closed", "true")]);
    says(check(&all, "check", "Gateway"), &[("config.size", "64")]);
    says(
        check(&all, "check", "Names"),
        &[("config.server", "[\"192.0.2.53\", \"192.0.2.54\"]"), ("config.type", "\"AAAA\"")],
    );
    says(
        check(&all, "check", "Boiler"),
        &[
            ("plugin", "\"mqtt\""),
            ("config.tls", "true"),
            ("allow", "{ reveal = [\"boiler-password\"] }"),
            ("config.message", "{ topic = \"boiler/state\", expect = \"online\" }"),
        ],
    );
    says(
        check(&all, "check", "Chat"),
        &[("config.url", "\"wss://chat.example/\""), ("config.subprotocols", "[\"a\", \"b\"]")],
    );
    says(check(&all, "check", "Mail"), &[("plugin", "\"smtp\""), ("config.address", "\"mail.example:587\"")]);
    says(check(&all, "heartbeat", "Backup"), &[("every", "\"1h\""), ("grace", "\"2m\"")]);
    says(
        check(&all, "check", "Shop-2"),
        &[("config.client_certificate", "{ secret = \"shop-2-certificate\" }")],
    );
    let told = told(&import);
    for text in [
        "renamed: monitorList[9] \"Shop\": is called `Shop-2` here",
        "not carried over: monitorList[8] \"Orders\": a monitor of the type `postgres`",
        "not carried over: proxyList[0]",
        "not carried over: monitorList[9] \"Shop\": its proxy",
        "to do: notificationList[0] \"Ops\": ",
    ] {
        assert!(told.contains(text), "{text} in\n{told}");
    }
}

#[test]
fn version_2_of_uptime_kuma_gives_a_table_of_monitors() {
    let text = r#"{"3": {"id": 3, "name": "a", "type": "http", "url": "https://a.example/"}}"#;
    assert_eq!(toml(&kuma(text).unwrap())["check"].as_array().unwrap().len(), 1);
}

#[test]
fn statuscake_comes_to_checks() {
    let import = statuscake(STATUSCAKE).unwrap();
    let all = toml(&import);
    says(
        check(&all, "check", "Shop"),
        &[
            ("interval", "\"5m\""),
            ("timeout", "\"15s\""),
            ("retry_interval", "\"2m30s\""),
            ("failure_threshold", "nothing"),
            ("labels", "{ contact_groups = \"7\", tags = \"web,eu\" }"),
            ("config.method", "\"POST\""),
            ("config.find", "\"Basket\""),
            ("config.follow_redirects", "false"),
            ("config.expect_status", "[\"100-403\", \"405-499\", \"501-502\", \"504-599\"]"),
        ],
    );
    says(
        check(&all, "check", "Mailbox"),
        &[("interval", "\"30s\""), ("enabled", "false"), ("config.address", "\"imap.example:993\"")],
    );
}

#[test]
fn the_same_source_comes_to_the_same_text() {
    let text = || crate::render(&kuma(KUMA).unwrap(), "sample");
    assert_eq!(text(), text());
}

#[test]
fn the_config_of_another_tool_is_told_with_its_command() {
    let others: [(String, &str); 5] = [
        (gatus(PROMETHEUS).unwrap_err().to_string(), "a config of Prometheus"),
        (gatus(BLACKBOX).unwrap_err().to_string(), "watchkeep import blackbox FILE"),
        (blackbox(GATUS, None).unwrap_err().to_string(), "watchkeep import gatus FILE"),
        (kuma("{\"data\": []}").unwrap_err().to_string(), "watchkeep import statuscake FILE"),
        (statuscake(KUMA).unwrap_err().to_string(), "watchkeep import kuma FILE"),
    ];
    for (said, wanted) in others {
        assert!(said.contains(wanted) && said.contains("hint:"), "{said}");
    }
    assert!(kuma("no json").unwrap_err().to_string().contains("not JSON at line 1"));
    assert!(blackbox(BLACKBOX, Some("a: 1")).unwrap_err().to_string().contains("scrape_configs"));
}
