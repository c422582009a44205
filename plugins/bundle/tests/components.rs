//! What is bundled: every plugin there is, as valid components, small, that ask for no more than they say.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use watchkeep_bundle::{BUNDLED, Bundled, folders};
use wit_component::DecodedWasm;

/// Every run instantiates one; a size is memory and start time for each. A plugin that needs more says so in its manifest
/// (`size_kib_max`), and why.
const KIB_MAX: u64 = 200;
/// Nobody's reason is good enough for more.
const KIB_MAX_EVER: u64 = 384;

/// They hold only types.
const TYPES_ONLY: [&str; 2] = ["transport", "types"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata(workspace: &Path) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(workspace)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn world(bundled: &Bundled) -> (BTreeSet<String>, BTreeSet<String>) {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(bundled.bytes) else {
        panic!("`{}` is not a component", bundled.name);
    };
    let world = &resolve.worlds[world];
    let names = |keys: Vec<String>| {
        keys.into_iter().map(|key| key.replace("watchkeep:plugin/", "").replace("@0.1.0", "")).collect()
    };
    let imports = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let mut imports: BTreeSet<String> = names(imports);
    imports.retain(|import| !TYPES_ONLY.contains(&import.as_str()));
    (imports, names(exports))
}

/// [package.metadata.watchkeep] of `plugins/NAME/Cargo.toml`.
fn manifest<'m>(metadata: &'m Value, name: &str) -> &'m Value {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == folders::package(name)).unwrap();
    &package["metadata"]["watchkeep"]
}

/// What `plugins/NAME/Cargo.toml` says under [package.metadata.watchkeep]: its kind, and what it asks of the host.
fn stated(metadata: &Value, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let stated = manifest(metadata, name);
    let (Some(kind), Some(imports)) = (stated["kind"].as_str(), stated["imports"].as_array()) else {
        panic!(
            "plugins/{name}/Cargo.toml does not say what it is; hint: kind and imports under [package.metadata.watchkeep]"
        )
    };
    let imports = imports.iter().map(|import| import.as_str().unwrap().to_owned()).collect();
    let mut exports: BTreeSet<String> = ["manifest", kind].map(str::to_owned).into();
    if stated["listens"] == true {
        exports.insert("listener".to_owned());
    }
    (imports, exports)
}

#[test]
fn each_exports_its_kind_and_imports_only_what_it_says_it_uses() {
    let metadata = metadata(&root());
    for bundled in BUNDLED {
        assert_eq!(world(bundled), stated(&metadata, bundled.name), "{}", bundled.name);
    }
}

#[test]
fn each_is_small() {
    let metadata = metadata(&root());
    for Bundled { name, bytes } in BUNDLED {
        let own = manifest(&metadata, name)["size_kib_max"].as_u64();
        assert!(
            own.is_none_or(|own| own > KIB_MAX && own <= KIB_MAX_EVER),
            "`{name}` states a `size_kib_max` that says nothing, or is more than {KIB_MAX_EVER}"
        );
        let most = own.unwrap_or(KIB_MAX) << 10;
        assert!((bytes.len() as u64) < most, "`{name}` has {} bytes, at most {most} are wanted", bytes.len());
    }
}

#[test]
fn none_holds_a_path_of_the_machine_that_built_it() {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let root = workspace.trim_end_matches("plugins/bundle/");
    for Bundled { name, bytes } in BUNDLED {
        let found = bytes.windows(root.len()).any(|window| window == root.as_bytes());
        assert!(!found, "`{name}` names `{root}`");
    }
}

#[test]
fn names_are_sorted_and_unique() {
    assert!(BUNDLED.windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn every_folder_with_a_plugin_is_bundled() {
    let names: Vec<_> = BUNDLED.iter().map(|bundled| bundled.name).collect();
    assert_eq!(names, folders::plugins(&root().join("plugins")).unwrap());
}

/// A plugin's folder and the lock file, which cargo writes, are all that a new one touches.
#[test]
fn a_plugin_that_is_added_is_in_the_workspace_and_in_the_bundle() {
    let copy = tempfile::tempdir().unwrap();
    copy_of_the_workspace(copy.path());
    let count = || {
        let members = metadata(copy.path())["packages"].as_array().unwrap().len();
        (members, folders::plugins(&copy.path().join("plugins")).unwrap().len())
    };
    let before = count();
    assert_eq!(before.1, BUNDLED.len());

    let (added, console) = (copy.path().join("plugins/added"), copy.path().join("plugins/console"));
    std::fs::create_dir_all(added.join("src")).unwrap();
    let manifest = std::fs::read_to_string(console.join("Cargo.toml")).unwrap();
    std::fs::write(added.join("Cargo.toml"), manifest.replace("plugin-console", "plugin-added")).unwrap();
    std::fs::write(added.join("src/lib.rs"), "").unwrap();
    // A file is none.
    std::fs::write(copy.path().join("plugins/notes.txt"), "").unwrap();

    assert_eq!(count(), (before.0 + 1, before.1 + 1));
}

/// Its manifests, with an empty file for each crate's library and program.
fn copy_of_the_workspace(to: &Path) {
    let root = root().canonicalize().unwrap();
    let members = metadata(&root);
    let write = |path: &Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let mut manifests = vec![root.join("Cargo.toml")];
    for package in members["packages"].as_array().unwrap() {
        manifests.push(package["manifest_path"].as_str().unwrap().into());
        for target in package["targets"].as_array().unwrap() {
            let source = Path::new(target["src_path"].as_str().unwrap());
            write(&to.join(source.strip_prefix(&root).unwrap()), "");
        }
    }
    for manifest in manifests {
        let text = std::fs::read_to_string(&manifest).unwrap();
        write(&to.join(manifest.strip_prefix(&root).unwrap()), &text);
    }
}
