//! `[sockets]`: stream sockets of this machine, with the names under which plugins ask for them and grants are written.
//! Whether a socket exists is only known when it is used: it comes and goes with its service.

use std::collections::BTreeMap;
use std::path::PathBuf;

use watchkeep_core::grant::parse_socket_name;
use watchkeep_core::ids::SocketName;

use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::SOCKET;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::source::Sources;
use crate::tree::Value;

const HINT: &str = "write it as `docker = { path = \"/run/docker.sock\" }`";

pub(crate) fn read(
    gathered: &Gathered<'_>,
    sources: &Sources,
    problems: &mut Problems,
) -> BTreeMap<SocketName, PathBuf> {
    let root = KeyPath::Root;
    let all = root.key("sockets");
    let mut sockets = BTreeMap::new();
    for (name, entry) in gathered.named("sockets") {
        let path = all.key(name);
        let name = match parse_socket_name(name) {
            Ok(name) => name,
            Err(error) => {
                let draft = Draft::error(entry.key, &path, format!("`{name}` is not a valid socket name"));
                problems.push(draft.hint(error.hint));
                continue;
            }
        };
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table").hint(HINT));
            continue;
        };
        refuse_unknown_keys(&SOCKET, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &SOCKET, layers: &layers, path, placeholders: Placeholders::Literal };
        let before = problems.len();
        match reader.path("path", sources, problems) {
            Some(file) => drop(sockets.insert(name, file)),
            None if problems.len() > before => {}
            None => {
                let draft = Draft::error(entry.key, &path, format!("socket `{name}` has no `path`"));
                problems.push(draft.hint(HINT));
            }
        }
    }
    sockets
}
