//! What is bundled: valid components, small, that ask for no more than they need.

use std::collections::BTreeSet;

use watchkeep_bundle::{BUNDLED, Bundled};
use wit_component::DecodedWasm;

/// Every run instantiates one; a size is memory and start time for each.
const BYTES_MAX: usize = 200 << 10;

fn world(bundled: &Bundled) -> (BTreeSet<String>, BTreeSet<String>) {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(bundled.bytes) else {
        panic!("`{}` is no component", bundled.name);
    };
    let world = &resolve.worlds[world];
    let names = |keys: Vec<String>| {
        keys.into_iter().map(|key| key.replace("watchkeep:plugin/", "").replace("@0.1.0", "")).collect()
    };
    let imports = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    (names(imports), names(exports))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_exports_its_kind_and_imports_only_what_it_uses() {
    for bundled in BUNDLED {
        let (exports, imports) = match bundled.name {
            "alertmanager" => {
                (set(&["manifest", "notifier"]), set(&["http", "kv", "log", "transport", "types"]))
            }
            "console" => (set(&["manifest", "notifier"]), set(&["log", "types"])),
            "telegram" => (set(&["manifest", "notifier"]), set(&["http", "log", "transport", "types"])),
            "email" => {
                let imports = ["log", "net", "pictures", "transport", "types"];
                (set(&["manifest", "notifier"]), set(&imports))
            }
            "http" => (set(&["manifest", "check"]), set(&["http", "transport", "types"])),
            "slack" => {
                let imports = ["http", "kv", "log", "pictures", "transport", "types"];
                (set(&["manifest", "notifier"]), set(&imports))
            }
            "discord" | "ntfy" | "pagerduty" | "teams" | "webhook" => {
                (set(&["manifest", "notifier"]), set(&["http", "transport", "types"]))
            }
            other => panic!("`{other}` is bundled and nobody says here what it may ask for"),
        };
        assert_eq!(world(bundled), (imports, exports), "{}", bundled.name);
    }
}

#[test]
fn each_is_small() {
    for Bundled { name, bytes } in BUNDLED {
        assert!(
            bytes.len() < BYTES_MAX,
            "`{name}` has {} bytes, at most {BYTES_MAX} are wanted",
            bytes.len()
        );
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
