//! Which plugins there are: the folders beside this crate's, and nothing else. The build script uses this file too.

use std::io;
use std::path::Path;

/// The crate in `plugins/NAME`; NAME is also what the plugin's manifest states.
pub fn package(name: &str) -> String {
    format!("watchkeep-plugin-{name}")
}

/// The names of the folders in `plugins` that hold a plugin's crate, in order.
pub fn plugins(plugins: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(plugins)? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "bundle" && folder.join("Cargo.toml").is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
