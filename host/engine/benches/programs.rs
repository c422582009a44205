//! Writes every guest program of the tests as a plugin file into the folder that its argument names: for measuring a
//! whole host beside them.

#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

fn main() {
    // Cargo adds `--bench`.
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = PathBuf::from(folder.expect("a folder is named"));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs/programs");
    for entry in std::fs::read_dir(sources).expect("the programs are there") {
        let file = entry.expect("the folder is readable").path();
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("names are text").to_owned();
        // Built for WASI, as programs are.
        if name.starts_with("wasi_") || name == "says" {
            continue;
        }
        std::fs::write(folder.join(format!("{name}.wasm")), support::module(&name))
            .expect("it can be written");
    }
}
