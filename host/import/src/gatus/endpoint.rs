//! An endpoint: what all kinds have in common, and which kind it is.

use super::condition::Condition;
use super::{Thresholds, kinds, known, web};
use crate::draft::{Draft, Work};
use crate::model::EntryKind;
use crate::span;
use crate::tree::Node;

const KEYS: [&str; 19] = [
    "alerts",
    "body",
    "client",
    "conditions",
    "dns",
    "enabled",
    "extra-labels",
    "graphql",
    "group",
    "headers",
    "insecure",
    "interval",
    "maintenance-windows",
    "method",
    "name",
    "ssh",
    "store",
    "ui",
    "url",
];

/// An endpoint that is being imported.
pub(super) struct Endpoint<'n> {
    pub(super) node: &'n Node,
    pub(super) url: String,
    /// The conditions that could be parsed; the others are reported.
    pub(super) conditions: Vec<(String, Condition)>,
}

impl Endpoint<'_> {
    pub(super) fn client(&self) -> Option<&Node> {
        self.node.get("client")
    }
    pub(super) fn is_insecure(&self) -> bool {
        self.node.is_on("insecure") || self.client().is_some_and(|client| client.is_on("insecure"))
    }
    /// The timeout in milliseconds.
    pub(super) fn timeout(&self) -> Option<u64> {
        span::parse(&self.client()?.text("timeout")?)
    }
    pub(super) fn is_pinged_over(&self) -> Option<&'static str> {
        match self.client()?.text("network")?.as_str() {
            "ip4" => Some("ipv4"),
            "ip6" => Some("ipv6"),
            _ => None,
        }
    }
}

pub(super) fn endpoint(work: &mut Work, node: &Node, place: &str, thresholds: &Thresholds) {
    let Some(url) = node.text("url") else {
        work.lost(place, "it has no `url`");
        return;
    };
    let name = node.text("name").unwrap_or_default();
    if let Err(variables) = known(&name) {
        work.lost(place, format!("its name has `{variables}` of the environment in it"));
        return;
    }
    let wanted = match node.text("group") {
        Some(group) => format!("{group}.{name}"),
        None => name,
    };
    let mut draft = work.draft(EntryKind::Check, &wanted, place);
    let conditions = conditions(&mut draft, node);
    let mut endpoint = Endpoint { node, url, conditions };
    domain(work, &mut endpoint, &mut draft);
    let is_kept = match Kind::of(&endpoint) {
        Kind::Http => web::http(work, &endpoint, &mut draft),
        Kind::Other(write) => write(work, &endpoint, &mut draft),
        Kind::None(why) => {
            work.give_up(&draft, why);
            false
        }
    };
    if is_kept {
        common(&mut draft, node, thresholds);
        work.keep(draft);
    }
}

enum Kind {
    Http,
    Other(fn(&mut Work, &Endpoint<'_>, &mut Draft) -> bool),
    None(&'static str),
}

impl Kind {
    fn of(endpoint: &Endpoint<'_>) -> Self {
        if endpoint.node.get("dns").is_some() {
            return Kind::Other(kinds::dns);
        }
        if endpoint.node.get("ssh").is_some() {
            return Kind::Other(kinds::ssh);
        }
        let scheme = endpoint.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => Kind::Http,
            Some("tcp") => Kind::Other(kinds::tcp),
            Some("tls") => Kind::Other(kinds::tls),
            Some("starttls") => Kind::Other(kinds::starttls),
            Some("icmp") => Kind::Other(kinds::ping),
            Some("ssh") => Kind::Other(kinds::ssh),
            Some("grpc" | "grpcs") => Kind::Other(kinds::grpc),
            Some("ws" | "wss") => Kind::Other(web::websocket),
            Some("udp") => Kind::None("an endpoint over UDP; no check sends datagrams of one's own"),
            Some("sctp") => Kind::None("an endpoint over SCTP, which no check speaks"),
            Some(_) => Kind::None("its URL has a scheme that no check speaks"),
            None => Kind::None("its URL has no scheme"),
        }
    }
}

fn conditions(draft: &mut Draft, node: &Node) -> Vec<(String, Condition)> {
    let mut all = Vec::new();
    for text in node.words("conditions") {
        let read = match known(&text) {
            Ok(text) => Condition::parse(&text).map(|condition| (text, condition)),
            Err(variables) => {
                draft.lost(format!("a condition with `{variables}` of the environment in it"));
                continue;
            }
        };
        match read {
            Some(condition) => all.push(condition),
            None => draft.lost(format!("the condition `{text}`")),
        }
    }
    all
}

/// Makes the check for the expiry of a domain, which is separate.
fn domain(work: &mut Work, endpoint: &mut Endpoint<'_>, draft: &mut Draft) {
    use super::condition::About;
    let (asked, others): (Vec<_>, Vec<_>) = std::mem::take(&mut endpoint.conditions)
        .into_iter()
        .partition(|(_, condition)| condition.about == About::DomainExpiration);
    endpoint.conditions = others;
    let Some((text, condition)) = asked.into_iter().next() else { return };
    match kinds::domain(work, endpoint, draft, &condition) {
        Some(name) => draft.differs(format!("the condition `{text}` is the check `{name}`")),
        None => draft.lost(format!("the condition `{text}`")),
    }
}

fn common(draft: &mut Draft, node: &Node, thresholds: &Thresholds) {
    draft.enabled(node.flag("enabled") != Some(false));
    if let Some(interval) = node.text("interval") {
        match span::parse(&interval) {
            Some(millis) => draft.interval(millis),
            None => draft.lost("its `interval`, which is not a span of time"),
        }
    }
    alerts(draft, node, thresholds);
    if let Some(group) = node.text("group") {
        draft.label("group", &group);
    }
    for (name, value) in node.get("extra-labels").map(Node::entries).unwrap_or_default() {
        match value.word().map(|value| known(&value)) {
            Some(Ok(value)) if !crate::secrets::has_login(&value) => draft.label(name, &value),
            _ => draft.lost(format!("the label `{name}`")),
        }
    }
    if node.get("maintenance-windows").is_some() {
        draft.lost("its maintenance windows; write them as [[maintenance]] with `match = ['check=\"...\"']`");
    }
    if node.get("store").is_some() {
        draft.lost("`store`, which is of suites");
    }
    for key in node.others(&KEYS) {
        draft.lost(format!("`{key}`, which this importer does not know"));
    }
}

/// Sets the thresholds from the strictest of its alerts.
fn alerts(draft: &mut Draft, node: &Node, thresholds: &Thresholds) {
    const FAILURES: u32 = 3;
    const SUCCESSES: u32 = 2;
    let mut types: Vec<String> = Vec::new();
    let mut strictest: Option<(u32, u32)> = None;
    for alert in node.list("alerts").iter().filter(|alert| alert.flag("enabled") != Some(false)) {
        let kind = alert.text("type").unwrap_or_default();
        let (failures, successes) = thresholds.get(&kind).copied().unwrap_or_default();
        let failures = alert.count("failure-threshold").or(failures).unwrap_or(FAILURES);
        let successes = alert.count("success-threshold").or(successes).unwrap_or(SUCCESSES);
        match strictest {
            Some((least, _)) if least != failures => {
                draft.differs(format!(
                    "alert `{kind}` counts to {failures}; one threshold holds for all, the least"
                ));
            }
            _ => {}
        }
        strictest = Some(match strictest {
            Some(least) if least.0 <= failures => least,
            _ => (failures, successes),
        });
        if !kind.is_empty() && !types.contains(&kind) {
            types.push(kind);
        }
    }
    if let Some((failures, successes)) = strictest {
        draft.failure_threshold(failures);
        draft.success_threshold(successes);
    }
    if !types.is_empty() {
        draft.label("alerts", &types.join(","));
    }
}
