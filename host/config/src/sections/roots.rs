//! `[roots]`: folders of this machine whose files may be read, with the names under which plugins ask for them and
//! grants are written. Whether a folder exists is only known when it is used: it may be mounted later.

mod mounts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use watchkeep_core::grant::parse_root_name;
use watchkeep_core::ids::RootName;

use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::ROOT;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::tree::Value;

const HINT: &str = "write it as `logs = { path = \"/var/log\" }`";

/// The hint for such a folder: with its files, a plugin could read even the host's own memory.
const WORKINGS_HINT: &str = "name the folder that holds the files, such as `/var/log`; what this machine does is read through \
                             `system`";

pub(crate) fn read(gathered: &Gathered<'_>, problems: &mut Problems) -> BTreeMap<RootName, PathBuf> {
    let root = KeyPath::Root;
    let all = root.key("roots");
    let mut roots = BTreeMap::new();
    for (name, entry) in gathered.named("roots") {
        let path = all.key(name);
        let name = match parse_root_name(name) {
            Ok(name) => name,
            Err(error) => {
                let draft = Draft::error(entry.key, &path, format!("`{name}` is not a valid root name"));
                problems.push(draft.hint(error.hint));
                continue;
            }
        };
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table").hint(HINT));
            continue;
        };
        refuse_unknown_keys(&ROOT, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &ROOT, layers: &layers, path, placeholders: Placeholders::Literal };
        let before = problems.len();
        match whole_path(&reader, "path", problems) {
            Some(folder) => {
                if let Some(problem) = mounts::workings_in(&folder) {
                    let span = reader.entry("path").map_or(entry.key, |given| given.node.span);
                    let message =
                        format!("`{}` is not a valid root for plugins: {problem}", folder.display());
                    let draft = Draft::error(span, &reader.path.key("path"), message);
                    problems.push(draft.hint(WORKINGS_HINT));
                }
                roots.insert(name, folder);
            }
            None if problems.len() > before => {}
            None => {
                let draft = Draft::error(entry.key, &path, format!("root `{name}` has no `path`"));
                problems.push(draft.hint(HINT));
            }
        }
    }
    roots
}

/// An absolute path, which does not depend on where the config is.
pub(super) fn whole_path(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> Option<PathBuf> {
    let text = reader.text(key, problems)?;
    if Path::new(&text.value).is_absolute() {
        return Some(text.value.into());
    }
    let message = format!("`{key}` is a relative path: `{}`", text.value);
    let draft = Draft::error(text.span, &reader.path.key(key), message);
    problems.push(draft.hint("write the whole path, beginning with `/`"));
    None
}
