//! Monitors other than HTTP.

use super::timeout;
use crate::NewKey;
use crate::address::{host, host_port};
use crate::draft::{Draft, Work};
use crate::expect::one_or_many;
use crate::gatus::{every_of, key, name_server};
use crate::given::EnvText;
use crate::span;
use crate::tree::Node;
use crate::value::{Value, table};

/// The `host:port` of a monitor, whose host may have a scheme of its own.
fn address(work: &mut Work, draft: &Draft, monitor: &Node, default: Option<u16>) -> Option<String> {
    let name = monitor.text("hostname").unwrap_or_default();
    let is_bare_ipv6 = name.parse::<std::net::Ipv6Addr>().is_ok();
    let name = if is_bare_ipv6 { format!("[{name}]") } else { name };
    let port = monitor.count("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
    match host_port(&name, port.or(default)) {
        Ok(address) => Some(address),
        Err(why) => {
            work.give_up(draft, why);
            None
        }
    }
}

pub(super) fn port(work: &mut Work, draft: &mut Draft, monitor: &Node, turned: bool) -> bool {
    let Some(address) = address(work, draft, monitor, None) else { return false };
    draft.key("plugin", "tcp");
    draft.config("address", address);
    if turned {
        draft.config("expect_closed", true);
    }
    true
}

pub(super) fn ping(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    const SIZE_MAX: u32 = 9_000;
    const COUNT_MAX: u32 = 100;
    let host = match host(&monitor.text("hostname").unwrap_or_default()) {
        Ok(host) => host,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "ping");
    draft.config("host", host);
    if let Some(size) = monitor.count("packetSize").filter(|size| *size != 56) {
        draft.config("size", size.min(SIZE_MAX));
    }
    if let Some(count) = monitor.count("ping_count").filter(|count| *count > 1) {
        draft.config("count", count.min(COUNT_MAX));
    }
    true
}

pub(super) fn dns(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    let name = monitor.text("hostname").unwrap_or_default();
    if name.trim().is_empty() {
        work.give_up(draft, "it asks for no name");
        return false;
    }
    let port = monitor.count("port").filter(|port| *port != 53 && *port != 0);
    let mut servers: Vec<String> = Vec::new();
    for server in monitor.text("dns_resolve_server").unwrap_or_default().split(',') {
        let address = match (server.trim().parse::<std::net::IpAddr>(), port) {
            (Ok(address), Some(port)) => {
                u16::try_from(port).ok().map(|port| std::net::SocketAddr::new(address, port).to_string())
            }
            _ => name_server(server.trim()),
        };
        match address {
            Some(address) if !servers.contains(&address) => servers.push(address),
            Some(_) => {}
            None if server.trim().is_empty() => {}
            None => draft.lost("a name server that is a name; write its address, such as `192.0.2.53`"),
        }
    }
    draft.key("plugin", "dns");
    draft.config("name", name.trim().trim_end_matches('.'));
    if let Some(kind) = monitor.text("dns_resolve_type") {
        draft.config("type", kind.to_ascii_uppercase());
    }
    one_or_many(draft, "server", servers);
    true
}

/// Makes a heartbeat, which waits for pings as a push monitor does.
pub(super) fn push(work: &mut Work, draft: &mut Draft, monitor: &Node, new_key: NewKey<'_>) -> bool {
    const DEFAULT: f64 = 60.0;
    let millis = |seconds: f64| (seconds * 1_000.0) as u64;
    let every = monitor.number("interval").unwrap_or(DEFAULT);
    let retries = f64::from(monitor.count("maxretries").unwrap_or(0));
    let grace = retries * monitor.number("retryInterval").unwrap_or(0.0).max(0.0);
    key(work, draft, monitor.text("pushToken").map(EnvText::Plain), new_key);
    draft.key("every", every_of(millis(every)));
    const MONTH: u64 = 30 * 24 * 60 * 60 * 1_000;
    draft.key("grace", span::write(millis(grace).min(MONTH)));
    true
}

pub(super) fn mqtt(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    const CLEAR: u16 = 1883;
    const TLS: u16 = 8883;
    let scheme =
        monitor.text("hostname").and_then(|name| name.split_once("://").map(|(scheme, _)| scheme.to_owned()));
    let is_tls = matches!(scheme.as_deref(), Some("mqtts" | "ssl" | "tls"));
    if matches!(scheme.as_deref(), Some("ws" | "wss")) {
        work.give_up(draft, "MQTT over a WebSocket, which no check speaks");
        return false;
    }
    let default = if is_tls { TLS } else { CLEAR };
    let Some(address) = address(work, draft, monitor, Some(default)) else { return false };
    draft.key("plugin", "mqtt");
    let origins = vec![format!("tcp://{address}")];
    draft.config("address", address);
    if is_tls {
        draft.config("tls", true);
    }
    if let Some(user) = monitor.text("mqttUsername") {
        draft.config("user", user);
        if let Some(password) = monitor.text("mqttPassword") {
            let hint = format!("{}-password", draft.name);
            match work.secrets.take(&hint, &EnvText::Plain(password), &origins) {
                Ok(name) => {
                    draft.config("password", crate::value::secret(name.clone()));
                    draft.allow("reveal", name);
                }
                Err(why) => draft.lost(format!("its password, which {why}")),
            }
        }
    }
    message(draft, monitor);
    true
}

fn message(draft: &mut Draft, monitor: &Node) {
    let Some(topic) = monitor.text("mqttTopic") else { return };
    let mut entries = vec![("topic".to_owned(), Value::Text(topic))];
    let is_json = monitor.text("mqttCheckType").as_deref() == Some("json-query");
    match monitor.text("mqttSuccessMessage") {
        Some(text) if !is_json => entries.push(("expect".to_owned(), Value::Text(text))),
        _ if is_json => draft.lost("what it expects of the message's JSON"),
        _ => {}
    }
    draft.config("message", Value::Table(entries));
}

/// Carries over only the method that says how a server is.
pub(super) fn grpc(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    let service = monitor.text("grpcServiceName").unwrap_or_default();
    if !service.ends_with("Health") {
        work.give_up(
            draft,
            "it calls a method of a service's own; the check `grpc` asks `grpc.health.v1.Health`",
        );
        return false;
    }
    let is_tls = monitor.is_on("grpcEnableTls");
    let (scheme, port) = if is_tls { ("https", 443) } else { ("http", 80) };
    let address = match host_port(&monitor.text("grpcUrl").unwrap_or_default(), Some(port)) {
        Ok(address) => address,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "grpc");
    draft.config("url", format!("{scheme}://{address}"));
    if monitor.is_on("invertKeyword") {
        draft.lost("`invertKeyword`");
    }
    if monitor.get("grpcMetadata").is_some_and(|node| node.word().is_some_and(|text| text.trim().len() > 2)) {
        draft.lost("its metadata; write it as `metadata` or `secret_metadata`");
    }
    if monitor.get("grpcBody").is_some_and(|node| node.word().is_some_and(|text| text.trim().len() > 2)) {
        draft.lost("its body: write the service that it asks about as `service`");
    }
    true
}

/// Carries a Redis monitor over, with the words of the protocol.
pub(super) fn redis(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    const PORT: u16 = 6379;
    let text = monitor.text("databaseConnectionString").unwrap_or_default();
    let is_tls = text.starts_with("rediss://");
    let address = match host_port(&text, Some(PORT)) {
        Ok(address) => address,
        Err(why) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "tcp");
    let origins = vec![format!("tcp://{address}")];
    draft.config("address", address);
    if is_tls {
        draft.config("tls", true);
    }
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let login = rest.split('/').next().and_then(|rest| rest.rsplit_once('@')).map(|(login, _)| login);
    let ping = [table([("send", "PING\r\n".into())]), table([("expect", "+PONG".into())])];
    match login.filter(|login| !login.is_empty()) {
        None => {
            draft.config("send", "PING\r\n");
            draft.config("expect", "+PONG");
        }
        Some(login) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let hint = format!("{}-password", draft.name);
            let Some(secret) = draft.secret(
                &mut work.secrets,
                ("its password", &hint),
                &EnvText::literal(password),
                &origins,
            ) else {
                return true;
            };
            let is_name = user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            let auth = match user {
                "" | "default" => "AUTH {secret}\r\n".to_owned(),
                user if is_name => format!("AUTH {user} {{secret}}\r\n"),
                _ => "AUTH {secret}\r\n".to_owned(),
            };
            let mut talk =
                vec![table([("send", auth.into()), ("secret", secret)]), table([("expect", "+OK".into())])];
            talk.extend(ping);
            draft.config("talk", Value::List(talk));
        }
    }
    true
}

pub(super) fn smtp(work: &mut Work, draft: &mut Draft, monitor: &Node) -> bool {
    const PORT: u16 = 25;
    let Some(address) = address(work, draft, monitor, Some(PORT)) else { return false };
    draft.key("plugin", "smtp");
    draft.config("address", address);
    match monitor.text("smtpSecurity").as_deref() {
        Some("secure") => draft.config("security", "tls"),
        Some("starttls") => {}
        _ => draft.config("security", "plaintext"),
    }
    if let Some(timeout) = timeout(monitor) {
        draft.timeout(timeout);
    }
    true
}
