//! Which compiler makes WebAssembly. Asked for in this order: what `WATCHKEEP_WASM_RUSTC` names; the active
//! compiler, if it has the target; the same after `rustup target add`; a distribution's compiler, with the
//! target or with the library's source.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::BuildError;

/// What plugins are built for: nothing but the contract is imported.
pub const TARGET: &str = "wasm32-unknown-unknown";
const DISTRIBUTION: &str = "/usr/bin/rustc";

/// A compiler, and how it gets its standard library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toolchain {
    rustc: PathBuf,
    found: Found,
    library: Library,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    Named,
    Active,
    Added,
    Distribution,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Library {
    /// Installed for the target.
    Installed,
    /// Compiled from source with the plugin.
    Source { linker: Option<PathBuf> },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rustc = self.rustc.display();
        match self.found {
            Found::Named => write!(f, "`{rustc}`, as `WATCHKEEP_WASM_RUSTC` says")?,
            Found::Active => write!(f, "the active compiler `{rustc}`")?,
            Found::Added => write!(f, "the active compiler `{rustc}`, to which rustup has added {TARGET}")?,
            Found::Distribution => write!(f, "the distribution's compiler `{rustc}`")?,
        }
        match self.library {
            Library::Installed => Ok(()),
            Library::Source { .. } => f.write_str(", building the standard library from source"),
        }
    }
}

impl Toolchain {
    /// Looks for one, from `dir` (a folder may choose its toolchain).
    pub fn find(dir: &Path) -> Result<Self, BuildError> {
        let active = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let mut tried = Vec::new();
        if let Some(named) = std::env::var_os("WATCHKEEP_WASM_RUSTC").filter(|named| !named.is_empty()) {
            return match library(dir, Path::new(&named), Path::new(&active)) {
                Some(library) => Ok(Self { rustc: named.into(), found: Found::Named, library }),
                None => Err(BuildError::NoCompiler {
                    tried: format!(
                        "`{}`, which `WATCHKEEP_WASM_RUSTC` names, has neither the target nor the library's source",
                        named.display()
                    ),
                }),
            };
        }
        let rustc = PathBuf::from(&active);
        if has_target(dir, &rustc) {
            return Ok(Self { rustc, found: Found::Active, library: Library::Installed });
        }
        tried.push(format!("`{}` lacks the target", rustc.display()));
        match add_target(dir) {
            Ok(()) if has_target(dir, &rustc) => {
                return Ok(Self { rustc, found: Found::Added, library: Library::Installed });
            }
            Ok(()) => tried.push("rustup added it to another toolchain than the active one".to_owned()),
            Err(said) => tried.push(said),
        }
        match library(dir, Path::new(DISTRIBUTION), &rustc) {
            Some(library) => Ok(Self { rustc: DISTRIBUTION.into(), found: Found::Distribution, library }),
            None => {
                tried.push(format!("`{DISTRIBUTION}` has neither the target nor `rust-web-src` beside it"));
                Err(BuildError::NoCompiler { tried: tried.join("; ") })
            }
        }
    }

    /// Where the compiler keeps its library, whose source some toolchains hold.
    pub(crate) fn sysroot(&self, dir: &Path) -> Option<PathBuf> {
        ask(dir, &self.rustc, &["--print", "sysroot"]).map(PathBuf::from)
    }

    /// Sets the compiler of a cargo command.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        cargo.env("RUSTC", &self.rustc);
        match &self.library {
            Library::Installed => {}
            Library::Source { linker } => {
                cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
                if let Some(linker) = linker {
                    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                }
            }
        }
    }
}

fn library(dir: &Path, rustc: &Path, active: &Path) -> Option<Library> {
    if has_target(dir, rustc) {
        return Some(Library::Installed);
    }
    let sysroot = ask(dir, rustc, &["--print", "sysroot"])?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    source.exists().then(|| Library::Source { linker: linker(dir, active) })
}

/// A distribution's compiler comes without a linker for WebAssembly; rustup's has one.
fn linker(dir: &Path, active: &Path) -> Option<PathBuf> {
    let host = ask(dir, active, &["--print", "host-tuple"])?;
    let sysroot = ask(dir, active, &["--print", "sysroot"])?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    linker.exists().then_some(linker)
}

fn has_target(dir: &Path, rustc: &Path) -> bool {
    let Some(folder) = ask(dir, rustc, &["--print", "target-libdir", "--target", TARGET]) else {
        return false;
    };
    let Ok(entries) = Path::new(&folder).read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Takes seconds, and the network.
fn add_target(dir: &Path) -> Result<(), String> {
    match Command::new("rustup").args(["target", "add", TARGET]).current_dir(dir).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or("without a word")
                .trim()
                .to_owned();
            Err(format!("`rustup target add` failed ({last})"))
        }
        Err(_) => Err("there is no rustup".to_owned()),
    }
}

fn ask(dir: &Path, rustc: &Path, question: &[&str]) -> Option<String> {
    let output = Command::new(rustc).args(question).current_dir(dir).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
