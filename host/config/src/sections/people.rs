//! `[person.NAME]`, and `people` of a receiver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchkeep_core::ids::{PersonName, PluginName};
use watchkeep_core::reply::{Person, Readers};

use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::{Named, PERSON};
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, check_name, refuse_unknown_keys, wrong_kind};
use crate::source::Span;
use crate::tree::{Table, Value};

/// Stands for every person of the config.
const EVERYBODY: &str = "*";
/// The longest name and the longest id. Both are shown in messages and on pages.
const TEXT_BYTES_MAX: usize = 100;

type People = BTreeMap<PersonName, Arc<Person>>;

pub(crate) fn read(gathered: &Gathered<'_>, names: &Names, problems: &mut Problems) -> People {
    let root = KeyPath::Root;
    let all = root.key("person");
    let mut people = People::new();
    let mut given = BTreeMap::new();
    for (name, entry) in gathered.named("person") {
        let path = all.key(name);
        check_name(name, entry.key, &path, problems);
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table"));
            continue;
        };
        refuse_unknown_keys(&PERSON, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &PERSON, layers: &layers, path, placeholders: Placeholders::Literal };
        let shown = reader.text("name", problems);
        if let Some(shown) = &shown {
            must_be_short(&shown.value, shown.span, &path.key("name"), problems);
        }
        let shown = shown.map_or_else(|| name.to_owned(), |shown| shown.value);
        let ids = ids(name, table, &path.key("ids"), names, &mut given, problems);
        let name = PersonName::from(name);
        people.insert(name.clone(), Arc::new(Person { name, shown, ids }));
    }
    people
}

/// `given` says whose each id is: one id of two people would leave open who answered.
fn ids(
    person: &str,
    table: &Table,
    path: &KeyPath<'_>,
    names: &Names,
    given: &mut BTreeMap<(PluginName, String), String>,
    problems: &mut Problems,
) -> BTreeMap<PluginName, BTreeSet<String>> {
    let mut ids = BTreeMap::new();
    let Some(entry) = table.get("ids") else { return ids };
    let Value::Table(table) = &entry.node.value else {
        let draft = wrong_kind(&entry.node, path, "a table of texts");
        problems.push(draft.hint("write it as `ids = { slack = \"U012AB3CD\" }`"));
        return ids;
    };
    for (plugin, entry) in table.iter() {
        let path = path.key(plugin);
        // Only plugins that something in the config uses are known.
        if !names.has(Named::Plugin, plugin) {
            let message = format!("nothing here uses a plugin `{plugin}`, so this id is of no use");
            let hint = "write the plugin of a receiver that this person reads, such as `slack`";
            problems.push(Draft::warning(entry.key, &path, message).hint(hint));
        }
        let Some(id) = as_text(&entry.node) else {
            problems.push(wrong_kind(&entry.node, &path, "a text").hint("put it in quotes"));
            continue;
        };
        must_be_short(id, entry.node.span, &path, problems);
        let plugin = PluginName::from(plugin);
        if let Some(other) = given.insert((plugin.clone(), id.to_owned()), person.to_owned()) {
            let message = format!("`{id}` is the id of person `{other}` already");
            let hint = "give each person the service's own id of that person";
            problems.push(Draft::error(entry.node.span, &path, message).hint(hint));
        }
        ids.insert(plugin, BTreeSet::from([id.to_owned()]));
    }
    ids
}

fn must_be_short(text: &str, span: Span, path: &KeyPath<'_>, problems: &mut Problems) {
    let is_good =
        !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
    if !is_good {
        let draft = Draft::error(span, path, "this is empty, too long, or has control characters in it");
        problems.push(draft.hint(format!("write 1 to {TEXT_BYTES_MAX} bytes of text")));
    }
}

/// Who reads a receiver; `None` if it does not say.
pub(crate) fn readers(reader: &Reader<'_>, names: &Names, problems: &mut Problems) -> Option<Readers> {
    let given = reader.texts("people", problems)?;
    if let [only] = given.as_slice()
        && only.value == EVERYBODY
    {
        return Some(Readers::Everybody);
    }
    let path = reader.path.key("people");
    let known = given.into_iter().filter(|name| names.check(Named::Person, name, &path, problems));
    Some(Readers::These(known.map(|name| PersonName::from(name.value.as_str())).collect()))
}
