//! The repository against its own rules.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use watchkeep_tidy::repository::{self, File};
use watchkeep_tidy::{arrows, documents, rules, sizes, targets, words};

fn files() -> Vec<File> {
    repository::files(&repository::root()).unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(repository::root()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

/// A plugin cannot ask the core, so that what it refuses when its config is read stands there a second time.
#[test]
fn the_plugin_refuses_the_headers_that_the_host_makes_itself() {
    let files = files();
    let list = |path: &str, name: &str| -> BTreeSet<String> {
        let file = files.iter().find(|file| file.path == path).unwrap();
        let (_, after) = file.text.split_once(&format!("const {name}: ")).unwrap();
        let (_, after) = after.split_once('=').unwrap();
        let (inside, _) = after.split_once("];").unwrap();
        inside.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let host = list("host/core/src/framing.rs", "FRAMING");
    assert!(host.contains("transfer-encoding") && host.len() > 5, "it was read: {host:?}");
    assert_eq!(list("sdk/rust/src/config/headers.rs", "FRAMING_HEADERS"), host);
}

#[test]
fn every_rule_that_is_named_is_written_down() {
    let files = files();
    let document = files.iter().find(|file| file.path == rules::DOCUMENT).unwrap();
    let stated = rules::stated(document);
    assert!(stated.len() > 25, "it was read: {stated:?}");
    let others = files.iter().filter(|file| !file.path.starts_with("tests/tidy/src/rules.rs"));
    none(others.flat_map(|file| rules::unknown(file, &stated)).collect());
}

#[test]
fn crates_import_only_along_the_arrows() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    none(arrows::violations(&repository::root(), &serde_json::from_str(&metadata).unwrap()));
}

#[test]
fn every_crate_builds_one_program_of_tests_and_none_for_nothing() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    none(targets::violations(&repository::root(), &serde_json::from_str(&metadata).unwrap(), &files()));
}

/// Else all that stands above a crate is compiled twice, and what is tested is not what ships.
#[test]
fn the_program_that_ships_is_made_of_the_same_crates_as_the_one_that_is_tested() {
    let tree = |whose: &[&str], edges| {
        let arguments = ["--edges", edges, "--prefix", "none", "--format", "{p} {f}"];
        targets::features(&cargo(&[&["tree"], whose, &arguments].concat()))
    };
    let ships = tree(&["--package", "watchkeep-daemon"], "normal,no-proc-macro");
    let tested = tree(&["--workspace"], "normal,dev,no-proc-macro");
    assert!(
        ships.len() > 200 && ships.keys().any(|name| name.starts_with("wasmtime ")),
        "it was read: {ships:?}"
    );
    let other = ships.iter().filter(|(name, ways)| tested.get(*name) != Some(ways));
    none(
        other
            .map(|(name, ways)| {
                format!(
                    "`{name}` ships with {ways:?} and is tested with {:?}; hint: ask for both under \
                     [workspace.dependencies], or for none",
                    tested.get(name)
                )
            })
            .collect(),
    );
}

#[test]
fn core_depends_on_nothing_that_acts() {
    let tree = cargo(&[
        "tree",
        "--package",
        "watchkeep-core",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ]);
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("watchkeep-core") && crates.contains("sha2"), "the tree was read: {crates:?}");
    let acting = [
        "tokio",
        "async-std",
        "smol",
        "mio",
        "wasmtime",
        "redb",
        "axum",
        "hyper",
        "reqwest",
        "rand",
        "getrandom",
    ];
    none(
        acting
            .iter()
            .filter(|name| crates.contains(*name))
            .map(|name| format!("core depends on `{name}`"))
            .collect(),
    );
}

#[test]
fn every_crate_takes_part_in_the_lints() {
    let without = files()
        .into_iter()
        .filter(|file| file.path.ends_with("/Cargo.toml") && file.text.contains("edition.workspace"))
        .filter(|file| !file.text.contains("[lints"))
        .map(|file| format!("{} has no [lints]", file.path));
    none(without.collect());
}

#[test]
fn files_stay_small() {
    none(sizes::violations(&files()));
}

#[test]
fn no_machine_path_and_no_work_left_for_later() {
    none(words::violations(&files(), &words::own_paths(&repository::root())));
}

#[test]
fn every_path_that_a_document_names_exists() {
    let root = repository::root();
    let tops: BTreeSet<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let wanted = ["host", "wit", "plugins", "sdk", "examples", "tests", "docs"].map(str::to_owned);
    // What is built or left by a run is there on one machine and not on another.
    let built = |top: &String| top != "target" && top != "run";
    let tops = tops.into_iter().filter(built).chain(wanted).collect();
    let exists = |path: &str| root.join(Path::new(path)).exists();
    let documents = files().into_iter().filter(documents::is_document);
    none(documents.flat_map(|file| documents::missing_paths(&file, &tops, &exists)).collect());
}

#[test]
fn every_toml_block_in_a_document_is_toml() {
    let documents = files().into_iter().filter(documents::is_document);
    let blocks = documents.flat_map(|file| documents::blocks(&file));
    let broken =
        blocks.filter(|block| block.info.first().is_some_and(|word| word == "toml")).filter_map(|block| {
            let error = toml::from_str::<toml::Table>(&block.text).err()?;
            Some(format!("{}:{}: {error}", block.document, block.line))
        });
    none(broken.collect());
}

#[test]
fn what_ci_runs_is_what_make_test_runs() {
    let script = std::fs::read_to_string(repository::root().join(".ci/run")).unwrap();
    let commands: Vec<&str> =
        script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(commands, ["set -euo pipefail", "cd \"$(dirname \"$0\")/..\"", "exec make test"]);
}

#[test]
fn the_reference_is_made_of_the_contract() {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(repository::root().join("wit/0.1.0")).unwrap();
    let made = watchkeep_tidy::reference::reference(&resolve);
    let page = repository::root().join("docs/authoring/reference.md");
    if std::env::var_os("WATCHKEEP_WRITE_REFERENCE").is_some() {
        std::fs::write(&page, &made).unwrap();
    }
    let stands = std::fs::read_to_string(&page).unwrap();
    assert!(
        stands == made,
        "docs/authoring/reference.md is not what the contract says; hint: \
         WATCHKEEP_WRITE_REFERENCE=1 cargo nextest run -p watchkeep-tidy reference"
    );
    for name in ["#### `send(request: request) -> result<response, failure>`", "#### resource `connection`"] {
        assert!(made.contains(name), "{name} is missing");
    }
}
