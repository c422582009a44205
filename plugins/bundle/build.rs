//! Builds the bundled plugins' components. Cargo runs this again when a file changes that one of them is made of,
//! and not otherwise.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use watchkeep_build::{Build, Built, Names};

#[allow(unreachable_pub, reason = "the library shows it")]
#[path = "src/folders.rs"]
mod folders;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a closed stderr.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let workspace = here.join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let target = std::env::var_os("WATCHKEEP_COMPONENTS_DIR").map_or_else(|| components(&out), PathBuf::from);

    let plugins = folders::plugins(&here.join(".."))?;
    let build = Build::of(&workspace).target_dir(target).names(Names::Strip);
    let build = plugins.iter().fold(build, |build, name| build.package(folders::package(name)));
    let built = build.run()?;
    std::fs::write(out.join("bundled.rs"), source(&plugins, &built, &out)?)?;
    watch(&workspace, &built)
}

/// A target folder of its own, since the outer cargo holds the lock of its own one; the same for every profile and
/// command, since components do not depend on them. `out` is `TARGET/PROFILE/build/CRATE/out`.
fn components(out: &Path) -> PathBuf {
    let is_build = out.ancestors().nth(2).is_some_and(|dir| dir.ends_with("build"));
    match (is_build, out.ancestors().nth(4)) {
        (true, Some(target)) => target.join("components"),
        (_, _) => out.join("target"),
    }
}

/// The static that the library includes.
fn source(plugins: &[String], built: &[Built], out: &Path) -> Result<String, Box<dyn Error>> {
    let mut source = String::from("/// In the order of their names.\npub static BUNDLED: &[Bundled] = &[\n");
    for (name, built) in plugins.iter().zip(built) {
        let path = out.join(format!("{name}.wasm"));
        std::fs::write(&path, &built.bytes)?;
        writeln!(source, "    Bundled {{ name: {name:?}, bytes: include_bytes!({path:?}) }},")?;
    }
    source.push_str("];\n");
    Ok(source)
}

/// Sources are known only of crates in the workspace; what the others are made of stands in the manifests.
fn watch(workspace: &Path, built: &[Built]) -> Result<(), Box<dyn Error>> {
    let mut watched: BTreeSet<PathBuf> =
        built.iter().flat_map(|built| built.sources.iter().cloned()).collect();
    let manifests: Vec<_> = watched.iter().filter_map(|source| manifest(source)).collect();
    watched.extend(manifests);
    watched.insert(workspace.join("Cargo.toml"));
    // It names every crate of the workspace: a plugin that comes or goes changes it.
    watched.insert(workspace.join("Cargo.lock"));
    let mut cargo = std::io::stdout();
    for path in watched {
        writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
    }
    for name in ["WATCHKEEP_WASM_RUSTC", "WATCHKEEP_COMPONENTS_DIR"] {
        writeln!(cargo, "cargo::rerun-if-env-changed={name}")?;
    }
    Ok(())
}

/// The manifest of the crate that a source belongs to.
fn manifest(source: &Path) -> Option<PathBuf> {
    source.ancestors().map(|dir| dir.join("Cargo.toml")).find(|manifest| manifest.exists())
}
