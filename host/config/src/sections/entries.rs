//! `each` and `each_file`: one check, heartbeat or rule for every entry.

use crate::each::{EachEntry, Placeholders, has_placeholder, read_csv};
use crate::gather::Element;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{as_text, wrong_kind};
use crate::source::Sources;
use crate::tree::{Table, Value};

/// Calls `one` for every entry, or once if there are no entries. `noun` says what is read: `check`.
pub(crate) fn for_each(
    element: &Element<'_>,
    noun: &str,
    path: &KeyPath<'_>,
    sources: &mut Sources,
    problems: &mut Problems,
    mut one: impl FnMut(Placeholders<'_>, &mut Problems),
) {
    match entries(element, noun, path, sources, problems) {
        Entries::Without => one(Placeholders::Forbidden, problems),
        Entries::With(table) => {
            for (key, entry) in table.in_text_order() {
                let Value::Table(fields) = &entry.node.value else {
                    let draft = wrong_kind(&entry.node, &path.key("each").key(key), "a table of fields");
                    problems.push(draft.hint(format!("write it as `{key} = {{ url = \"...\" }}`")));
                    continue;
                };
                let entry = EachEntry { key, span: entry.key, fields };
                one(Placeholders::Fill(&entry), problems);
            }
        }
        Entries::Broken => {}
    }
}

enum Entries {
    Without,
    With(Table),
    /// The entries have errors, which are reported; the check is left out.
    Broken,
}

fn entries(
    element: &Element<'_>,
    noun: &str,
    path: &KeyPath<'_>,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Entries {
    let inline = element.table.get("each");
    let file = element.table.get("each_file");
    let (entry, table) = match (inline, file) {
        (None, None) => return Entries::Without,
        (Some(inline), Some(file)) => {
            let draft = Draft::error(
                file.key,
                &path.key("each_file"),
                format!("the {noun} has both `each` and `each_file`"),
            );
            problems.push(draft.hint("keep one of the two").note(inline.key, "the other one"));
            return Entries::Broken;
        }
        (Some(inline), None) => match &inline.node.value {
            Value::Table(table) => (inline, table.clone()),
            _ => {
                let draft = wrong_kind(&inline.node, &path.key("each"), "a table of entries");
                problems.push(draft.hint("write it as `each = { shop = { url = \"...\" } }`"));
                return Entries::Broken;
            }
        },
        (None, Some(file)) => {
            let key = path.key("each_file");
            let Some(name) = as_text(&file.node) else {
                problems.push(wrong_kind(&file.node, &key, "the name of a CSV file"));
                return Entries::Broken;
            };
            let whole = sources.folder(file.node.span.file).join(name);
            match read_csv(&whole, file.node.span, &key, sources, problems) {
                Some(table) => (file, table),
                None => return Entries::Broken,
            }
        }
    };
    if table.0.is_empty() {
        let draft = Draft::warning(entry.key, path, format!("there is no entry, so this makes no {noun}"));
        problems.push(draft.hint(format!("add an entry, or delete the {noun}")));
    }
    if let Some(name) = element.table.get("name")
        && table.0.len() > 1
        && !has_placeholder(&name.node)
    {
        let draft = Draft::error(name.node.span, &path.key("name"), "every entry would get the same name");
        problems.push(draft.hint("put the entry's key into it, such as `name = \"site-${each.key}\"`"));
        return Entries::Broken;
    }
    Entries::With(table)
}
