//! The table of decisions. Each case is one line: what was granted, what is tried, and the result.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::*;
use crate::ids::{CommandName, PluginName, RootName, SecretName, SocketName};

use self::Answer::{Never, Open};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Open,
    /// Denied, but allowed once the entry in the hint is added to the config.
    Denied,
    /// Denied, and no entry allows it.
    Never,
}

/// The rights for a text. Words are separated by `;`: `http ENTRY` and the like are in `allow`, `target http VALUE` is
/// in the check's config, `private NETWORK` and `own ADDRESS` are in the ceiling, `asks http ENTRY` is what the plugin
/// states, `dry` makes a dry run.
fn rights(given: &str) -> Rights {
    let mut allow = Allow::default();
    let mut stated: Option<Allow> = None;
    let mut targets = Vec::new();
    let mut ceiling = Ceiling::default();
    let mut aim = Aim::Act;
    for item in given.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let words: Vec<&str> = item.split(' ').collect();
        match *words.as_slice() {
            ["dry"] => aim = Aim::Look,
            ["target", capability, value] => targets.push(Target::from_config(capability, value).unwrap()),
            ["private", network] => ceiling.private_networks.push(network.parse().unwrap()),
            ["own", listener] => ceiling.own_listeners.push(listener.parse().unwrap()),
            ["asks", capability, entry] => {
                stated.get_or_insert_default().parse_entry(capability, entry).unwrap();
            }
            ["socket", name, path] => {
                ceiling.sockets.insert(SocketName::from(name), path.into());
            }
            ["own_socket", path] => ceiling.own_sockets.push(path.into()),
            ["root", name, path] => {
                ceiling.roots.insert(RootName::from(name), path.into());
            }
            ["closed", path] => ceiling.closed.push(path.into()),
            ["program", name] => {
                ceiling.commands.insert(CommandName::from(name), Arc::new(program()));
            }
            ["http_local", ..] => allow.parse_entry("http_local", &words[1..].join(" ")).unwrap(),
            ["system", ..] => allow.parse_entry("system", &words[1..].join(" ")).unwrap(),
            [capability, entry] => allow.parse_entry(capability, entry).unwrap(),
            ref other => panic!("no such word: {other:?}"),
        }
    }
    Rights {
        plugin: PluginName::from("probe"),
        requests: stated.map_or(Requests::Unstated, |stated| Requests::Stated(Arc::new(stated))),
        allow: allow.into(),
        targets,
        ceiling: Arc::new(ceiling),
        aim,
    }
}

fn program() -> Command {
    Command {
        program: "/usr/bin/true".into(),
        arguments: Vec::new(),
        parameters: Default::default(),
        environment: Default::default(),
        folder: "/".into(),
        timeout: None,
        output_bytes_max: 0,
    }
}

/// Decides about `http SCHEME://HOST:PORT`, `method METHOD SCHEME://HOST:PORT`, `net ...`, `icmp HOST`, `dns NAME` or
/// `dns NAME@SERVER:PORT`, `reveal SECRET`, `tls ...`, `host NAME for HOST`, `stream SOCKET`, `local SOCKET METHOD
/// PATH`, `file ROOT PATH`, `command NAME`, `system disks` and so on; ` -> IP` is the address that the name led to, `
/// -> /PATH` the file. `kept OWN CHECK/SERIES` is a series that check `OWN` asks for, or, with `-`, a receiver.
fn decided(rights: &Rights, tried: &str) -> Result<(), Denial> {
    if let Some((call, ip)) = tried.split_once(" -> ") {
        if ip.starts_with('/') && call.starts_with("file ") {
            return with_access(call, |call| decide(rights, &Access::FoundFile { call, path: ip.as_ref() }));
        }
        if ip.starts_with('/') {
            return with_access(call, |call| decide(rights, &Access::SocketFile { call, path: ip.as_ref() }));
        }
        let ip: IpAddr = ip.parse().unwrap();
        return with_access(call, |call| decide(rights, &Access::Resolved { call, ip }));
    }
    with_access(tried, |access| decide(rights, access))
}

fn with_access<T>(tried: &str, then: impl FnOnce(&Access<'_>) -> T) -> T {
    let (word, rest) = tried.split_once(' ').unwrap();
    let parts = || {
        let (scheme, rest) = rest.split_once("://").unwrap();
        let scheme = scheme.rsplit(' ').next().unwrap();
        let (host, port) = rest.rsplit_once(':').unwrap();
        (Scheme::parse(scheme).unwrap(), host, port.parse::<u16>().unwrap())
    };
    match word {
        "http" => {
            let (scheme, host, port) = parts();
            then(&Access::Origin { scheme, host, port })
        }
        "method" => {
            let (method, _) = rest.split_once(' ').unwrap();
            let (scheme, host, port) = parts();
            then(&Access::Method { scheme, host, port, method })
        }
        "net" => {
            let (transport, host, port) = parts();
            then(&Access::Endpoint { transport, host, port })
        }
        "tls" => {
            let (scheme, host, port) = parts();
            then(&Access::UnverifiedTls { scheme, host, port })
        }
        "icmp" => then(&Access::Echo { host: rest }),
        "dns" => match rest.split_once('@') {
            None => then(&Access::Question { name: rest, server: None }),
            Some((name, server)) => {
                let server: SocketAddr = server.parse().unwrap();
                then(&Access::Question { name, server: Some(server) })
            }
        },
        "server" => then(&Access::NameServer(rest.parse().unwrap())),
        "reveal" => then(&Access::Reveal(&SecretName::from(rest))),
        "host" => {
            let (name, host) = rest.split_once(" for ").unwrap();
            then(&Access::ServerName { host, name })
        }
        "stream" => then(&Access::Socket { name: rest }),
        "local" => {
            let (socket, rest) = rest.split_once(' ').unwrap();
            let (method, path) = rest.split_once(' ').unwrap();
            then(&Access::LocalRequest { socket, method, path })
        }
        "kept" => {
            let (own, rest) = rest.split_once(' ').unwrap();
            let (check, series) = rest.split_once('/').unwrap();
            then(&Access::Series { own: (own != "-").then_some(own), check, series })
        }
        "file" => {
            let (root, path) = rest.split_once(' ').unwrap();
            then(&Access::File { root, path })
        }
        "command" => then(&Access::Command { name: rest }),
        "system" => then(&Access::System(match rest.split_once(':') {
            None if rest == "disks" => Machine::Disks,
            None if rest == "memory" => Machine::Memory,
            None if rest == "load" => Machine::Load,
            None if rest == "links" => Machine::Links,
            None if rest == "pressure" => Machine::Pressure,
            None if rest == "clock" => Machine::Clock,
            None if rest == "file-handles" => Machine::FileHandles,
            None if rest == "temperatures" => Machine::Temperatures,
            None if rest == "reboot" => Machine::Reboot,
            None if rest == "listeners" => Machine::Listeners,
            Some(("units", pattern)) => Machine::Units(pattern),
            Some(("processes", pattern)) => Machine::Processes(pattern),
            Some(("commands-of", name)) => Machine::CommandOf(name),
            other => panic!("no such reading: {other:?}"),
        })),
        other => panic!("no such access: {other}"),
    }
}

/// Takes an entry such as `http = ["ENTRY"]` from the hint and adds it, as an operator would.
fn paste(rights: &mut Rights, hint: &str) -> bool {
    let Some(line) = hint.strip_prefix("add `").and_then(|rest| rest.split('`').next()) else { return false };
    assert!(hint.contains("` under [plugin.probe.allow]"), "{hint}");
    let (capability, list) = line.split_once(" = ").unwrap();
    let entry = list.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")).unwrap();
    let entry = entry.replace(r#"\""#, "\"").replace(r"\\", r"\");
    Arc::make_mut(&mut rights.allow)
        .parse_entry(capability, &entry)
        .unwrap_or_else(|error| panic!("{hint}: {error}"));
    true
}

fn check(cases: &[(&str, &str, Answer)]) {
    for &(given, tried, expected) in cases {
        let mut rights = rights(given);
        let first = decided(&rights, tried);
        assert_eq!(first.is_ok(), expected == Open, "{given} | {tried}: {first:?}");
        // The name may need one entry and the address another.
        let mut answer = first;
        for _ in 0..3 {
            let Err(denial) = &answer else { break };
            if !paste(&mut rights, &denial.hint) {
                break;
            }
            answer = decided(&rights, tried);
        }
        assert_eq!(answer.is_err(), expected == Never, "after the hint, {given} | {tried}: {answer:?}");
    }
}

mod addresses;
mod dry;
mod hosts;
mod local;
mod machine;
mod names;
mod secrets;
mod series;
mod system;
mod texts;
