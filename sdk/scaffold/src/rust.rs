//! A plugin in Rust: a crate with its test, and the SDK beside it.

use crate::embedded::{LOCK, SDK, WORKSPACE};
use crate::plugin::{File, Kind, Plugin, Sdk};

/// The folder that holds the SDK and the contract.
const CARRIED: &str = "watchkeep";

const MANIFEST: &str = include_str!("../templates/rust/Cargo.toml");
const README: &str = include_str!("../templates/rust/README.md");

pub(crate) fn files(plugin: &Plugin) -> Vec<File> {
    let source = match plugin.kind {
        Kind::Check => include_str!("../templates/rust/check.rs"),
        Kind::Notifier => include_str!("../templates/rust/notifier.rs"),
        Kind::Action => include_str!("../templates/rust/action.rs"),
    };
    let (sdk, exclude) = match &plugin.sdk {
        Sdk::Carried => (format!("{CARRIED}/sdk/rust"), format!("exclude = [{CARRIED:?}]\n")),
        Sdk::Path(path) => (path.display().to_string().replace('\\', "/"), String::new()),
    };
    let manifest = plugin.filled(MANIFEST).replace("{{sdk}}", &sdk).replace("{{exclude}}", &exclude);
    let mut files = vec![
        File::new("Cargo.toml", manifest),
        File::new("Cargo.lock", LOCK),
        File::new("src/lib.rs", plugin.filled(source)),
        File::new("README.md", plugin.filled(README)),
        File::new(".gitignore", "/target\n"),
    ];
    files.extend(plugin.exchanges());
    if plugin.sdk == Sdk::Carried {
        files.push(File::new(format!("{CARRIED}/Cargo.toml"), WORKSPACE));
        files.extend(SDK.iter().map(|(path, text)| File::new(format!("{CARRIED}/{path}"), *text)));
    }
    files
}
