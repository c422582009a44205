//! Crates to components, for real: the examples that a newcomer builds first.

use std::path::{Path, PathBuf};

use wasmparser::{Encoding, Parser, Payload, Validator};
use watchkeep_build::{Build, BuildError, Built, Kind, Names};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder in which the bundled plugins are built as well, so that the SDK is compiled once.
fn target() -> PathBuf {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().unwrap_or(tmp).join("components")
}

#[track_caller]
fn build(build: Build) -> Vec<Built> {
    match build.target_dir(target()).run() {
        Ok(built) => built,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn refused(build: Build) -> String {
    match build.target_dir(target()).run() {
        Ok(built) => panic!("built {}", built[0].path.display()),
        Err(error) => error.to_string(),
    }
}

fn has_names(bytes: &[u8]) -> bool {
    Parser::new(0)
        .parse_all(bytes)
        .any(|payload| matches!(payload, Ok(Payload::CustomSection(section)) if section.name() == "name"))
}

#[test]
fn the_examples_become_components_that_ask_for_http_alone() {
    let built = build(Build::of(root()).package("first-check").package("first-notifier"));
    let kinds: Vec<_> = built.iter().map(|built| (built.name.as_str(), built.kind)).collect();
    assert_eq!(kinds, [("first-check", Kind::Check), ("first-notifier", Kind::Notifier)]);
    for built in &built {
        assert_eq!(built.imports, ["http"], "{}", built.name);
        assert!(Parser::is_component(&built.bytes), "{}", built.name);
        Validator::new().validate_all(&built.bytes).expect("a component is valid");
        let version = Parser::new(0).parse_all(&built.bytes).next();
        assert!(matches!(version, Some(Ok(Payload::Version { encoding: Encoding::Component, .. }))));
        assert_eq!(std::fs::read(&built.path).expect("the file is there"), built.bytes);
    }
}

#[test]
fn one_crate_is_built_from_its_own_folder_and_names_what_it_is_made_of() {
    let built = build(Build::of(root().join("examples/first-check")));
    let [built] = built.as_slice() else { panic!("{} components", built.len()) };
    let is_source = |end: &str| built.sources.iter().any(|source| source.ends_with(end));
    for end in ["examples/first-check/src/lib.rs", "sdk/rust/src/report.rs", "sdk/macros/src/lib.rs"] {
        assert!(is_source(end), "{end} is not in {:?}", built.sources);
    }
    assert!(built.sources.iter().all(|source| source.exists()));
}

#[test]
fn names_of_functions_are_kept_unless_they_are_asked_away() {
    let of = |names| build(Build::of(root()).package("first-check").names(names)).remove(0).bytes;
    assert!(has_names(&of(Names::Keep)));
    assert!(!has_names(&of(Names::Strip)));
}

#[test]
fn a_crate_that_is_not_there_is_named_with_those_that_are() {
    let said = refused(Build::of(root()).package("fist-check"));
    assert!(said.starts_with("no crate `fist-check` in"), "{said}");
    assert!(said.contains("hint: there are") && said.contains("`first-check`"), "{said}");
}

#[test]
fn a_crate_that_is_no_plugin_is_refused_with_the_line_to_add() {
    let said = refused(Build::of(root()).package("watchkeep-build"));
    assert!(said.contains("hint: add `crate-type = [\"cdylib\", \"rlib\"]` under `[lib]`"), "{said}");
}

#[test]
fn a_workspace_without_a_choice_asks_for_one() {
    let said = refused(Build::of(root()));
    assert!(said.contains("hint: say which with `--package`"), "{said}");
}

#[test]
fn a_folder_without_a_crate_is_a_sentence() {
    let empty = tempfile::tempdir().expect("a folder can be made");
    let error = Build::of(empty.path()).run().expect_err("there is nothing to build");
    assert!(matches!(error, BuildError::Manifest { .. }), "{error}");
}

#[test]
fn a_module_without_a_check_says_what_to_write() {
    // An empty core module.
    let error =
        watchkeep_build::encode("empty", b"\0asm\x01\0\0\0", Names::Keep).expect_err("it exports nothing");
    assert!(matches!(&error, BuildError::NoKind { name } if name == "empty"), "{error}");
    assert!(error.to_string().contains("#[check("), "{error}");
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    let error = watchkeep_build::encode("text", b"hello", Names::Strip).expect_err("it is no module");
    assert!(matches!(error, BuildError::Encode { .. }), "{error}");
}
