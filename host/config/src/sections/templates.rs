//! `[template.NAME]`: the tables that a check is laid over, in order.

use std::collections::BTreeMap;

use crate::gather::Gathered;
use crate::keys::{Named, TEMPLATE};
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, check_name, refuse_unknown_keys, texts_of, wrong_kind};
use crate::source::Span;
use crate::tree::{Table, Value};

/// For every template, its own table and those of the templates that it uses; the first wins.
pub(crate) type Templates<'a> = BTreeMap<&'a str, Vec<&'a Table>>;

struct TemplateEntry<'a> {
    key: Span,
    table: &'a Table,
    uses: Vec<Placed<String>>,
}

pub(crate) fn read<'a>(gathered: &Gathered<'a>, names: &Names, problems: &mut Problems) -> Templates<'a> {
    let root = KeyPath::Root;
    let all = root.key("template");
    let mut given = BTreeMap::new();
    for (name, entry) in gathered.named("template") {
        let path = all.key(name);
        check_name(name, entry.key, &path, problems);
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table"));
            continue;
        };
        refuse_unknown_keys(&TEMPLATE, table, &path, problems);
        let uses = uses(table, &path, names, problems);
        given.insert(name, TemplateEntry { key: entry.key, table, uses });
    }
    let mut templates = Templates::new();
    for name in given.keys().copied().collect::<Vec<_>>() {
        flatten(name, &given, &mut templates, &mut Vec::new(), problems);
    }
    templates
}

/// The templates under `use`, in the order in which they are written: of two, the later wins.
pub(crate) fn uses(
    table: &Table,
    path: &KeyPath<'_>,
    names: &Names,
    problems: &mut Problems,
) -> Vec<Placed<String>> {
    let Some(entry) = table.get("use") else { return Vec::new() };
    let path = path.key("use");
    let texts = texts_of(&entry.node, &path, problems).unwrap_or_default();
    texts.into_iter().filter(|text| names.check(Named::Template, text, &path, problems)).collect()
}

fn flatten<'a>(
    name: &'a str,
    given: &BTreeMap<&'a str, TemplateEntry<'a>>,
    done: &mut Templates<'a>,
    above: &mut Vec<&'a str>,
    problems: &mut Problems,
) {
    const DEPTH_MAX: usize = 32;
    let Some((name, template)) = given.get_key_value(name) else { return };
    if done.contains_key(name) {
        return;
    }
    let root = KeyPath::Root;
    let all = root.key("template");
    let path = all.key(name);
    above.push(name);
    let mut layers = vec![template.table];
    for used in template.uses.iter().rev() {
        let Some((used_name, _)) = given.get_key_value(used.value.as_str()) else { continue };
        if let Some(at) = above.iter().position(|other| other == used_name) {
            let circle = above[at..].iter().chain([used_name]).copied().collect::<Vec<_>>().join("` -> `");
            let draft =
                Draft::error(used.span, &path.key("use"), format!("templates use each other: `{circle}`"));
            problems.push(draft.hint("take one of them out"));
            continue;
        }
        if above.len() >= DEPTH_MAX {
            let message = format!("templates use each other more than {DEPTH_MAX} deep");
            problems.push(Draft::error(template.key, &path, message).hint("put some of them together"));
            continue;
        }
        flatten(used_name, given, done, above, problems);
        layers.extend(done.get(used_name).into_iter().flatten());
    }
    above.pop();
    done.insert(name, layers);
}
