//! A plugin in Python or JavaScript: a source with its test, a world of its own, and the contract beside it.

use crate::embedded::SDK;
use crate::plugin::{File, Kind, Plugin};

/// Where the contract stands in this program, and in a plugin's folder.
const CONTRACT: (&str, &str) = ("wit/0.1.0/", "wit/deps/watchkeep/");
const IMPORTS_HTTP: &str = "    import watchkeep:plugin/http@0.1.0;\n";

pub(crate) fn python(plugin: &Plugin) -> Vec<File> {
    let (source, unit_tests) = match plugin.kind {
        Kind::Check => {
            (include_str!("../templates/python/check.py"), include_str!("../templates/python/test_check.py"))
        }
        Kind::Notifier => (
            include_str!("../templates/python/notifier.py"),
            include_str!("../templates/python/test_notifier.py"),
        ),
        Kind::Action => (
            include_str!("../templates/python/action.py"),
            include_str!("../templates/python/test_action.py"),
        ),
    };
    let mut files = vec![
        File::new("plugin.py", plugin.filled(source)),
        File::new("test_plugin.py", plugin.filled(unit_tests)),
        File::new("requirements.txt", include_str!("../../../examples/python-check/requirements.txt")),
        File::new("README.md", plugin.filled(include_str!("../templates/python/README.md"))),
        File::new(".gitignore", "/.tools\n/.bindings\n/*.wasm\n__pycache__\n"),
    ];
    files.extend(plugin.exchanges());
    files.extend(world(plugin, IMPORTS_HTTP));
    files
}

pub(crate) fn javascript(plugin: &Plugin) -> Vec<File> {
    let (source, unit_tests) = match plugin.kind {
        Kind::Check => {
            (include_str!("../templates/js/check.js"), include_str!("../templates/js/test_check.js"))
        }
        Kind::Notifier => {
            (include_str!("../templates/js/notifier.js"), include_str!("../templates/js/test_notifier.js"))
        }
        Kind::Action => {
            (include_str!("../templates/js/action.js"), include_str!("../templates/js/test_action.js"))
        }
    };
    // The versions that the example is tested with.
    let lock = include_str!("../../../examples/js-check/package-lock.json");
    let lock = lock.replace("\"js-check\"", &format!("{:?}", plugin.name.as_str()));
    let mut files = vec![
        File::new("plugin.js", plugin.filled(source)),
        File::new("plugin.test.js", plugin.filled(unit_tests)),
        File::new("package.json", plugin.filled(include_str!("../templates/js/package.json"))),
        File::new("package-lock.json", lock),
        File::new("README.md", plugin.filled(include_str!("../templates/js/README.md"))),
        File::new(".gitignore", "/node_modules\n/*.wasm\n"),
    ];
    files.extend(plugin.exchanges());
    // What it asks goes through `fetch`.
    files.extend(world(plugin, ""));
    files
}

/// The plugin's world, and the contract that it includes.
fn world(plugin: &Plugin, imports: &str) -> Vec<File> {
    let world = match plugin.kind {
        Kind::Check => include_str!("../templates/wit/check.wit"),
        Kind::Notifier => include_str!("../templates/wit/notifier.wit"),
        Kind::Action => include_str!("../templates/wit/action.wit"),
    };
    let (from, to) = CONTRACT;
    let contract = SDK.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix(from)?;
        Some(File::new(format!("{to}{name}"), *text))
    });
    let mut files = vec![File::new("wit/world.wit", world.replace("{{imports}}", imports))];
    files.extend(contract);
    files
}
