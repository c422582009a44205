//! Endpoints over HTTP, and WebSockets.

use super::answer;
use super::condition::{About, Condition, Operator, Wanted};
use super::endpoint::Endpoint;
use super::{given, kinds};
use crate::address::http_url;
use crate::draft::{Draft, Work};
use crate::expect::{Expect, is_pattern, one_or_many};
use crate::given::EnvText;
use crate::request::{Request, TLS_UNVERIFIED, url};
use crate::span;
use crate::status::Statuses;
use crate::tree::Node;

pub(super) fn http(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let node = endpoint.node;
    let Some(url) = url(work, draft, &EnvText::expanding(&endpoint.url)) else { return false };
    draft.key("plugin", "http");
    let method = node.text("method");
    let is_head = method.as_deref().is_some_and(|method| method.trim().eq_ignore_ascii_case("HEAD"));
    let mut headers: Vec<(String, EnvText)> = node
        .get("headers")
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), EnvText::expanding(&value.word()?))))
        .collect();
    let mut body = given(node, "body");
    if node.is_on("graphql") {
        body = body.map(graphql);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), EnvText::literal("application/json")));
        }
    }
    let request = Request {
        url: Some(url),
        method,
        headers,
        body,
        ignore_certificate: endpoint.is_insecure(),
        hint: draft.name.clone(),
        ..Request::default()
    };
    if !request.write(work, draft) {
        return false;
    }
    client(draft, endpoint);
    let mut expect = Expect::new(Statuses::all());
    for (text, condition) in &endpoint.conditions {
        if !answer::take(condition, &mut expect) {
            draft.lost(format!("the condition `{text}`"));
        }
    }
    expect.write(draft, is_head);
    true
}

/// A query wrapped as Gatus does it.
fn graphql(body: EnvText) -> EnvText {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match body {
        EnvText::Plain(text) => EnvText::Plain(format!("{{\"query\":{}}}", quoted(&text))),
        EnvText::Variable(name) => {
            EnvText::Mixed(vec![("{\"query\":\"".to_owned(), Some(name)), ("\"}".to_owned(), None)])
        }
        EnvText::Mixed(mut parts) => {
            for (text, _) in &mut parts {
                let whole = quoted(text);
                *text = whole.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
            }
            if let Some((first, _)) = parts.first_mut() {
                first.insert_str(0, "{\"query\":\"");
            }
            if let Some((last, _)) = parts.last_mut() {
                last.push_str("\"}");
            }
            EnvText::Mixed(parts)
        }
    }
}

fn client(draft: &mut Draft, endpoint: &Endpoint<'_>) {
    if let Some(timeout) = endpoint.timeout() {
        draft.timeout(timeout);
    }
    let Some(client) = endpoint.client() else { return };
    if client.is_on("ignore-redirect") {
        draft.config("follow_redirects", false);
    }
    if let Some(resolver) = client.text("dns-resolver") {
        match resolver_address(&resolver) {
            Some(address) => draft.config("resolver", address),
            None => draft.lost("`client.dns-resolver`: a resolver is an address such as `192.0.2.53`"),
        }
    }
    if client.get("oauth2").is_some() {
        draft.lost("`client.oauth2`: no check asks for a token by itself; give it as `bearer`");
    }
    if client.get("identity-aware-proxy").is_some() {
        draft.lost("`client.identity-aware-proxy`");
    }
    common_client(draft, client);
}

/// The address in `tcp://192.0.2.53:53` or `udp://...`.
fn resolver_address(text: &str) -> Option<String> {
    let (scheme, address) = text.split_once("://").unwrap_or(("udp", text));
    let address: std::net::SocketAddr = address.trim_end_matches('/').parse().ok()?;
    matches!(scheme, "udp" | "tcp").then(|| address.to_string())
}

/// Sets what all kinds have in common.
pub(super) fn common_client(draft: &mut Draft, client: &Node) {
    const KNOWN: [&str; 9] = [
        "dns-resolver",
        "identity-aware-proxy",
        "ignore-redirect",
        "insecure",
        "network",
        "oauth2",
        "timeout",
        "tls",
        "proxy-url",
    ];
    if let Some(tls) = client.get("tls") {
        if tls.get("certificate-file").is_some() || tls.get("private-key-file").is_some() {
            draft.lost(
                "`client.tls`: put the certificate's chain and its key into one file, name that under [secrets], and add \
                 `client_certificate = { secret = \"NAME\" }`",
            );
        }
        if tls.get("renegotiation").is_some() {
            draft.lost("`client.tls.renegotiation`: nothing is negotiated anew");
        }
    }
    if client.get("proxy-url").is_some() {
        draft.lost("`client.proxy-url`: no check goes through a proxy");
    }
    for key in client.others(&KNOWN) {
        draft.lost(format!("`client.{key}`"));
    }
}

pub(super) fn websocket(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let as_http = endpoint.url.replacen("ws", "http", 1);
    let url = match http_url(&EnvText::expanding(&as_http)) {
        Ok(url) if url.holders.is_empty() && url.login.is_none() => url,
        Ok(_) => {
            work.give_up(draft, "a WebSocket with a secret in its URL, for which there is no place");
            return false;
        }
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "websocket");
    draft.config("url", url.url.replacen("http", "ws", 1));
    match given(endpoint.node, "body") {
        Some(EnvText::Plain(body)) if !crate::secrets::may_hold_secret(&body) => draft.config("send", body),
        Some(_) => {
            draft.lost("its body, which may be a secret: nothing that is sent over a WebSocket is one")
        }
        None => {}
    }
    if endpoint.node.get("headers").is_some() {
        draft.lost("its headers");
    }
    let origin = format!("tcp://{}:{}", url.origin.host, url.origin.port);
    if endpoint.is_insecure() && url.origin.scheme == watchkeep_core::grant::Scheme::Https {
        draft.config("ignore_certificate", true);
        draft.allow(TLS_UNVERIFIED, origin);
    }
    kinds::client(draft, endpoint);
    let (mut find, mut slow) = (Vec::new(), None);
    for (text, condition) in &endpoint.conditions {
        let is_taken = match condition.about {
            About::Connected => answer::is_true(condition),
            About::ResponseTime => {
                answer::response_time(condition).map(|millis| slow = Some(millis)).is_some()
            }
            About::Body => expected(condition, &mut find),
            _ => false,
        };
        if !is_taken {
            draft.lost(format!("the condition `{text}`"));
        }
    }
    one_or_many(draft, "expect", find);
    if let Some(slow) = slow {
        draft.config("response_time_critical", span::write(slow.max(1)));
    }
    true
}

/// Adds the texts that must arrive.
pub(super) fn expected(condition: &Condition, find: &mut Vec<String>) -> bool {
    let text = match &condition.wanted {
        Wanted::Text(text) => text.as_str(),
        Wanted::Pattern(pattern) => pattern.trim_matches('*'),
        Wanted::Any(_) => return false,
    };
    let is_text = condition.operator == Operator::Equal && !text.is_empty() && !text.contains('*');
    if is_text && is_pattern(&Wanted::regular(text)) {
        find.push(text.to_owned());
    }
    is_text
}
