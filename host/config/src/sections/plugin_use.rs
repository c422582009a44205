//! The plugin's config of a receiver or an action, which have it from no template.

use super::checks::ReadContext;
use crate::gather::Element;
use crate::plugin_config::{self, Accepted, Validators};
use crate::plugin_facts::PluginFacts;
use crate::problems::Problems;
use crate::reader::{Reader, wrong_kind};
use crate::tree::{Table, Value};

/// `user` names whose config it is: "receiver `chat`".
pub(crate) fn config(
    element: &Element<'_>,
    reader: &Reader<'_>,
    facts: Option<&PluginFacts>,
    user: &str,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    problems: &mut Problems,
) -> Option<Accepted> {
    let path = reader.path.key("config");
    let none = Table::default();
    let (table, whole) = match element.table.get("config") {
        None => (&none, element.span),
        Some(entry) => match &entry.node.value {
            Value::Table(table) => (table, entry.key),
            _ => {
                let draft = wrong_kind(&entry.node, &path, "a table");
                problems.push(draft.hint("write it as `config = { ... }`"));
                return None;
            }
        },
    };
    let given = plugin_config::MergedConfig {
        table,
        whole,
        own: element.span,
        extent: element.table.extent(element.span),
        user,
        path,
    };
    validators.accept(facts?, &given, around.secrets, problems)
}
