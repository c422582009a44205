//! Makes a component of a plugin file: of a core module with the contract's types in it, or of a program for WASI 0.1
//! as C, Go and Rust make them. Runs in the compiling child, because the bytes are hostile.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::inspect::{damaged, refuse, truncated};
use crate::error::Refusal;

/// The interface that a program's own exit is changed to. The adapter passes on only whether the program failed, and a
/// check needs the status.
const EXIT_INTERFACE: &str = "wasi:cli/exit@0.2.12";
const EXIT_FUNCTION: &str = "exit-with-code";
const EXIT_WIT: &str = "package wasi:cli@0.2.12;
interface exit {
    exit: func(status: result);
    exit-with-code: func(status-code: u8);
}
world ending { import exit; }";

/// The file as a component, made from a core module if necessary.
pub(super) fn componentize(bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    if bytes.is_empty() {
        return Err(refuse("is empty")
            .hint("copy the file again; write it under another name and rename it when it is whole"));
    }
    if !bytes.starts_with(b"\0asm") {
        let begins: String =
            bytes.iter().take(12).map(|&b| if b.is_ascii_graphic() { b as char } else { '.' }).collect();
        return Err(refuse(format!("is not WebAssembly: it begins with `{begins}`"))
            .hint("put a component there, as `watchkeep plugin build` makes it"));
    }
    if bytes.len() < 8 {
        return Err(truncated("unexpected end-of-file"));
    }
    if !Parser::is_core_wasm(&bytes) {
        return Ok(bytes);
    }
    let module = CoreModule::read(&bytes)?;
    match module {
        CoreModule { typed: Is::So, preview1, .. } => plugin(&bytes, preview1),
        CoreModule { typed: Is::Not, starts: Is::So, preview1: Is::So, exits } => program(bytes, exits),
        CoreModule { typed: Is::Not, .. } => {
            Err(refuse("is a core module without the contract's types, so it is not a component").hint(
                "build the crate with `watchkeep plugin build`, or make a component of it with `wasm-tools component \
                 new`; a program of the Nagios convention is built for WASI and has a `main`",
            ))
        }
    }
}

/// What distinguishes the core modules that can be made into components.
struct CoreModule {
    /// It contains a component type, as `wit-bindgen` inserts it.
    typed: Is,
    /// It is a program: something calls it once, from its beginning.
    starts: Is,
    /// It is made for WASI 0.1.
    preview1: Is,
    /// It may end itself with a status.
    exits: Is,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    So,
    Not,
}

impl CoreModule {
    fn read(bytes: &[u8]) -> Result<CoreModule, Refusal> {
        let mut module = CoreModule { typed: Is::Not, starts: Is::Not, preview1: Is::Not, exits: Is::Not };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(damaged)? {
                Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                    module.typed = Is::So;
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(damaged)?;
                        if import.module == PREVIEW1 {
                            module.preview1 = Is::So;
                            if import.name == "proc_exit" {
                                module.exits = Is::So;
                            }
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        if export.map_err(damaged)?.name == "_start" {
                            module.starts = Is::So;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }
}

fn plugin(module: &[u8], preview1: Is) -> Result<Vec<u8>, Refusal> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let encoder = match preview1 {
        Is::Not => encoder,
        Is::So => {
            encoder.and_then(|encoder| encoder.adapter(PREVIEW1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER))
        }
    };
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| {
        refuse(format!("is a core module that makes no component: {error:#}"))
            .hint("build the crate with `watchkeep plugin build`")
    })
}

fn program(module: Vec<u8>, exits: Is) -> Result<Vec<u8>, Refusal> {
    let no_component = |cause: String| {
        refuse(format!("is a program for WASI 0.1 that makes no component: {cause}"))
            .hint("build it with a current toolchain for `wasm32-wasi` (`wasm32-wasip1`)")
    };
    let module = match exits {
        Is::Not => module,
        Is::So => with_status(&module).map_err(no_component)?,
    };
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.adapter(PREVIEW1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER))
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| no_component(format!("{error:#}")))
}

/// The module with its exit function, which has the same signature, imported from where the status is kept.
fn with_status(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut rewritten = Module::new();
    ExitKept
        .parse_core_module(&mut rewritten, Parser::new(0), module)
        .map_err(|error| format!("its sections cannot be read: {error}"))?;
    let mut rewritten = rewritten.finish();
    let mut resolve = Resolve::default();
    let embedded = resolve
        .push_str("exit.wit", EXIT_WIT)
        .and_then(|package| resolve.select_world(&[package], Some("ending")))
        .and_then(|world| embed_component_metadata(&mut rewritten, &resolve, world, StringEncoding::UTF8));
    embedded.map_err(|error| format!("{error:#}"))?;
    Ok(rewritten)
}

struct ExitKept;

impl Reencode for ExitKept {
    type Error = std::convert::Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        for import in section.into_imports() {
            let wasmparser::Import { module, name, ty } = import?;
            let (module, name) = match (module, name) {
                (PREVIEW1, "proc_exit") => (EXIT_INTERFACE, EXIT_FUNCTION),
                other => other,
            };
            imports.import(module, name, self.entity_type(ty)?);
        }
        Ok(())
    }
}
