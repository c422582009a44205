//! The types of tests.

use crate::address::{host, host_port, http_url};
use crate::draft::{Draft, Work};
use crate::expect::{Expect, one_or_many};
use crate::gatus::name_server;
use crate::given::EnvText;
use crate::request::{Request, url};
use crate::status::Statuses;
use crate::tree::{Node, parse_json};

pub(super) fn http(work: &mut Work, draft: &mut Draft, test: &Node, is_head: bool) -> bool {
    let given = test.text("website_url").unwrap_or_default();
    let whole = if given.contains("://") { given } else { format!("http://{given}") };
    let Some(url) = url(work, draft, &EnvText::literal(whole)) else { return false };
    draft.key("plugin", "http");
    let body = test.text("post_raw").or_else(|| post_body(draft, test));
    let method = match (is_head, &body) {
        (true, _) => Some("HEAD".to_owned()),
        (false, Some(_)) => Some("POST".to_owned()),
        (false, None) => None,
    };
    let mut headers = headers(draft, test);
    if let Some(agent) = test.text("user_agent") {
        headers.push(("user-agent".to_owned(), EnvText::Plain(agent)));
    }
    if body.is_some()
        && test.text("post_raw").is_none()
        && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("content-type".to_owned(), EnvText::literal("application/x-www-form-urlencoded")));
    }
    let request = Request {
        url: Some(url),
        method,
        headers,
        body: body.map(EnvText::Plain),
        hint: draft.name.clone(),
        ..Request::default()
    };
    if !request.write(work, draft) {
        return false;
    }
    if test.text("basic_username").is_some() {
        draft.leave_to_do("it logs in: the API gives no password; add `basic = { user = \"...\", password = { secret = \"NAME\" } }`");
    }
    if test.flag("follow_redirects") == Some(false) {
        draft.config("follow_redirects", false);
    }
    expectations(draft, test).write(draft, is_head);
    if test.is_on("use_jar") {
        draft.differs("cookies are kept on the way of redirects, and not from run to run");
    }
    true
}

/// The body: a JSON object of fields is sent as a form.
fn post_body(draft: &mut Draft, test: &Node) -> Option<String> {
    let node = test.get("post_body")?;
    let tree = match node.word() {
        Some(text) if text.trim().is_empty() => return None,
        Some(text) => match parse_json(&text) {
            Ok(tree) if tree.is_table() => tree,
            _ => return Some(text),
        },
        None => node.clone(),
    };
    let fields: Vec<String> = tree
        .entries()
        .iter()
        .filter_map(|(name, value)| Some(format!("{}={}", form(name), form(&value.word()?))))
        .collect();
    if fields.len() != tree.entries().len() {
        draft.lost("a field of its form that is not text");
    }
    (!fields.is_empty()).then(|| fields.join("&"))
}

fn form(text: &str) -> String {
    let mut all = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => all.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) => all.push(char::from(byte)),
            byte => all.push_str(&format!("%{byte:02X}")),
        }
    }
    all
}

fn headers(draft: &mut Draft, test: &Node) -> Vec<(String, EnvText)> {
    let Some(text) = test.text("custom_header") else { return Vec::new() };
    match parse_json(&text) {
        Ok(tree) if tree.is_table() => tree
            .entries()
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), EnvText::Plain(value.word()?))))
            .collect(),
        _ => {
            draft.lost("`custom_header`, which is not a JSON object");
            Vec::new()
        }
    }
}

fn expectations(draft: &mut Draft, test: &Node) -> Expect {
    // The list has the codes that raise an alert; in a test without one, all that are not a success do.
    let bad: Vec<i64> = test.words("status_codes").iter().filter_map(|code| code.parse().ok()).collect();
    let mut expect = Expect::new(match bad.is_empty() {
        true => Statuses::of(|status| (200..400).contains(&status)),
        false => Statuses::of(|status| !bad.contains(&status)),
    });
    if let Some(text) = test.text("find_string") {
        if test.is_on("do_not_find") {
            expect.do_not_find.push(text)
        } else {
            expect.find.push(text)
        }
        if test.is_on("include_header") {
            draft.lost(
                "`include_header`: its text is looked for in the body; write headers under `expect_header`",
            );
        }
    }
    if test.flag("enable_ssl_alert") != Some(true) {
        expect.expiry_days = Some(0);
    }
    if let Some(Ok(url)) = test.text("final_endpoint").map(|url| http_url(&EnvText::Plain(url))) {
        match url.holders.is_empty() && url.login.is_none() {
            true => draft.config("expect_url", url.url),
            false => draft.lost("`final_endpoint`, which has a secret in it"),
        }
    }
    expect
}

/// The `website_url`, followed by `port`.
fn address(work: &mut Work, draft: &Draft, test: &Node, default: Option<u16>) -> Option<String> {
    let port = test.count("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
    match host_port(&test.text("website_url").unwrap_or_default(), port.or(default)) {
        Ok(address) => Some(address),
        Err(why) => {
            work.give_up(draft, why);
            None
        }
    }
}

pub(super) fn tcp(work: &mut Work, draft: &mut Draft, test: &Node) -> bool {
    let Some(address) = address(work, draft, test, None) else { return false };
    draft.key("plugin", "tcp");
    draft.config("address", address);
    true
}

pub(super) fn ssh(work: &mut Work, draft: &mut Draft, test: &Node) -> bool {
    const PORT: u16 = 22;
    let Some(address) = address(work, draft, test, Some(PORT)) else { return false };
    draft.key("plugin", "ssh");
    draft.config("address", address);
    true
}

pub(super) fn smtp(work: &mut Work, draft: &mut Draft, test: &Node) -> bool {
    const PORT: u16 = 25;
    let Some(address) = address(work, draft, test, Some(PORT)) else { return false };
    draft.key("plugin", "smtp");
    draft.config("address", address);
    draft.config("security", "plaintext");
    true
}

fn bare_host(test: &Node) -> Result<String, String> {
    const ANY: u16 = 1;
    let text = test.text("website_url").unwrap_or_default();
    let address = host_port(&text, Some(ANY))?;
    host(crate::address::host_of(&address))
}

pub(super) fn ping(work: &mut Work, draft: &mut Draft, test: &Node) -> bool {
    match bare_host(test) {
        Ok(host) => {
            draft.key("plugin", "ping");
            draft.config("host", host);
            true
        }
        Err(why) => {
            work.give_up(draft, why);
            false
        }
    }
}

pub(super) fn dns(work: &mut Work, draft: &mut Draft, test: &Node) -> bool {
    let name = match bare_host(test) {
        Ok(name) => name,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "dns");
    draft.config("name", name);
    match test.text("dns_server").map(|server| name_server(&server)) {
        Some(Some(server)) => draft.config("server", server),
        Some(None) => draft.lost("its name server, which is a name; the host's own resolver is asked"),
        None => {}
    }
    one_or_many(draft, "expect_some", test.words("dns_ips"));
    true
}
