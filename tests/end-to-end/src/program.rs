//! Where a program lies.

use std::path::PathBuf;

/// In `first`, else in PATH, else in sbin, where servers live and which is not in everybody's PATH.
pub(crate) fn program(name: &str, first: &[&str]) -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let first = first.iter().map(PathBuf::from);
    let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let mut folders = first.chain(std::env::split_paths(&paths)).chain(sbin);
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.exists()));
    found.unwrap_or_else(|| name.into())
}
