//! `[plugin.NAME]`.

use std::collections::BTreeMap;

use watchkeep_core::ids::PluginName;

use crate::config::PluginSettings;
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::{LIMITS, PLUGIN};
use crate::limits::Limits;
use crate::names::Names;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::text::nearest;
use crate::tree::{Node, Value};

pub(crate) fn read(
    gathered: &Gathered<'_>,
    plugins: &BTreeMap<PluginName, PluginFacts>,
    names: &Names,
    problems: &mut Problems,
) -> BTreeMap<PluginName, PluginSettings> {
    let root = KeyPath::Root;
    let all = root.key("plugin");
    let mut settings = BTreeMap::new();
    for (name, entry) in gathered.named("plugin") {
        let path = all.key(name);
        if !plugins.contains_key(name) {
            // Its file may come later, and then its grants should be there already.
            let draft = Draft::warning(entry.key, &path, format!("no plugin `{name}` is loaded"));
            let near = nearest(name, plugins.keys().map(PluginName::as_str));
            problems.push(match near {
                Some(near) => draft.hint(format!("did you mean `{near}`?")),
                None => draft.hint("put its file into `plugin_dir`, or take this section out"),
            });
        }
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table"));
            continue;
        };
        refuse_unknown_keys(&PLUGIN, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &PLUGIN, layers: &layers, path, placeholders: Placeholders::Literal };
        let mut labels = BTreeMap::new();
        reader.labels(&mut labels, problems);
        let limits = match reader.entry("limits") {
            Some(entry) => limits(&entry.node, &path.key("limits"), problems),
            None => Limits::default(),
        };
        let allow = reader.allow(names, problems);
        let labels = labels.into_iter().collect();
        settings.insert(PluginName::from(name), PluginSettings { allow, limits, labels });
    }
    settings
}

fn limits(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Limits {
    let default = Limits::default();
    let Value::Table(table) = &node.value else {
        let draft = wrong_kind(node, path, "a table");
        problems.push(draft.hint("write it as `limits = { memory = \"32MiB\" }`"));
        return default;
    };
    refuse_unknown_keys(&LIMITS, table, path, problems);
    let layers = [table];
    let reader =
        Reader { section: &LIMITS, layers: &layers, path: *path, placeholders: Placeholders::Literal };
    Limits {
        memory_bytes: reader.size("memory", problems).unwrap_or(default.memory_bytes),
        cpu: reader.span("cpu", problems).unwrap_or(default.cpu),
        host_calls: reader.count("host_calls", problems).unwrap_or(default.host_calls),
        http_requests: reader.count("http_requests", problems).unwrap_or(default.http_requests),
        connections: reader.count("connections", problems).unwrap_or(default.connections),
        net_bytes: reader.size("net_bytes", problems).unwrap_or(default.net_bytes),
        datagrams: reader.count("datagrams", problems).unwrap_or(default.datagrams),
        dns_queries: reader.count("dns_queries", problems).unwrap_or(default.dns_queries),
        echoes: reader.count("echoes", problems).unwrap_or(default.echoes),
        file_bytes: reader.size("file_bytes", problems).unwrap_or(default.file_bytes),
        commands: reader.count("commands", problems).unwrap_or(default.commands),
        kv_bytes: reader.size("kv", problems).unwrap_or(default.kv_bytes),
        log_lines: reader.count("log_lines", problems).unwrap_or(default.log_lines),
        concurrency: reader.count("concurrency", problems).unwrap_or(default.concurrency),
    }
}
