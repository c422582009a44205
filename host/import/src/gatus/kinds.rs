//! Endpoints other than HTTP.

use super::answer;
use super::condition::{About, Condition, Operator};
use super::endpoint::Endpoint;
use super::{known, web};
use crate::address::{host, host_of, host_port};
use crate::draft::{Draft, Work};
use crate::expect::{expiry, one_or_many};
use crate::model::EntryKind;
use crate::request::TLS_UNVERIFIED;
use crate::span;
use crate::tree::Node;

/// The URL if nothing in it comes from the environment; otherwise that is reported.
fn plain_url(work: &mut Work, endpoint: &Endpoint<'_>, draft: &Draft) -> Option<String> {
    match known(&endpoint.url) {
        Ok(url) => Some(url),
        Err(variables) => {
            work.give_up(
                draft,
                format!("its URL has `{variables}` of the environment in it, which is not known here"),
            );
            None
        }
    }
}

fn address(work: &mut Work, endpoint: &Endpoint<'_>, draft: &Draft, port: Option<u16>) -> Option<String> {
    let url = plain_url(work, endpoint, draft)?;
    match host_port(&url, port) {
        Ok(address) => Some(address),
        Err(why) => {
            work.give_up(draft, why);
            None
        }
    }
}

/// Sets the time for everything, for plugins whose default is shorter.
pub(super) fn client(draft: &mut Draft, endpoint: &Endpoint<'_>) {
    if let Some(timeout) = endpoint.timeout() {
        draft.timeout(timeout);
        draft.config("timeout", span::write(timeout.max(1)));
    }
    if let Some(client) = endpoint.client() {
        web::common_client(draft, client);
    }
}

/// What was found in conditions about a connection.
#[derive(Default)]
struct Conditions {
    slow: Option<u64>,
    closed: bool,
    expiry: Option<u64>,
    find: Vec<String>,
}

fn asked(draft: &mut Draft, endpoint: &Endpoint<'_>, takes: &[About]) -> Conditions {
    let mut asked = Conditions::default();
    for (text, condition) in &endpoint.conditions {
        let is_taken = takes.contains(&condition.about) && take(condition, &mut asked);
        if !is_taken {
            draft.lost(format!("the condition `{text}`"));
        }
    }
    asked
}

fn take(condition: &Condition, asked: &mut Conditions) -> bool {
    match condition.about {
        About::Connected => {
            let is_false = condition.operator == Operator::Equal
                && condition.wanted.texts().is_some_and(|texts| texts == ["false"]);
            asked.closed |= is_false;
            is_false || answer::is_true(condition)
        }
        About::ResponseTime => answer::response_time(condition).map(|slow| asked.slow = Some(slow)).is_some(),
        About::CertificateExpiration => answer::days(condition)
            .map(|days| asked.expiry = Some(asked.expiry.unwrap_or(0).max(days)))
            .is_some(),
        About::Body => web::expected(condition, &mut asked.find),
        // How a session ended, or that a server said it is well.
        About::Status => {
            condition.operator == Operator::Equal
                && condition.wanted.numbers().is_some_and(|numbers| numbers == [0])
        }
        _ => false,
    }
}

fn slow(draft: &mut Draft, asked: &Conditions) {
    if let Some(slow) = asked.slow {
        draft.config("response_time_critical", span::write(slow.max(1)));
    }
}

pub(super) fn tcp(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let Some(address) = address(work, endpoint, draft, None) else { return false };
    draft.key("plugin", "tcp");
    draft.config("address", address);
    let mut asked = asked(draft, endpoint, &[About::Connected, About::ResponseTime, About::Body]);
    if asked.closed {
        draft.config("expect_closed", true);
        if endpoint.node.get("body").is_some() || !asked.find.is_empty() {
            draft.lost("its body: nothing is said on a port that is closed");
        }
    } else {
        send(draft, endpoint);
        one_or_many(draft, "expect", std::mem::take(&mut asked.find));
    }
    slow(draft, &asked);
    client(draft, endpoint);
    true
}

fn send(draft: &mut Draft, endpoint: &Endpoint<'_>) {
    let Some(body) = endpoint.node.text("body") else { return };
    match known(&body) {
        Ok(body) if !crate::secrets::may_hold_secret(&body) => draft.config("send", body),
        _ => draft.lost("its body, which may have a secret in it: write it as `talk` with a `secret`"),
    }
}

pub(super) fn tls(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    handshake(work, endpoint, draft, None)
}

pub(super) fn starttls(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    handshake(work, endpoint, draft, Some("smtp"))
}

fn handshake(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft, protocol: Option<&str>) -> bool {
    let Some(address) = address(work, endpoint, draft, None) else { return false };
    let talks = endpoint.node.get("body").is_some();
    draft.key("plugin", if talks { "tcp" } else { "tls" });
    let origin = format!("tcp://{address}");
    draft.config("address", address);
    if talks {
        draft.config("tls", true);
        send(draft, endpoint);
        let mut asked = asked(draft, endpoint, &[About::Connected, About::ResponseTime, About::Body]);
        one_or_many(draft, "expect", std::mem::take(&mut asked.find));
        slow(draft, &asked);
        if endpoint.is_insecure() {
            draft.config("ignore_certificate", true);
            draft.allow(TLS_UNVERIFIED, origin);
        }
    } else {
        if let Some(protocol) = protocol {
            draft.config("starttls", protocol);
        }
        let asked =
            asked(draft, endpoint, &[About::Connected, About::ResponseTime, About::CertificateExpiration]);
        expiry(draft, "", asked.expiry);
        if endpoint.is_insecure() {
            draft.config("ignore_trust", true);
        }
        slow(draft, &asked);
    }
    client(draft, endpoint);
    true
}

pub(super) fn ping(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let Some(url) = plain_url(work, endpoint, draft) else { return false };
    let named = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let named = named.split(['/', '?', '#']).next().unwrap_or(named);
    let host = match host(named) {
        Ok(host) => host,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "ping");
    draft.config("host", host);
    let asked = asked(draft, endpoint, &[About::Connected, About::ResponseTime]);
    if asked.closed {
        work.give_up(draft, "that nothing answers is well there, and never for a ping");
        return false;
    }
    if let Some(slow) = asked.slow {
        draft.config("round_trip_critical", span::write(slow.max(1)));
    }
    if let Some(family) = endpoint.is_pinged_over() {
        draft.config("ip_family", family);
    }
    let timeout = endpoint.timeout().filter(|timeout| *timeout < 9_000);
    if let Some(timeout) = timeout {
        draft.config("timeout", span::write(timeout.max(1)));
    }
    if let Some(client) = endpoint.client() {
        web::common_client(draft, client);
    }
    true
}

pub(super) fn ssh(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    const PORT: u16 = 22;
    let Some(address) = address(work, endpoint, draft, Some(PORT)) else { return false };
    draft.key("plugin", "ssh");
    draft.config("address", address);
    let is_login = |key: &str| endpoint.node.get("ssh").is_some_and(|ssh| ssh.get(key).is_some());
    if ["username", "password", "private-key"].into_iter().any(is_login) {
        draft.lost("its login, and the command that is run then: nobody logs in");
    }
    let takes = [About::Connected, About::ResponseTime, About::Status];
    let asked = asked(draft, endpoint, &takes);
    slow(draft, &asked);
    client(draft, endpoint);
    true
}

pub(super) fn grpc(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let Some(url) = plain_url(work, endpoint, draft) else { return false };
    let is_tls = url.to_ascii_lowercase().starts_with("grpcs");
    let address = match host_port(&url, Some(if is_tls { 443 } else { 80 })) {
        Ok(address) => address,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "grpc");
    let origin = format!("{}://{address}", if is_tls { "https" } else { "http" });
    draft.config("url", origin.as_str());
    if is_tls && endpoint.is_insecure() {
        draft.config("ignore_certificate", true);
        draft.allow(TLS_UNVERIFIED, origin);
    }
    let takes = [About::Connected, About::ResponseTime, About::Status, About::CertificateExpiration];
    let asked = asked(draft, endpoint, &takes);
    slow(draft, &asked);
    expiry(draft, "tls_", asked.expiry);
    if endpoint.node.get("headers").is_some() {
        draft.lost("its headers; write them as `metadata`");
    }
    client(draft, endpoint);
    true
}

pub(super) fn dns(work: &mut Work, endpoint: &Endpoint<'_>, draft: &mut Draft) -> bool {
    let Some(url) = plain_url(work, endpoint, draft) else { return false };
    let name = endpoint.node.get("dns").and_then(|dns| dns.text("query-name")).map(|name| known(&name));
    let Some(Ok(name)) = name else {
        work.give_up(draft, "it asks for no name that is known here");
        return false;
    };
    let Some(server) = name_server(&url) else {
        work.give_up(draft, "its name server is a name; give its address, such as `192.0.2.53`");
        return false;
    };
    draft.key("plugin", "dns");
    draft.config("name", name.trim_end_matches('.'));
    if let Some(kind) = endpoint.node.get("dns").and_then(|dns| dns.text("query-type")) {
        draft.config("type", kind.to_ascii_uppercase());
    }
    draft.config("server", server);
    let mut records = Vec::new();
    let mut is_slow = None;
    for (text, condition) in &endpoint.conditions {
        let is_taken = match condition.about {
            About::Body => record(condition, &mut records),
            About::DnsRcode => rcode(condition, draft),
            About::Connected => answer::is_true(condition),
            About::ResponseTime => {
                answer::response_time(condition).map(|slow| is_slow = Some(slow)).is_some()
            }
            _ => false,
        };
        if !is_taken {
            draft.lost(format!("the condition `{text}`"));
        }
    }
    one_or_many(draft, "expect_some", records);
    slow(draft, &Conditions { slow: is_slow, ..Conditions::default() });
    client(draft, endpoint);
    true
}

/// A name server, as in `192.0.2.53` or `[2001:db8::53]:5353`; the port of DNS is left out.
pub(crate) fn name_server(text: &str) -> Option<String> {
    const PORT: &str = ":53";
    let text = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Some(address.to_string());
    }
    let with_port: std::net::SocketAddr = text.parse().ok()?;
    let whole = with_port.to_string();
    match whole.strip_suffix(PORT) {
        Some(_) => Some(with_port.ip().to_string()),
        None => Some(whole),
    }
}

fn record(condition: &Condition, records: &mut Vec<String>) -> bool {
    let Some([text]) = condition.wanted.texts() else { return false };
    let is_record = condition.operator == Operator::Equal && !text.is_empty() && !text.contains('*');
    if is_record {
        records.push(text.clone());
    }
    is_record
}

fn rcode(condition: &Condition, draft: &mut Draft) -> bool {
    let Some(texts) = condition.wanted.texts() else { return false };
    let is_code = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if condition.operator != Operator::Equal
        || !texts.iter().all(is_code)
        || draft.has_config("expect_status")
    {
        return false;
    }
    if texts != ["NOERROR"] {
        one_or_many(draft, "expect_status", texts.to_vec());
    }
    true
}

/// Makes the check for the end of a domain, and its name.
pub(super) fn domain(
    work: &mut Work,
    endpoint: &Endpoint<'_>,
    of: &Draft,
    condition: &Condition,
) -> Option<String> {
    let days = answer::days(condition)?;
    let url = known(&endpoint.url).ok()?;
    let address = host_port(&url, Some(1)).ok()?;
    let name = host_of(&address).trim_start_matches("www.");
    if name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok() || !name.contains('.') {
        return None;
    }
    let mut draft =
        work.draft(EntryKind::Check, &format!("{}-domain", of.name), format!("{}, its domain", of.place));
    draft.key("plugin", "domain");
    draft.key("interval", "1h");
    draft.enabled(endpoint.node.flag("enabled") != Some(false));
    if let Some(group) = endpoint.node.get("group").and_then(Node::word) {
        draft.label("group", &group);
    }
    draft.config("domains", name);
    draft.allow("http", "https://data.iana.org".to_owned());
    draft.leave_to_do("grant its registry's server as well: the first run names the line");
    expiry(&mut draft, "", Some(days));
    let made = draft.name.clone();
    work.keep(draft);
    Some(made)
}
