//! What a file is, read before anything of it runs: format, kind, contract version, imports. Runs in the
//! compiling child, since the bytes are hostile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use crate::contract::{PREFIX, VERSION, Version};
use crate::error::{LoadStage, Refusal};
use crate::generation::WasiUse;
use crate::interfaces::{OFFERED, Whom, wasi};
use watchkeep_core::kind::PluginKind;

/// Types only: importing them asks for nothing.
const TYPES: [&str; 2] = ["types", "transport"];
/// What the child found out; kept beside the compiled code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) kind: KindName,
    /// The imports from the contract, without package and version, in name order; then `wasi` and `wasi:http`.
    pub(crate) imports: Vec<String>,
    pub(crate) wasi: WasiUse,
    /// The version of the contract that it was built for; `None` for a program.
    #[serde(default)]
    pub(crate) contract: Option<String>,
    /// Whether a notifier exports `listener`.
    #[serde(default)]
    pub(crate) listens: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KindName {
    Check,
    Notifier,
    Action,
    /// A program of the Nagios convention, recognised by its world.
    Program,
}

impl KindName {
    pub(crate) const fn kind(self) -> PluginKind {
        match self {
            KindName::Check | KindName::Program => PluginKind::Check,
            KindName::Notifier => PluginKind::Notifier,
            KindName::Action => PluginKind::Action,
        }
    }
}

/// `component` is not validated yet; only names at its top are read.
pub(crate) fn inspect(component: &[u8]) -> Result<Facts, Refusal> {
    let names = Names::read(component)?;
    let kind = names.kind()?;
    let mut imports = names.offered_imports(kind)?;
    let asked = names.wasi_imports()?;
    let wasi = if asked.is_empty() { WasiUse::None } else { WasiUse::Imported };
    if wasi == WasiUse::Imported {
        imports.push("wasi".to_owned());
    }
    if asked.contains(&("wasi:http", "outgoing-handler")) {
        imports.push("wasi:http".to_owned());
    }
    let exports = contract_names(&names.exports)?;
    let contract = exports.values().max().map(ToString::to_string);
    let listens = exports.contains_key("listener");
    if listens && kind != KindName::Notifier {
        return Err(refuse("exports `listener`, which only a notifier may")
            .hint("leave the export out of the plugin's world, or export `notifier` beside it"));
    }
    Ok(Facts { kind, imports, wasi, contract, listens })
}

struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Names {
    fn read(component: &[u8]) -> Result<Names, Refusal> {
        let mut names = Names { imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(damaged)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(refuse("is a core module, not a component")
                        .hint("build the crate with `watchkeep plugin build`"));
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        names.imports.push(import.map_err(damaged)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        let export = export.map_err(damaged)?;
                        if export.kind == ComponentExternalKind::Instance {
                            names.exports.push(export.name.name.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }

    fn kind(&self) -> Result<KindName, Refusal> {
        let ours = contract_names(&self.exports)?;
        if ours.is_empty() {
            if self.exports.iter().any(|name| is_run(name)) {
                return Ok(KindName::Program);
            }
            let what = match self.exports.split_first() {
                None => "it exports no interface at all".to_owned(),
                Some((first, [])) => format!("it exports `{first}`"),
                Some((first, rest)) => format!("it exports `{first}` and {} more", rest.len()),
            };
            return Err(refuse(format!("is a component of another world: {what}, and nothing of `watchkeep:plugin`"))
                .hint("a plugin exports `manifest` and one of `check`, `notifier` and `action`; start one with `watchkeep plugin new`"));
        }
        if !ours.contains_key("manifest") {
            return Err(
                refuse("exports no `manifest`").hint("every plugin exports `watchkeep:plugin/manifest`")
            );
        }
        match (ours.contains_key("check"), ours.contains_key("notifier"), ours.contains_key("action")) {
            (true, false, false) => Ok(KindName::Check),
            (false, true, false) => Ok(KindName::Notifier),
            (false, false, true) => Ok(KindName::Action),
            (false, false, false) => {
                Err(refuse("exports `manifest` alone, so it is not a plugin of any kind")
                    .hint("export `check`, `notifier` or `action` beside it"))
            }
            _ => Err(refuse("exports more than one of `check`, `notifier` and `action`")
                .hint("make one component of each kind")),
        }
    }

    fn offered_imports(&self, kind: KindName) -> Result<Vec<String>, Refusal> {
        let ours = contract_names(&self.imports)?;
        for name in ours.keys() {
            if TYPES.contains(&name.as_str()) {
                continue;
            }
            let message = match OFFERED.iter().find(|(offered, _)| offered == name) {
                Some((_, Whom::Everybody)) => continue,
                Some((_, Whom::Notifiers)) if kind == KindName::Notifier => continue,
                Some((_, Whom::Notifiers)) => format!("imports `{name}`, which only notifiers may"),
                None => format!("imports `{name}`: `{name}` is not offered by this version"),
            };
            return Err(refuse(message)
                .hint("leave the import out of the plugin's world, or use a later version of watchkeep"));
        }
        Ok(ours.into_keys().filter(|name| !TYPES.contains(&name.as_str())).collect())
    }

    /// Package and interface of each import that is not from the contract. All of them must be offered.
    fn wasi_imports(&self) -> Result<Vec<(&str, &str)>, Refusal> {
        self.imports.iter().filter(|name| !name.starts_with(PREFIX)).map(|name| wasi_import(name)).collect()
    }
}

fn wasi_import(name: &str) -> Result<(&str, &str), Refusal> {
    let (package, rest) = name.split_once('/').unwrap_or((name, ""));
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    let offered = wasi::OFFERED.iter().find(|(offered, _)| *offered == package);
    if !package.starts_with("wasi:") {
        return Err(refuse(format!("imports `{name}`, which no host of watchkeep offers"))
            .hint("a plugin imports interfaces of `watchkeep:plugin` and of WASI 0.2, nothing else"));
    }
    if !is_wasi_version(version) {
        return Err(refuse(format!("imports `{name}`, this host offers WASI 0.2"))
            .hint("build the plugin with a toolchain for WASI 0.2 (`wasm32-wasip2`)"));
    }
    if !offered.is_some_and(|(_, interfaces)| interfaces.contains(&interface)) {
        return Err(refuse(format!("imports `{name}`, which is not offered by this version"))
            .hint("of WASI, a plugin may import clocks, random, io, cli and the outgoing side of http"));
    }
    Ok((package, interface))
}

/// What a program exports: `wasi:cli/run@0.2.x`.
fn is_run(name: &str) -> bool {
    name.strip_prefix("wasi:cli/run@").is_some_and(is_wasi_version)
}

/// Whether the version is 0.2, with any last part: a later one only adds to it.
fn is_wasi_version(version: &str) -> bool {
    version
        .strip_prefix("0.2.")
        .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
}

/// The interfaces of the contract among `names`. Their version must run on this host.
fn contract_names(names: &[String]) -> Result<BTreeMap<String, Version>, Refusal> {
    let mut ours = BTreeMap::new();
    for name in names {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
        let Some(version) = Version::parse(version) else {
            return Err(refuse(format!("names `{name}`, which has no version of the contract"))
                .hint(format!("build it against `watchkeep:plugin@{VERSION}`")));
        };
        if !version.runs_here() {
            let hint = if version > VERSION {
                "use a later version of watchkeep, or build the plugin with an earlier SDK"
            } else {
                "build the plugin again with the SDK of this version"
            };
            return Err(refuse(format!(
                "speaks version {version} of the contract, this host speaks {VERSION}"
            ))
            .hint(hint));
        }
        ours.insert(interface.to_owned(), version);
    }
    Ok(ours)
}

pub(super) fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::new(LoadStage::Inspect, message)
}

pub(super) fn damaged(error: wasmparser::BinaryReaderError) -> Refusal {
    if error.message().contains("end-of-file") || error.message().contains("unexpected end") {
        return truncated(error.message());
    }
    refuse(format!("is damaged at byte {}: {}", error.offset(), error.message()))
        .hint("build the plugin again, or copy the file again")
}

pub(super) fn truncated(cause: &str) -> Refusal {
    refuse(format!("is truncated: {cause}"))
        .hint("copy the file again; write it under another name and rename it when it is whole")
}
