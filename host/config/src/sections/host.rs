//! `[host]`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use ipnet::IpNet;
use watchkeep_core::ids::SecretName;
use watchkeep_core::limits::Ceilings;

use crate::config::{HostConfig, TlsFiles};
use crate::each::Placeholders;
use crate::keys::{HOST, PUBLIC_TLS, Section, TLS};
use crate::limits::read_ceilings;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys, wrong_kind};
use crate::source::Sources;
use crate::text::parse_span;
use crate::tree::{Node, Table, Value};

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8686);

/// Reads the section. A wrong value is replaced by its default, so that more can be checked. `folder` is the config's.
pub(crate) fn read(
    table: &Table,
    folder: PathBuf,
    labels: &mut BTreeMap<String, String>,
    sources: &Sources,
    problems: &mut Problems,
) -> HostConfig {
    let root = KeyPath::Root;
    let path = root.key("host");
    refuse_unknown_keys(&HOST, table, &path, problems);
    let layers = [table];
    let reader = Reader { section: &HOST, layers: &layers, path, placeholders: Placeholders::Literal };
    let default_span =
        |key: &str| parse_span(HOST.key(key).default).expect("defaults in the table are spans");
    let admin_token = admin_token(&reader, problems);
    let users = reader.flag("users", problems).unwrap_or(false);
    let tls = tls_files(&reader, ("tls", &TLS), sources, problems);
    let public_tls = tls_files(&reader, ("public_tls", &PUBLIC_TLS), sources, problems);
    let public_listen = listen(&reader, "public_listen", problems);
    if public_listen.is_none()
        && let Some(entry) = reader.entry("public_tls")
    {
        let message = "there is no `public_listen`, so `public_tls` is of no use";
        let draft = Draft::warning(entry.key, &path.key("public_tls"), message);
        problems.push(draft.hint("add `public_listen`, or take it out; the pages have `tls`").may_follow());
    }
    let listen = listen(&reader, "listen", problems);
    let has_sign_in = users || reader.entry("admin_token").is_some() || reader.entry("oidc").is_some();
    if let Some(listen) = &listen
        && !listen.value.ip().is_loopback()
        && !has_sign_in
    {
        let message = format!("`listen` is beyond loopback (`{}`), and nobody has to sign in", listen.value);
        problems.push(Draft::error(listen.span, &path.key("listen"), message).hint(
            "add `users = true`, or `admin_token = { secret = \"admin-token\" }` and that secret under [secrets], or listen on `127.0.0.1`",
        ));
    }
    if let Some(listen) = listen.as_ref().filter(|_| has_sign_in) {
        in_the_clear(&reader, listen, problems);
    }
    let listen = listen.map_or(LISTEN, |listen| listen.value);
    two_addresses(listen, public_listen.as_ref(), &path, problems);
    reader.labels(labels, problems);
    let external_url = reader.url("external_url", problems).unwrap_or_else(|| match tls {
        Some(_) => format!("https://{listen}"),
        None => format!("http://{listen}"),
    });
    HostConfig {
        data_dir: reader.path("data_dir", sources, problems).unwrap_or_else(|| folder.join("data")),
        listen,
        public_listen: public_listen.map(|listen| listen.value),
        public_url: reader.url("public_url", problems).unwrap_or_else(|| external_url.clone()),
        external_url,
        tls,
        public_tls,
        trusted_proxies: trusted_proxies(&reader, problems),
        plugin_dir: reader.path("plugin_dir", sources, problems).unwrap_or_else(|| folder.join("plugins")),
        plugin_settle: reader
            .span("plugin_settle", problems)
            .unwrap_or_else(|| default_span("plugin_settle")),
        plugin_settle_max: reader
            .span("plugin_settle_max", problems)
            .unwrap_or_else(|| default_span("plugin_settle_max")),
        plugin_canary: reader
            .span("plugin_canary", problems)
            .unwrap_or_else(|| default_span("plugin_canary")),
        ca_file: reader.path("ca_file", sources, problems),
        private_networks: networks(&reader, "private_networks", problems)
            .into_iter()
            .map(|network| network.value)
            .collect(),
        labels: labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        admin_token,
        users,
        ceilings: match reader.entry("ceilings") {
            Some(entry) => read_ceilings(&entry.node, path.key("ceilings"), problems),
            None => Ceilings::default(),
        },
        concurrency: reader.count("concurrency", problems).unwrap_or(1024),
        results_keep: reader.span("results_keep", problems).unwrap_or_else(|| default_span("results_keep")),
        five_minutes_keep: reader
            .span("five_minutes_keep", problems)
            .unwrap_or_else(|| default_span("five_minutes_keep")),
        hours_keep: reader.span("hours_keep", problems).unwrap_or_else(|| default_span("hours_keep")),
        days_keep: reader.span("days_keep", problems).unwrap_or_else(|| default_span("days_keep")),
        transitions_keep: reader
            .span("transitions_keep", problems)
            .unwrap_or_else(|| default_span("transitions_keep")),
        snapshots_keep: reader
            .span("snapshots_keep", problems)
            .unwrap_or_else(|| default_span("snapshots_keep")),
        snapshots_bytes_max: reader.size("snapshots_max", problems).unwrap_or(10 << 30),
        snapshots_each: reader.count("snapshots_each", problems).unwrap_or(10_000),
        database_bytes_max: reader.size("database_max", problems),
        store_cache_bytes: reader.size("store_cache", problems).unwrap_or(48 << 20),
    }
}

/// Warns if passwords and tokens cross a network where everybody can read them. Where `external_url` begins with `https`,
/// or there are trusted proxies, somebody in front of the host sees to it.
fn in_the_clear(reader: &Reader<'_>, listen: &Placed<SocketAddr>, problems: &mut Problems) {
    let url = reader.entry("external_url").and_then(|entry| as_text(&entry.node));
    let is_covered = reader.entry("tls").is_some()
        || reader.entry("trusted_proxies").is_some()
        || url.is_some_and(|url| url.starts_with("https://"));
    if listen.value.ip().is_loopback() || is_covered {
        return;
    }
    let message = "passwords, cookies and tokens cross the network in the clear";
    let draft = Draft::warning(listen.span, &reader.path.key("listen"), message).may_follow();
    problems.push(draft.hint(
        "add `tls = { certificate = \"cert.pem\", key = \"key.pem\" }`; if a proxy in front of the host speaks HTTPS, \
         name it in `trusted_proxies`",
    ));
}

/// Reports if both addresses are the same. An unspecified address takes its port on every address.
fn two_addresses(
    listen: SocketAddr,
    public: Option<&Placed<SocketAddr>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) {
    let Some(public) = public else { return };
    let (one, other) = (listen.ip(), public.value.ip());
    let meet = one == other || one.is_unspecified() || other.is_unspecified();
    if listen.port() == public.value.port() && listen.port() != 0 && meet {
        let message =
            format!("`public_listen` (`{}`) and `listen` (`{listen}`) are one address", public.value);
        let draft = Draft::error(public.span, &path.key("public_listen"), message);
        problems.push(draft.hint("give it a port of its own, such as `\"0.0.0.0:8687\"`"));
    }
}

fn listen(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> Option<Placed<SocketAddr>> {
    let text = reader.text(key, problems)?;
    match text.value.parse() {
        Ok(value) => Some(Placed { value, span: text.span }),
        Err(_) => {
            let message = format!("`{}` is not an address to listen on", text.value);
            let draft = Draft::error(text.span, &reader.path.key(key), message);
            problems.push(
                draft.hint("write address and port as numbers: `\"127.0.0.1:8686\"` or `\"[::1]:8686\"`"),
            );
            None
        }
    }
}

/// The files of a certificate and its key. They are looked into when the host is started, and by `validate`.
fn tls_files(
    reader: &Reader<'_>,
    (section, keys): (&'static str, &'static Section),
    sources: &Sources,
    problems: &mut Problems,
) -> Option<TlsFiles> {
    let entry = reader.entry(section)?;
    let path = reader.path.key(section);
    let Value::Table(table) = &entry.node.value else {
        let draft = wrong_kind(&entry.node, &path, "a table");
        problems.push(
            draft.hint(format!(
                "write it as `{section} = {{ certificate = \"cert.pem\", key = \"key.pem\" }}`"
            )),
        );
        return None;
    };
    refuse_unknown_keys(keys, table, &path, problems);
    let layers = [table];
    let reader = Reader { section: keys, layers: &layers, path, placeholders: Placeholders::Literal };
    let mut file = |key: &str| {
        if reader.entry(key).is_none() {
            let draft = Draft::error(entry.key, &path, format!("[host.{section}] has no `{key}`"));
            problems.push(draft.hint(format!("add `{key} = \"FILE.pem\"`")));
            return None;
        }
        reader.path(key, sources, problems)
    };
    let (certificate, key) = (file("certificate"), file("key"));
    let place = Arc::new(sources.place(&entry.key.into(), &[]));
    Some(TlsFiles { certificate: certificate?, key: key?, section, place })
}

/// The networks of `trusted_proxies`. Whoever trusts all addresses lets everybody say who they are.
fn trusted_proxies(reader: &Reader<'_>, problems: &mut Problems) -> Vec<IpNet> {
    let networks = networks(reader, "trusted_proxies", problems);
    if let Some(everything) = networks.iter().find(|network| network.value.prefix_len() == 0) {
        let message =
            format!("`{}` trusts everybody, so that anybody could claim to be anywhere", everything.value);
        let draft = Draft::error(everything.span, &reader.path.key("trusted_proxies"), message);
        problems.push(draft.hint("name the addresses of the proxies, such as `\"10.0.0.7\"`"));
    }
    networks.into_iter().map(|network| network.value).collect()
}

fn networks(reader: &Reader<'_>, name: &str, problems: &mut Problems) -> Vec<Placed<IpNet>> {
    let key = reader.path.key(name);
    let mut networks = Vec::new();
    for text in reader.texts(name, problems).unwrap_or_default() {
        let alone = text.value.parse::<IpAddr>().map(IpNet::from);
        match text.value.parse::<IpNet>().or(alone) {
            Ok(network) => networks.push(Placed { value: network, span: text.span }),
            Err(_) => {
                let draft = Draft::error(text.span, &key, format!("`{}` is not a network", text.value));
                problems.push(draft.hint("write it as `\"10.0.0.0/8\"`"));
            }
        }
    }
    networks
}

/// The name of the secret; whether it exists is checked when the secrets have been read.
fn admin_token(reader: &Reader<'_>, problems: &mut Problems) -> Option<SecretName> {
    let node = reader.node("admin_token", problems)?;
    let path = reader.path.key("admin_token");
    match reference(&node) {
        Some(name) => Some(SecretName::from(name.value.as_str())),
        None => {
            problems.mask(node.span);
            let draft = wrong_kind(&node, &path, "a secret");
            problems
                .push(draft.hint(
                    "write it as `{ secret = \"admin-token\" }`, and give that secret under [secrets]",
                ));
            None
        }
    }
}

/// The name in `{ secret = "NAME" }`.
pub(crate) fn reference(node: &Node) -> Option<Placed<String>> {
    let Value::Table(table) = &node.value else { return None };
    let inner = &table.get("secret")?.node;
    let name = as_text(inner)?;
    (table.0.len() == 1).then(|| Placed { value: name.to_owned(), span: inner.span })
}
