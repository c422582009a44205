//! From a core module with its embedded component type to a component, and what that component is.

use wasmparser::{BinaryReader, Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::build::Names;
use crate::error::BuildError;

/// What a plugin's kind is, by the interface that it exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Check,
    Notifier,
    Action,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Check => "check",
            Kind::Notifier => "notifier",
            Kind::Action => "action",
        }
    }
}

/// A component, validated.
#[derive(Clone, Debug)]
pub struct Component {
    pub bytes: Vec<u8>,
    pub kind: Kind,
    /// What it asks of the host: interfaces of the contract, without those that hold only types.
    pub imports: Vec<String>,
}

const TYPES_ONLY: &[&str] = &["types", "transport"];

/// Makes a component of the module that cargo built for `name`.
pub fn encode(name: &str, module: &[u8], names: Names) -> Result<Component, BuildError> {
    let error = |error: &dyn std::fmt::Display| BuildError::Encode {
        name: name.to_owned(),
        message: error.to_string(),
    };
    let none = || BuildError::NoKind { name: name.to_owned() };
    let stripped = match names {
        Names::WithLines | Names::Keep => None,
        Names::Strip => Some(without_names(module).map_err(|cause| error(&cause))?),
    };
    let module = stripped.as_deref().unwrap_or(module);
    let encoder = ComponentEncoder::default().module(module).map_err(|cause| error(&format!("{cause:#}")))?;
    let bytes = encoder.validate(true).encode().map_err(|cause| error(&format!("{cause:#}")))?;
    // In a component, too, names are only for people who look into it.
    let bytes = match names {
        Names::WithLines | Names::Keep => bytes,
        Names::Strip => without_component_names(&bytes).map_err(|cause| error(&cause))?,
    };
    let told = told(&bytes).map_err(|cause| error(&cause))?;
    Ok(Component { kind: told.kind.ok_or_else(none)?, imports: told.imports, bytes })
}

/// What a component asks of the host: interfaces of the contract, without those that hold only types, and of WASI.
pub fn imports_of(component: &[u8]) -> Result<Vec<String>, BuildError> {
    let error = |message| BuildError::Encode { name: "component".to_owned(), message };
    let mut imports = told(component).map_err(error)?.imports;
    // A whole interpreter imports dozens of them, whatever the plugin does.
    let (wasi, mut ours): (Vec<_>, Vec<_>) = imports.drain(..).partition(|name| name.starts_with("wasi:"));
    if !wasi.is_empty() {
        ours.push("wasi".to_owned());
    }
    Ok(ours)
}

struct Told {
    kind: Option<Kind>,
    imports: Vec<String>,
}

fn told(component: &[u8]) -> Result<Told, String> {
    let decoded = wit_component::decode(component).map_err(|cause| format!("{cause:#}"))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Ok(Told { kind: None, imports: Vec::new() });
    };
    let world = &resolve.worlds[world];
    let kind = world.exports.keys().find_map(|key| match interface(&resolve.name_world_key(key)).as_str() {
        "check" => Some(Kind::Check),
        "notifier" => Some(Kind::Notifier),
        "action" => Some(Kind::Action),
        _ => None,
    });
    let imports = world
        .imports
        .keys()
        .map(|key| interface(&resolve.name_world_key(key)))
        .filter(|name| !TYPES_ONLY.contains(&name.as_str()))
        .collect();
    Ok(Told { kind, imports })
}

/// The module without the names of its functions, which only backtraces show.
fn without_names(module: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let mut kept = Vec::new();
    // How far the module was read: the header of a section is between the end of the last one and its content.
    let mut end = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let is_names = matches!(&payload, Payload::CustomSection(section) if section.name() == "name");
        let section = match &payload {
            Payload::Version { range, .. } => Some(range.clone()),
            other => other.as_section().map(|(_, range)| range),
        };
        if let Some(range) = section {
            if !is_names {
                kept.extend_from_slice(&module[end..range.end]);
            }
            end = range.end;
        }
    }
    Ok(kept)
}

/// The sections of the component itself; those of the modules in it are theirs.
fn without_component_names(component: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    const HEADER_BYTES: usize = 8;
    /// A custom section, with its length before it.
    const NAMES: &[u8] = b"\x0ecomponent-name";
    let mut reader = BinaryReader::new(component, 0);
    let mut kept = reader.read_bytes(HEADER_BYTES)?.to_vec();
    while !reader.eof() {
        let begin = reader.original_position();
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()?;
        let content = reader.read_bytes(size as usize)?;
        if id != 0 || !content.starts_with(NAMES) {
            kept.extend_from_slice(&component[begin..reader.original_position()]);
        }
    }
    Ok(kept)
}

/// `watchkeep:plugin/http@0.1.0` is `http`.
fn interface(key: &str) -> String {
    match key.strip_prefix("watchkeep:plugin/") {
        Some(rest) => rest.split('@').next().unwrap_or(rest).to_owned(),
        None => key.to_owned(),
    }
}
