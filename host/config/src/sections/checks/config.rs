//! The plugin's part of a check: merged from the check and its templates, key by key.

use super::Reading;
use crate::keys::CHECK;
use crate::plugin_config::{Accepted, Given};
use crate::plugin_facts::PluginFacts;
use crate::problems::Problems;
use crate::reader::{Reader, wrong_kind};
use crate::tree::{Table, Value};

impl Reading<'_, '_> {
    /// `None` if it is not taken; without a plugin there is nothing to hold it against.
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
            let Some(entry) = layer.get("config") else { continue };
            let node = reader.placeholders.fill(&entry.node, &path, problems)?;
            let Value::Table(table) = &node.value else {
                problems.push(wrong_kind(&node, &path, "a table").hint("write it as `config = { ... }`"));
                return None;
            };
            merged.0.extend(table.0.iter().map(|(key, entry)| (key.clone(), entry.clone())));
        }
        let whole = self.whole();
        let user = format!("{} `{name}`", crate::gather::bare(CHECK.noun));
        let given =
            Given { table: &merged, whole, own: self.element.span, extent: self.extent, user: &user, path };
        self.validators.accept(plugin?, &given, self.around.secrets, problems)
    }
}
