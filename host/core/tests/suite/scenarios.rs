//! Runs every file in `tests/scenarios`; `tests/scenarios/README.md` says how to read and write one. All failing
//! files are listed, not only the first.

#![allow(clippy::disallowed_methods, reason = "the scenarios are files; only what decides must know none")]

use std::fmt::Write as _;
use std::path::Path;

use crate::support::play::Play;

#[test]
fn every_scenario_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenario in {}", folder.display());
    let mut failures = String::new();
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a readable scenario");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let played = std::panic::catch_unwind(|| Play::run(&text));
        let problem = match played {
            Ok(Ok(())) => continue,
            Ok(Err(problem)) => problem,
            Err(panic) => panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_else(|| "panicked".into()),
        };
        let _ = writeln!(failures, "\n--- {name}\n{problem}");
    }
    assert!(failures.is_empty(), "{failures}");
}
