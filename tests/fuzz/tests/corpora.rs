//! What the fuzzer began with, and what it once found, keeps every promise: whole, and cut off at any byte.

#![allow(clippy::print_stdout, reason = "tests only: says which input it is")]

use std::path::{Path, PathBuf};

use watchkeep_fuzz::TARGETS;

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    inputs.sort();
    inputs
}

fn run(target: &str) {
    let (_, function) = TARGETS.into_iter().find(|(name, _)| *name == target).expect("it is a target");
    let inputs = inputs(target);
    assert!(!inputs.is_empty(), "the corpus of {target} is empty");
    for path in inputs {
        let bytes = std::fs::read(&path).expect("it can be read");
        println!("{}", path.display());
        // At most some hundreds of pieces of each: a whole module is compiled for each.
        let step = (bytes.len() / 256).max(1);
        for end in (0..bytes.len()).step_by(step).chain([bytes.len()]) {
            function(&bytes[..end]);
        }
    }
}

#[test]
fn configs_keep_their_promises() {
    run("config");
}

#[test]
fn grants_keep_their_promises() {
    run("grants");
}

#[test]
fn http_answers_keep_their_promises() {
    run("http_answer");
}

#[test]
fn plugins_keep_their_promises() {
    run("plugin");
}

#[test]
fn reports_keep_their_promises() {
    run("report");
}

#[test]
fn every_target_has_a_binary_and_a_corpus_that_stays_small() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, _) in TARGETS {
        let binary = here.join("targets/bin").join(format!("{target}.rs"));
        assert!(binary.exists(), "{} is missing", binary.display());
        let bytes: u64 = inputs(target).iter().map(|path| path.metadata().expect("it is there").len()).sum();
        assert!(
            bytes <= 256 << 10,
            "the corpus of {target} has {bytes} bytes: minimise it, see CONTRIBUTING.md"
        );
    }
}
