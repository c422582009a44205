//! The prober `http`.

use super::Probe;
use crate::address::{HttpUrl, http_url};
use crate::draft::{Draft, Work};
use crate::expect::{Expect, is_pattern, literal};
use crate::given::EnvText;
use crate::request::Request;
use crate::status::{Statuses, parse_range};
use crate::tree::Node;
use crate::value::Value;

const KNOWN: [&str; 34] = [
    "accept_any_response",
    "authorization",
    "basic_auth",
    "bearer_token",
    "bearer_token_file",
    "body",
    "body_file",
    "body_size_limit",
    "compression",
    "enable_http2",
    "enable_http3",
    "fail_if_body_json_matches_cel",
    "fail_if_body_json_not_matches_cel",
    "fail_if_body_matches_regexp",
    "fail_if_body_not_matches_regexp",
    "fail_if_header_matches",
    "fail_if_header_not_matches",
    "fail_if_not_ssl",
    "fail_if_ssl",
    "follow_redirects",
    "headers",
    "ip_protocol_fallback",
    "method",
    "no_follow_redirects",
    "no_proxy",
    "oauth2",
    "preferred_ip_protocol",
    "proxy_connect_header",
    "proxy_from_environment",
    "proxy_url",
    "skip_resolve_phase_with_proxy",
    "tls_config",
    "valid_http_versions",
    "valid_status_codes",
];

pub(super) fn http(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>) -> bool {
    let url = match probe.target.map(target_url) {
        None => None,
        Some(Ok(url)) => Some(url),
        Some(Err(why)) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "http");
    let settings = probe.settings;
    let method = settings.text("method");
    let is_head = method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("HEAD"));
    let tls = settings.get("tls_config");
    let mut request = Request {
        url,
        method,
        headers: settings.get("headers").map(headers).unwrap_or_default(),
        body: settings.text("body").map(EnvText::literal),
        client_certificate: tls.and_then(certificate),
        ignore_certificate: tls.is_some_and(|tls| tls.is_on("insecure_skip_verify")),
        hint: probe.module.to_owned(),
        ..Request::default()
    };
    login(draft, settings, &mut request);
    if let Some(name) = tls.and_then(|tls| tls.text("server_name")) {
        request.headers.retain(|(header, _)| !header.eq_ignore_ascii_case("host"));
        request.headers.push(("host".to_owned(), EnvText::literal(name)));
    }
    if !request.write(work, draft) {
        return false;
    }
    if let Some(tls) = tls {
        tls_rest(draft, tls);
    }
    let follows = settings.flag("follow_redirects").unwrap_or(true) && !settings.is_on("no_follow_redirects");
    if !follows {
        draft.config("follow_redirects", false);
    }
    probe.family(draft);
    expectations(draft, settings).write(draft, is_head);
    lost(draft, probe);
    true
}

fn target_url(target: &str) -> Result<HttpUrl, String> {
    let whole = if target.contains("://") { target.to_owned() } else { format!("http://{target}") };
    http_url(&EnvText::literal(whole))
}

fn headers(node: &Node) -> Vec<(String, EnvText)> {
    node.entries()
        .iter()
        .filter_map(|(name, value)| {
            // A newer form is a table of `values`, `secrets` and `files`.
            let value = value.word().or_else(|| value.words("values").into_iter().next());
            Some((name.clone(), EnvText::Plain(value?)))
        })
        .collect()
}

fn login(draft: &mut Draft, settings: &Node, request: &mut Request) {
    if let Some(basic) = settings.get("basic_auth") {
        match (basic.text("username"), basic.text("password")) {
            (Some(user), Some(password)) => {
                request.basic = Some((EnvText::Plain(user), EnvText::Plain(password)));
            }
            _ => draft.lost("`basic_auth`, which stands in files: name the password's under [secrets]"),
        }
    }
    if let Some(token) = settings.text("bearer_token") {
        request.bearer = Some(EnvText::Plain(token));
    }
    if let Some(authorization) = settings.get("authorization") {
        let kind = authorization.text("type").unwrap_or_else(|| "Bearer".to_owned());
        match authorization.text("credentials") {
            Some(token) if kind.eq_ignore_ascii_case("bearer") => {
                request.bearer = Some(EnvText::Plain(token))
            }
            Some(token) => {
                request.headers.push(("authorization".to_owned(), EnvText::Plain(format!("{kind} {token}"))));
            }
            None => draft.lost("`authorization`, whose credentials stand in a file: name it under [secrets]"),
        }
    }
}

/// The chain and the key, if they are in the config.
pub(super) fn certificate(tls: &Node) -> Option<EnvText> {
    let (chain, key) = (tls.text("cert")?, tls.text("key")?);
    Some(EnvText::Plain(format!("{}\n{}\n", chain.trim_end(), key.trim_end())))
}

pub(super) fn tls_rest(draft: &mut Draft, tls: &Node) {
    for (key, why) in [
        ("ca_file", "name it as `ca_file` under [host]"),
        ("ca", "write it into a file, and name that as `ca_file` under [host]"),
        ("cert_file", "put chain and key into one file, and name that as `client_certificate`"),
        ("min_version", "the check `tls` has `minimum_protocol`"),
        ("max_version", "nothing is limited to older versions of TLS"),
    ] {
        if tls.get(key).is_some() {
            draft.lost(format!("`tls_config.{key}`: {why}"));
        }
    }
    const KNOWN: [&str; 10] = [
        "ca",
        "ca_file",
        "cert",
        "cert_file",
        "insecure_skip_verify",
        "key",
        "key_file",
        "max_version",
        "min_version",
        "server_name",
    ];
    for key in tls.others(&KNOWN) {
        draft.lost(format!("`tls_config.{key}`"));
    }
}

fn expectations(draft: &mut Draft, settings: &Node) -> Expect {
    let mut expect = Expect::new(statuses(draft, settings));
    for (key, is_wanted) in
        [("fail_if_body_not_matches_regexp", true), ("fail_if_body_matches_regexp", false)]
    {
        for pattern in settings.words(key) {
            let (texts, patterns) = match is_wanted {
                true => (&mut expect.find, &mut expect.find_pattern),
                false => (&mut expect.do_not_find, &mut expect.do_not_find_pattern),
            };
            match literal(&pattern) {
                Some(text) => texts.push(text),
                None if is_pattern(&pattern) => patterns.push(pattern),
                None => draft.lost(format!("a pattern of `{key}` that no check takes")),
            }
        }
    }
    for (key, says) in
        [("fail_if_header_matches", "does_not_match"), ("fail_if_header_not_matches", "matches")]
    {
        for node in settings.list(key) {
            match (node.text("header"), node.text("regexp").filter(|pattern| is_pattern(pattern))) {
                (Some(header), Some(pattern)) => {
                    expect.headers.push(header_says(node, header, says, pattern))
                }
                _ => draft.lost(format!("a line of `{key}`")),
            }
        }
    }
    for version in settings.words("valid_http_versions") {
        let short = match version.trim_start_matches("HTTP/") {
            "2.0" | "2" => "2",
            "1.1" => "1.1",
            "1.0" => "1.0",
            _ => continue,
        };
        expect.versions.push(short.to_owned());
    }
    expect
}

fn header_says(node: &Node, header: String, says: &str, pattern: String) -> Value {
    let mut entries = vec![("name".to_owned(), Value::Text(header))];
    if node.is_on("allow_missing") {
        entries.push(("optional".to_owned(), true.into()));
    }
    entries.push((says.to_owned(), Value::Text(pattern)));
    Value::Table(entries)
}

fn statuses(draft: &mut Draft, settings: &Node) -> Statuses {
    let codes = settings.words("valid_status_codes");
    if settings.is_on("accept_any_response") {
        return Statuses::all();
    }
    let ranges: Vec<Option<(i64, i64)>> = codes
        .iter()
        .map(|code| match code.strip_suffix("xx").and_then(|hundred| hundred.parse::<i64>().ok()) {
            Some(hundred) => Some((hundred * 100, hundred * 100 + 99)),
            None => parse_range(code),
        })
        .collect();
    if ranges.iter().any(Option::is_none) {
        draft.lost("a line of `valid_status_codes` that is not a status");
    }
    let ranges: Vec<(i64, i64)> = ranges.into_iter().flatten().collect();
    match ranges.is_empty() {
        true => Statuses::of(|status| (200..300).contains(&status)),
        false => Statuses::of(|status| ranges.iter().any(|(low, high)| (*low..=*high).contains(&status))),
    }
}

fn lost(draft: &mut Draft, probe: &Probe<'_>) {
    for (key, pattern) in [("fail_if_ssl", "^http://"), ("fail_if_not_ssl", "^https://")] {
        if probe.settings.is_on(key) && !draft.has_config("expect_url_pattern") {
            draft.config("expect_url_pattern", pattern);
        }
    }
    let proxied = "no check goes through a proxy";
    probe.lost(
        draft,
        &[
            ("body_file", "name its folder under [roots], and the file as `body_file`"),
            (
                "body_size_limit",
                "`body_max` says how much is read; more is a fault only where it has to be read",
            ),
            ("bearer_token_file", "name it under [secrets], and as `bearer`"),
            ("compression", "the host asks for compression and undoes it"),
            ("enable_http3", "no check speaks HTTP/3"),
            ("fail_if_body_json_matches_cel", "write it under `json`"),
            ("fail_if_body_json_not_matches_cel", "write it under `json`"),
            ("oauth2", "no check asks for a token by itself"),
            ("proxy_url", proxied),
            ("proxy_from_environment", proxied),
            ("proxy_connect_header", proxied),
        ],
    );
    probe.rest(draft, &KNOWN);
}
