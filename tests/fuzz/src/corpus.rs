//! Where the inputs of a target lie, and how they are tried without the fuzzer. The engine's own tests use this file
//! too.

use std::path::{Path, PathBuf};

/// The files of `corpus/TARGET`, in order.
pub fn inputs(target: &str) -> Vec<PathBuf> {
    // From whichever crate this is compiled in.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    inputs.sort();
    inputs
}

/// Each input keeps every promise: whole, and cut off at any byte.
#[allow(clippy::print_stdout, reason = "tests only: says which input it is")]
pub fn replay(target: &str, function: fn(&[u8])) {
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
