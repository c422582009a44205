//! Compiled plugins, kept for all tests: the bundled ones are compiled before the first host starts, and every host
//! finds them in its own cache.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use watchkeep_bundle::{BUNDLED, Bundled};

use crate::host::binary;

#[allow(unreachable_pub, reason = "the engine's tests use it too")]
#[path = "../../../host/engine/tests/support/compiled.rs"]
mod shared;

/// What a program should take for the user's cache folder.
pub fn user_cache() -> PathBuf {
    shared::user_cache(&tmp())
}

/// Cargo's folder for tests, in the target folder of the binary.
fn tmp() -> PathBuf {
    binary().ancestors().nth(2).expect("it lies in a target folder").join("tmp")
}

/// Puts the compiled bundled plugins into the cache of a host that is about to start, unless it has one already.
pub(crate) fn lend(data: &Path) {
    let to = data.join("cache");
    if to.exists() {
        return;
    }
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    make_private(&to);
    for file in FILES.get_or_init(bundled) {
        let to = to.join(file.file_name().expect("a file has a name"));
        // Hosts replace files and remove them, and never write into one: a second name is as good as a copy, where both
        // lie on one disk.
        let lent = std::fs::hard_link(file, &to).or_else(|_| std::fs::copy(file, &to).map(drop));
        lent.expect("a file can be lent");
    }
}

pub(crate) fn make_private(folder: &Path) {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.expect("a folder can be made");
}

/// The files of the bundled plugins, each made by looking into the plugin as an operator would: once, however many test
/// processes begin with it.
fn bundled() -> Vec<PathBuf> {
    let cache = shared::cache(&tmp());
    make_private(&cache);
    let lock = File::create(user_cache().join("bundled.lock")).expect("the folder can be written");
    lock.lock().expect("a file can be locked");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let made = |plugin: &Bundled| {
        let digest = crate::digest(plugin.bytes);
        let entries = std::fs::read_dir(&cache).expect("the folder can be read").flatten();
        let files: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&digest))
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "code" || end == "json"))
            .collect();
        (files.len() >= 2).then_some(files)
    };
    let mut files = Vec::new();
    for plugin in BUNDLED {
        if made(plugin).is_none() {
            let file = folder.path().join(format!("{}.wasm", plugin.name));
            std::fs::write(&file, plugin.bytes).expect("a file can be written");
            let mut inspect = Command::new(binary());
            inspect.args(["plugin", "inspect"]).arg(&file).env("XDG_CACHE_HOME", user_cache());
            let status = inspect.stdout(Stdio::null()).status().expect("the binary can be started");
            assert!(status.success(), "`{}` cannot be looked into", plugin.name);
        }
        files.extend(made(plugin).expect("what is looked into is compiled"));
    }
    files
}
