//! What is built of each crate: one program of tests, and no harness for what has no tests. A harness that is turned off
//! must not hide a test.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::repository::File;

/// What `cargo metadata --no-deps` prints, as far as it matters here.
#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
}

#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: String,
    pub targets: Vec<Target>,
}

#[derive(Deserialize)]
pub struct Target {
    pub name: String,
    pub kind: Vec<String>,
    pub src_path: String,
    pub test: bool,
    pub doctest: bool,
}

/// What the sources below a crate's `src` have.
#[derive(Default)]
struct Has {
    tests: bool,
    examples: bool,
}

/// One sentence for each target that is built for nothing, and for each test that nobody would run.
pub fn violations(root: &Path, metadata: &Metadata, files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for package in &metadata.packages {
        let manifest = Path::new(&package.manifest_path);
        let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root).ok());
        let folder = folder.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let sources = has(files.iter().filter(|file| file.path.starts_with(&format!("{folder}/src/"))));
        let programs = package.targets.iter().filter(|it| it.kind.iter().any(|kind| kind == "test")).count();
        if programs > 1 {
            found.push(format!(
                "`{}` has {programs} programs of tests, each linked by itself; hint: one tests/suite/main.rs",
                package.name
            ));
        }
        let is_library = |target: &&Target| {
            target.kind.iter().any(|kind| kind == "lib" || kind == "rlib" || kind == "proc-macro")
        };
        if let Some(library) = package.targets.iter().find(is_library) {
            let name = &package.name;
            match (library.test, sources.tests) {
                (false, true) => {
                    found.push(format!("`{name}` has tests in src and `test = false` under [lib]"))
                }
                (true, false) => {
                    found.push(format!("`{name}` has no test in src; hint: `test = false` under [lib]"))
                }
                (true, true) | (false, false) => {}
            }
            match (library.doctest, sources.examples) {
                (false, true) => {
                    found.push(format!("`{name}` has examples in its documentation and `doctest = false`"))
                }
                (true, false) => {
                    found.push(format!("`{name}` documents no example; hint: `doctest = false` under [lib]"));
                }
                (true, true) | (false, false) => {}
            }
        }
    }
    found
}

fn has<'a>(sources: impl Iterator<Item = &'a File>) -> Has {
    let mut has = Has::default();
    for file in sources.filter(|file| file.path.ends_with(".rs")) {
        let mut fenced = false;
        for line in file.text.lines().map(str::trim_start) {
            has.tests |= ["#[test]", "#[tokio::test", "proptest! {"].iter().any(|it| line.starts_with(it));
            let Some(info) =
                ["/// ```", "//! ```"].iter().find_map(|fence| line.strip_prefix(fence)).map(str::trim)
            else {
                continue;
            };
            // Fences that hold something else than Rust are named after it.
            has.examples |= !fenced && ["", "no_run", "should_panic"].contains(&info);
            fenced = !fenced;
        }
    }
    has
}

/// Crates by name and version, with the features that one line of `cargo tree --prefix none --format '{p} {f}'` gives
/// each; several if it is built in several ways.
pub fn features(tree: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tree.lines() {
        let line = line.trim_end_matches(" (*)");
        let Some((name, rest)) = line.split_once(" v") else { continue };
        let version = rest.split(' ').next().unwrap_or_default();
        // For our own crates, the path follows the version.
        let given = rest.rsplit_once(' ').map_or("", |(_, last)| if last.ends_with(')') { "" } else { last });
        let given = if given == version { "" } else { given };
        let ways = found.entry(format!("{name} {version}")).or_default();
        if !ways.iter().any(|way| way == given) {
            ways.push(given.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(test: bool, doctest: bool, text: &str) -> Vec<String> {
        let target = |kind: &str| Target {
            name: "it".into(),
            kind: vec![kind.into()],
            src_path: "/r/host/it/src/lib.rs".into(),
            test,
            doctest,
        };
        let package = Package {
            name: "it".into(),
            manifest_path: "/r/host/it/Cargo.toml".into(),
            targets: vec![target("lib"), target("test")],
        };
        let file = File { path: "host/it/src/lib.rs".into(), text: text.into() };
        violations(Path::new("/r"), &Metadata { packages: vec![package] }, &[file])
    }

    #[test]
    fn a_harness_is_there_when_there_is_something_for_it() {
        let both = "/// ```\n/// f();\n/// ```\nfn f() {}\n#[test]\nfn t() {}\n";
        assert_eq!(check(true, true, both), Vec::<String>::new());
        assert_eq!(check(false, false, "/// ```text\n/// x\n/// ```\nfn f() {}\n"), Vec::<String>::new());
        assert_eq!(check(false, true, both).len(), 1);
        assert_eq!(check(true, false, both).len(), 1);
        assert_eq!(check(true, true, "fn f() {}\n").len(), 2);
    }

    #[test]
    fn features_of_a_tree_are_read() {
        let tree = "watchkeep-core v0.1.0 (/r/host/core)\nchrono v0.4.45 alloc,std\nbase64 v0.22.1\nchrono v0.4.45 alloc,std (*)\nchrono v0.4.45 alloc\n";
        let found = features(tree);
        assert_eq!(found["chrono 0.4.45"], ["alloc,std", "alloc"]);
        assert_eq!(found["base64 0.22.1"], [""]);
        assert_eq!(found["watchkeep-core 0.1.0"], [""]);
    }
}
