//! The plugin's part of a check: merged from the check and its templates, key by key, with tables in it merged
//! likewise.

use super::Reading;
use crate::keys::CHECK;
use crate::plugin_config::{Accepted, MergedConfig};
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, Problems};
use crate::reader::{Reader, texts_of, wrong_kind};
use crate::sections::host::reference;
use crate::text::nearest;
use crate::tree::{Table, Value};

impl Reading<'_, '_> {
    /// The config; `None` if the plugin does not accept it. Without a plugin, there is nothing to check it against.
    pub(super) fn config(
        &mut self,
        reader: &Reader<'_>,
        plugin: Option<&PluginFacts>,
        name: &str,
        problems: &mut Problems,
    ) -> Option<Accepted> {
        let path = reader.path.key("config");
        let mut merged = Table::default();
        for layer in self.layers.iter().rev() {
            self.unset(layer, reader, &mut merged, problems);
            let Some(entry) = layer.get("config") else { continue };
            let node = reader.placeholders.fill(&entry.node, &path, problems)?;
            let Value::Table(table) = &node.value else {
                problems.push(wrong_kind(&node, &path, "a table").hint("write it as `config = { ... }`"));
                return None;
            };
            lay_over(&mut merged, table);
        }
        let whole = self.whole();
        let user = format!("{} `{name}`", crate::gather::bare(CHECK.noun));
        let given = MergedConfig {
            table: &merged,
            whole,
            own: self.element.span,
            extent: self.extent,
            user: &user,
            path,
        };
        self.validators.accept(plugin?, &given, self.around.secrets, problems)
    }

    /// Removes what the layer does not want from those below it.
    fn unset(&self, layer: &Table, reader: &Reader<'_>, merged: &mut Table, problems: &mut Problems) {
        let Some(entry) = layer.get("unset") else { return };
        let path = reader.path.key("unset");
        for key in texts_of(&entry.node, &path, problems).unwrap_or_default() {
            if take_out(merged, &key.value) {
                continue;
            }
            let message = format!("no template gives `{}` in its `config`", key.value);
            let draft = Draft::error(key.span, &path, message);
            let known: Vec<&str> = merged.iter().map(|(name, _)| name).collect();
            problems.push(draft.hint(match nearest(&key.value, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "take it out: there is nothing to unset".to_owned(),
                None => format!("they give `{}`; a key in a table is `headers.NAME`", known.join("`, `")),
            }));
        }
    }
}

/// Merges tables, and replaces everything else. A secret is one value, although it is written as a table.
fn lay_over(below: &mut Table, over: &Table) {
    for (key, entry) in over.iter() {
        match (below.0.get_mut(key).map(|entry| &mut entry.node), &entry.node.value) {
            (Some(node), Value::Table(more))
                if reference(node).is_none() && reference(&entry.node).is_none() =>
            {
                match &mut node.value {
                    Value::Table(table) => lay_over(table, more),
                    _ => *node = entry.node.clone(),
                }
            }
            _ => {
                below.0.insert(key.to_owned(), entry.clone());
            }
        }
    }
}

/// Removes a key, `find`, or `headers.accept` in a table. Returns whether it existed.
fn take_out(table: &mut Table, key: &str) -> bool {
    if table.0.remove(key).is_some() {
        return true;
    }
    let parts = key.match_indices('.').map(|(at, _)| (&key[..at], &key[at + 1..]));
    parts.into_iter().any(|(first, rest)| match table.0.get_mut(first).map(|entry| &mut entry.node.value) {
        Some(Value::Table(inner)) => take_out(inner, rest),
        _ => false,
    })
}
