//! `[plugin.NAME]`.

use std::collections::BTreeMap;

use watchkeep_core::ids::{PluginName, ReceiverName};
use watchkeep_core::limits::Limits;

use super::without_plugin::RESERVED;
use crate::config::PluginSettings;
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::PLUGIN;
use crate::limits::{Above, read_limits};
use crate::names::Names;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::text::nearest;
use crate::tree::Value;

pub(crate) fn read(
    gathered: &Gathered<'_>,
    plugins: &BTreeMap<PluginName, PluginFacts>,
    names: &Names,
    above: Above<'_>,
    problems: &mut Problems,
) -> BTreeMap<PluginName, PluginSettings> {
    let root = KeyPath::Root;
    let all = root.key("plugin");
    let mut all_settings = BTreeMap::new();
    for (name, entry) in gathered.named("plugin") {
        let path = all.key(name);
        if RESERVED.contains(&name) {
            let message = format!("`{name}` is not a plugin: the host does it itself");
            let draft = Draft::error(entry.key, &path, message);
            problems.push(draft.hint("take the section out, and give the plugin another name if it is one"));
            continue;
        }
        if !plugins.contains_key(name) {
            // Its file may be added later, and its grants should already be in place then.
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
            Some(entry) => read_limits(&entry.node, path.key("limits"), above, problems),
            None => Limits::default(),
        };
        let settings = PluginSettings {
            allow: reader.allow(names, problems),
            limits,
            labels: labels.into_iter().collect(),
            owner: owner(&reader, names, problems),
        };
        all_settings.insert(PluginName::from(name), settings);
    }
    all_settings
}

/// One receiver or several; an empty list is a mistake.
fn owner(reader: &Reader<'_>, names: &Names, problems: &mut Problems) -> Vec<ReceiverName> {
    let owners = reader.one_or_more("owner", names, problems);
    if let (Some([]), Some(entry)) = (owners.as_deref(), reader.entry("owner"))
        && matches!(&entry.node.value, Value::List(list) if list.is_empty())
    {
        let draft = Draft::error(entry.node.span, &reader.path.key("owner"), "`owner` names no receiver");
        problems.push(draft.hint("name a receiver, or take it out: then routes decide who is told"));
    }
    owners.unwrap_or_default().iter().map(|name| ReceiverName::from(name.value.as_str())).collect()
}
