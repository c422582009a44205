//! Monitors over HTTP, and WebSockets.

use super::timeout;
use crate::draft::{Draft, Work};
use crate::expect::{Expect, pointer, typed};
use crate::given::EnvText;
use crate::request::{Request, TLS_UNVERIFIED, url};
use crate::status::{Statuses, parse_range};
use crate::tree::{Node, parse_json};
use crate::value::Value;

pub(super) fn http(work: &mut Work, draft: &mut Draft, monitor: &Node, kind: &str) -> bool {
    let Some(url) = url(work, draft, &EnvText::literal(monitor.text("url").unwrap_or_default())) else {
        return false;
    };
    draft.key("plugin", "http");
    let method = monitor.text("method");
    let is_head = method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("HEAD"));
    let mut request = Request {
        url: Some(url),
        method,
        headers: headers(draft, monitor),
        body: monitor.text("body").map(EnvText::literal),
        ignore_certificate: monitor.is_on("ignoreTls"),
        hint: draft.name.clone(),
        ..Request::default()
    };
    login(draft, monitor, &mut request);
    content_type(monitor, &mut request);
    if !request.write(work, draft) {
        return false;
    }
    if let Some(timeout) = timeout(monitor) {
        draft.timeout(timeout);
    }
    if monitor.count("maxredirects") == Some(0) {
        draft.config("follow_redirects", false);
    }
    let mut expect = Expect::new(statuses(draft, monitor));
    if !monitor.is_on("expiryNotification") {
        expect.expiry_days = Some(0);
    }
    match kind {
        "keyword" => keyword(draft, monitor, &mut expect),
        "json-query" => json(draft, monitor, &mut expect),
        _ => {}
    }
    expect.write(draft, is_head);
    if monitor.is_on("cacheBust") {
        draft.lost("`cacheBust`: nothing is added to a URL");
    }
    true
}

/// Headers, from a JSON object in a text.
fn headers(draft: &mut Draft, monitor: &Node) -> Vec<(String, EnvText)> {
    let tree = match monitor.get("headers") {
        Some(node) if node.is_table() => Some(node.clone()),
        _ => match monitor.text("headers").map(|text| parse_json(&text)) {
            Some(Ok(tree)) => Some(tree),
            Some(Err(_)) => {
                draft.lost("its headers, which are not JSON");
                None
            }
            None => None,
        },
    };
    let entries = tree.as_ref().map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|(name, value)| Some((name.clone(), EnvText::Plain(value.word()?)))).collect()
}

fn login(draft: &mut Draft, monitor: &Node, request: &mut Request) {
    let method = monitor.text("authMethod").or_else(|| monitor.text("auth_method")).unwrap_or_default();
    match method.as_str() {
        "" | "basic" | "null" => {
            if let (Some(user), Some(password)) =
                (monitor.text("basic_auth_user"), monitor.text("basic_auth_pass"))
            {
                request.basic = Some((EnvText::Plain(user), EnvText::Plain(password)));
            } else if monitor.text("basic_auth_user").is_some() {
                draft.lost("its login, whose password the backup does not hold");
            }
        }
        "mtls" => match (monitor.text("tlsCert"), monitor.text("tlsKey")) {
            (Some(chain), Some(key)) => {
                request.client_certificate =
                    Some(EnvText::Plain(format!("{}\n{}\n", chain.trim_end(), key.trim_end())));
                if monitor.text("tlsCa").is_some() {
                    draft.lost("`tlsCa`: write it into a file, and name that as `ca_file` under [host]");
                }
            }
            _ => draft.lost("its client certificate, which the backup does not hold"),
        },
        "bearer" => request.bearer = monitor.text("bearer_token").map(EnvText::Plain),
        "ntlm" => draft.lost("its login by NTLM, which no check speaks"),
        "oauth2-cc" => {
            draft.lost("its login by OAuth 2: no check asks for a token by itself; give it as `bearer`")
        }
        _ => draft.lost("its login, of a kind that this importer does not know"),
    }
}

fn content_type(monitor: &Node, request: &mut Request) {
    let is_given = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if request.body.is_none() || is_given {
        return;
    }
    let kind = match monitor.text("httpBodyEncoding").as_deref() {
        Some("xml") => "text/xml; charset=utf-8",
        Some("form") => "application/x-www-form-urlencoded",
        _ => "application/json",
    };
    request.headers.push(("content-type".to_owned(), EnvText::literal(kind)));
}

fn statuses(draft: &mut Draft, monitor: &Node) -> Statuses {
    let given = monitor.words("accepted_statuscodes");
    let ranges: Vec<(i64, i64)> = given.iter().filter_map(|text| parse_range(text)).collect();
    if ranges.len() != given.len() {
        draft.lost("a line of `accepted_statuscodes` that is not a status");
    }
    match ranges.is_empty() {
        true => Statuses::of(|status| (200..300).contains(&status)),
        false => Statuses::of(|status| ranges.iter().any(|(low, high)| (*low..=*high).contains(&status))),
    }
}

fn keyword(draft: &mut Draft, monitor: &Node, expect: &mut Expect) {
    match monitor.get("keyword").and_then(Node::word).filter(|text| !text.is_empty()) {
        Some(text) if monitor.is_on("invertKeyword") => expect.do_not_find.push(text),
        Some(text) => expect.find.push(text),
        None => draft.lost("its keyword, which is empty"),
    }
}

/// Carries over only a path, and not what JSONata computes.
fn json(draft: &mut Draft, monitor: &Node, expect: &mut Expect) {
    let path = monitor.text("jsonPath").unwrap_or_default();
    let value = monitor.get("expectedValue").and_then(Node::word).unwrap_or_default();
    let Some(pointer) = pointer(&path) else {
        draft.lost("its `jsonPath`, which is more than a path");
        return;
    };
    let operator = monitor.text("jsonPathOperator").unwrap_or_else(|| "==".to_owned());
    let number = match typed(&value) {
        number @ (Value::Integer(_) | Value::Float(_)) => Some(number),
        _ => None,
    };
    match (operator.as_str(), number) {
        ("==", _) => expect.json(&pointer, "equals", typed(&value)),
        ("!=", _) => expect.json(&pointer, "differs", typed(&value)),
        ("contains", _) if !value.is_empty() => expect.json(&pointer, "contains", Value::Text(value)),
        ("<=", Some(number)) => expect.json(&pointer, "at_most", number),
        (">=", Some(number)) => expect.json(&pointer, "at_least", number),
        ("<", Some(Value::Integer(number))) => {
            expect.json(&pointer, "at_most", Value::Integer(number.saturating_sub(1)))
        }
        (">", Some(Value::Integer(number))) => {
            expect.json(&pointer, "at_least", Value::Integer(number.saturating_add(1)))
        }
        _ => draft.lost("what it expects of its `jsonPath`"),
    }
}

pub(super) fn websocket(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    let given = monitor.text("url").unwrap_or_default();
    let as_http = given.replacen("ws", "http", 1);
    let Some(url) = url(work, draft, &EnvText::literal(as_http)) else { return false };
    if !url.holders.is_empty() || url.login.is_some() {
        work.give_up(draft, "a WebSocket with a secret in its URL, for which there is no place");
        return false;
    }
    draft.key("plugin", "websocket");
    draft.config("url", url.url.replacen("http", "ws", 1));
    let protocols: Vec<String> = monitor
        .text("wsSubprotocol")
        .map(|text| {
            text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        })
        .unwrap_or_default();
    crate::expect::one_or_many(draft, "subprotocols", protocols);
    if monitor.is_on("ignoreTls") && url.origin.scheme == watchkeep_core::grant::Scheme::Https {
        draft.config("ignore_certificate", true);
        draft.allow(TLS_UNVERIFIED, format!("tcp://{}:{}", url.origin.host, url.origin.port));
    }
    true
}
