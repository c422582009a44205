//! `[host]`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use watchkeep_core::ids::SecretName;
use watchkeep_core::limits::Ceilings;

use crate::config::HostConfig;
use crate::each::Placeholders;
use crate::keys::HOST;
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
    let public_listen = listen(&reader, "public_listen", problems);
    let listen = listen(&reader, "listen", problems);
    if let Some(listen) = &listen
        && !listen.value.ip().is_loopback()
        && reader.entry("admin_token").is_none()
        && !users
    {
        let message = format!("`listen` is beyond loopback (`{}`), and nobody has to sign in", listen.value);
        problems.push(Draft::error(listen.span, &path.key("listen"), message).hint(
            "add `users = true`, or `admin_token = { secret = \"admin-token\" }` and that secret under [secrets], or listen on `127.0.0.1`",
        ));
    }
    let listen = listen.map_or(LISTEN, |listen| listen.value);
    two_addresses(listen, public_listen.as_ref(), &path, problems);
    reader.labels(labels, problems);
    let external_url = reader.url("external_url", problems).unwrap_or_else(|| format!("http://{listen}"));
    HostConfig {
        data_dir: reader.path("data_dir", sources, problems).unwrap_or_else(|| folder.join("data")),
        listen,
        public_listen: public_listen.map(|listen| listen.value),
        public_url: reader.url("public_url", problems).unwrap_or_else(|| external_url.clone()),
        external_url,
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
        private_networks: networks(&reader, problems),
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

fn networks(reader: &Reader<'_>, problems: &mut Problems) -> Vec<IpNet> {
    let key = reader.path.key("private_networks");
    let mut networks = Vec::new();
    for text in reader.texts("private_networks", problems).unwrap_or_default() {
        let alone = text.value.parse::<IpAddr>().map(IpNet::from);
        match text.value.parse::<IpNet>().or(alone) {
            Ok(network) => networks.push(network),
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
