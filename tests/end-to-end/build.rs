//! Finds the end-to-end tests of plugins, so that a new one need not be named here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

#[allow(dead_code, unreachable_pub, reason = "the bundle uses all of it")]
#[path = "../../plugins/bundle/src/folders.rs"]
mod folders;

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../plugins").canonicalize()?;
    let mut modules = Vec::new();
    for name in folders::plugins(&plugins)? {
        let tests = plugins.join(&name).join("tests");
        if tests.is_dir() {
            println!("cargo::rerun-if-changed={}", tests.display());
        }
        if tests.join("end_to_end/mod.rs").is_file() {
            modules.push((name.replace('-', "_"), tests.join("end_to_end/mod.rs")));
        }
    }
    let mut source = String::new();
    for (name, file) in modules {
        writeln!(source, "#[path = {file:?}]\nmod {name};")?;
    }
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("plugins.rs"), source)?;
    // A plugin that comes or goes changes it.
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    Ok(())
}
