//! Decisions about this machine: its sockets, files below named folders, named programs. In every case, the operator
//! has to name it first.

use std::path::Path;

use super::super::local::{parse_socket_name, plain_path};
use super::super::machine::{parse_command_name, parse_root_name, plain_relative_path};
use super::{add_hint, decide, granted_or, invalid_host, what};
use crate::grant::{Access, Capability, Denial, Rights};

pub(super) fn decide_socket(rights: &Rights, name: &str) -> Result<(), Denial> {
    decide_named(rights, Capability::NetLocal, name, name)?;
    granted_or(rights, Capability::NetLocal, name, |allow| {
        allow.net_local.iter().any(|socket| socket.as_str() == name)
    })
}

pub(super) fn decide_local(rights: &Rights, socket: &str, method: &str, path: &str) -> Result<(), Denial> {
    let entry = format!("{socket} {method} {path}");
    decide_named(rights, Capability::HttpLocal, socket, &entry)?;
    plain_path(path).map_err(|problem| Denial {
        message: format!("HTTP over socket `{socket}`: {problem}, so that no grant holds it"),
        hint: "the plugin's author has to write the path as it is meant".to_owned(),
    })?;
    granted_or(rights, Capability::HttpLocal, &entry, |allow| {
        allow.http_local.iter().any(|pattern| pattern.covers(socket, method, path))
    })
}

/// Decides whether the operator named such a socket at all.
fn decide_named(rights: &Rights, of: Capability, socket: &str, entry: &str) -> Result<(), Denial> {
    let name = parse_socket_name(socket).map_err(|error| invalid_host(of, error))?;
    if rights.ceiling.sockets.contains_key(&name) {
        return Ok(());
    }
    let example = format!("`{name} = {{ path = \"/run/{name}.sock\" }}` under [sockets]");
    Err(unnamed(rights, (of, entry), rights.ceiling.sockets.keys(), &example))
}

/// The denial for something that the operator did not name. `example` shows how it would be named, and where.
fn unnamed<N: ToString>(
    rights: &Rights,
    (of, entry): (Capability, &str),
    known: impl Iterator<Item = N>,
    example: &str,
) -> Denial {
    let known: Vec<String> = known.map(|name| name.to_string()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
    Denial {
        message: format!("{}, which the config does not name (it names {known})", what(of, entry)),
        hint: format!("name it as {example}, and {}", add_hint(rights, of, entry)),
    }
}

pub(super) fn decide_socket_file(rights: &Rights, call: &Access<'_>, path: &Path) -> Result<(), Denial> {
    decide(rights, call)?;
    if !rights.ceiling.own_sockets.iter().any(|own| own == path) {
        return Ok(());
    }
    Err(Denial {
        message: format!("{call}, since `{}` is where this host itself listens", path.display()),
        hint: "no grant opens the host's own sockets to a plugin".to_owned(),
    })
}

pub(super) fn decide_file(rights: &Rights, root: &str, path: &str) -> Result<(), Denial> {
    let of = Capability::Files;
    let name = parse_root_name(root).map_err(|error| invalid_host(of, error))?;
    if !rights.ceiling.roots.contains_key(&name) {
        let example = format!("`{name} = {{ path = \"/srv/{name}\" }}` under [roots]");
        return Err(unnamed(rights, (of, root), rights.ceiling.roots.keys(), &example));
    }
    granted_or(rights, of, root, |allow| allow.files.contains(&name))?;
    plain_relative_path(path).map_err(|problem| Denial {
        message: format!("`{}` below folder `{root}`: {problem}", path.escape_debug()),
        hint: "paths are relative to the folder and stay below it, such as `app/today.log`".to_owned(),
    })
}

pub(super) fn decide_found_file(rights: &Rights, call: &Access<'_>, path: &Path) -> Result<(), Denial> {
    decide(rights, call)?;
    if !rights.ceiling.closed.iter().any(|closed| path.starts_with(closed)) {
        return Ok(());
    }
    Err(Denial {
        message: format!(
            "{call}, since `{}` belongs to this host itself: its data, its config or a secret",
            path.display()
        ),
        hint: "no grant opens the host's own files to a plugin".to_owned(),
    })
}

pub(super) fn decide_command(rights: &Rights, name: &str) -> Result<(), Denial> {
    let of = Capability::Commands;
    let known = parse_command_name(name).map_err(|error| invalid_host(of, error))?;
    if !rights.ceiling.commands.contains_key(&known) {
        let example = format!("`program = \"/usr/bin/{name}\"` under [commands.{name}]");
        return Err(unnamed(rights, (of, name), rights.ceiling.commands.keys(), &example));
    }
    granted_or(rights, of, name, |allow| allow.commands.contains(&known))
}
