//! What every answer has to be, whatever stands in it.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method};
use scraper::{Html, Selector};

use crate::support::ask::{Answer, request, send};

/// Elements that pages of this host are not made of: those that run, load or lead somewhere by themselves.
const FOREIGN: [&str; 14] = [
    "iframe",
    "object",
    "embed",
    "base",
    "style",
    "frame",
    "applet",
    "audio",
    "video",
    "template",
    "math",
    "animate",
    "set",
    "foreignobject",
];
/// Attributes that lead somewhere.
const LINKS: [&str; 10] =
    ["href", "src", "action", "formaction", "xlink:href", "srcset", "poster", "data", "ping", "background"];

/// With the admin's token, as a browser asks.
pub(super) const ADMIN: [(&str, &str); 3] =
    [("authorization", "Bearer s3cret"), ("accept", "text/html"), ("origin", "http://localhost:8686")];

pub(super) async fn asked(
    router: &Router,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Answer {
    let mut request = request(method.clone(), path, headers);
    let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    *request.body_mut() = body;
    send(router.clone(), request).await
}

/// Panics if a browser would take any text in the answer for more than text.
pub(super) fn is_inert(what: &str, answer: &Answer) {
    let media_type = answer.header("content-type");
    is_guarded(what, &answer.headers);
    if media_type.starts_with("text/html") {
        is_page_of_ours(what, &answer.text);
    }
    if let Some(to) = answer.headers.get("location") {
        let to = to.to_str().unwrap();
        assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{what} leads to {to}");
    }
}

fn is_page_of_ours(what: &str, text: &str) {
    let page = Html::parse_document(text);
    for node in page.select(&Selector::parse("*").unwrap()) {
        let element = node.value();
        let name = element.name().to_ascii_lowercase();
        assert!(!FOREIGN.contains(&&*name), "{what} has a <{name}>");
        if name == "script" {
            let ours = element.attr("src").is_some_and(|src| src.starts_with("/assets/"));
            assert!(ours && node.text().next().is_none(), "{what} has a script of others");
        }
        if name == "meta" && element.attr("http-equiv").is_some() {
            let to = element.attr("content").and_then(|content| content.split_once("url=")).map(|(_, to)| to);
            assert!(to.is_some_and(|to| to.starts_with('/')), "{what} goes on to {to:?}");
        }
        for (attribute, value) in element.attrs() {
            assert!(!attribute.starts_with("on") && attribute != "style", "{what}: <{name} {attribute}>");
            assert!(attribute != "srcdoc", "{what}: <{name} {attribute}>");
            if LINKS.contains(&attribute) {
                let lower = value.to_ascii_lowercase();
                let here = value.starts_with(['/', '#', '?']) && !value.starts_with("//");
                let web = ["https://", "http://"].iter().any(|scheme| lower.starts_with(scheme));
                // Only what somebody follows may leave this host.
                let leaves = web && name == "a" && attribute == "href";
                assert!(here || leaves, "{what}: <{name} {attribute}={value:?}>");
            }
        }
    }
}

/// The headers that tell a browser to run nothing of others, to guess no type and to show it in no frame.
pub(super) fn is_guarded(what: &str, headers: &HeaderMap) {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let policy = header("content-security-policy");
    for rule in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{what}: {policy:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{what}: {policy:?}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("access-control-allow-origin"), "", "{what}");
    // A status page may be kept for some seconds: it is the same for everybody.
    let kept = header("cache-control");
    let is_public = what.contains("/status/") && kept.starts_with("public, max-age=");
    // A row's picture may be kept for minutes, by the browser of who saw it and for nobody else.
    let is_own = what.contains("/latency.svg")
        && kept.starts_with("private, max-age=")
        && header("vary").contains("cookie");
    assert!(kept.contains("no-store") || kept.contains("immutable") || is_public || is_own, "{what}: {kept}");
}
