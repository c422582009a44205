//! Where tests keep compiled plugins: one folder for all of them, so that a plugin is compiled once however many tests
//! load it. The end-to-end tests use this file too.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// What lies between a file and its compiled code, beside wasmtime: a change there must not meet what was made before.
const MADE_BY: [&str; 4] = [
    include_str!("../../src/load/child.rs"),
    include_str!("../../src/load/componentize.rs"),
    include_str!("../../src/load/describe.rs"),
    include_str!("../../src/load/inspect.rs"),
];

/// Below `tmp`, the folder that cargo has for tests. To a program that is told so it is the user's cache folder.
pub fn user_cache(tmp: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    MADE_BY.hash(&mut hasher);
    tmp.join(format!("compiled-{:016x}", hasher.finish()))
}

/// The cache itself, where the program keeps it below that.
pub fn cache(tmp: &Path) -> PathBuf {
    user_cache(tmp).join("watchkeep/cache")
}
