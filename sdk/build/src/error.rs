//! Why there is no component.

use std::io;
use std::path::PathBuf;

/// Each is a sentence; what there is to do follows `hint:`.
#[derive(thiserror::Error, Debug)]
pub enum BuildError {
    #[error(
        "no compiler for `wasm32-unknown-unknown`: {tried}; hint: run `rustup target add wasm32-unknown-unknown`, \
         or name a compiler that has it in `WATCHKEEP_WASM_RUSTC`"
    )]
    NoCompiler { tried: String },
    #[error("could not start `{program}`; hint: install Rust with rustup, and see that it is on the PATH")]
    Start { program: String, source: io::Error },
    #[error("cargo does not understand the crate in `{dir}`:\n{message}")]
    Manifest { dir: PathBuf, message: String },
    #[error("no crate `{name}` in `{dir}`; hint: there are {known}")]
    NoSuchCrate { name: String, dir: PathBuf, known: String },
    #[error("`{dir}` holds several crates; hint: say which with `--package`: {known}")]
    WhichCrate { dir: PathBuf, known: String },
    #[error(
        "`{name}` is built as no WebAssembly module; hint: add `crate-type = [\"cdylib\", \"rlib\"]` under `[lib]` \
         in {manifest}"
    )]
    NoModule { name: String, manifest: PathBuf },
    #[error("`{names}` did not compile; what the compiler said is above")]
    Compile { names: String },
    #[error("cargo built `{name}` and named no file for it")]
    NoOutput { name: String },
    #[error("`{name}` could not be made a component: {message}")]
    Encode { name: String, message: String },
    #[error(
        "`{name}` exports neither a check nor a notifier nor an action; hint: put `#[check(name = \"...\", summary = \
         \"...\")]` or `#[notifier(...)]` on a function of its `lib.rs`"
    )]
    NoKind { name: String },
    #[error("could not read `{path}`")]
    Read { path: PathBuf, source: io::Error },
    #[error("could not write `{path}`")]
    Write { path: PathBuf, source: io::Error },
}
