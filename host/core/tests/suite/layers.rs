//! The order of the core can be seen in its imports: they lead from later stages to earlier layers and never back, and no two
//! files import each other, by whatever way round.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this test reads the source; the code under test may not"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the bottom. What is in none of them is vocabulary, or reads what was decided.
const LAYERS: [&str; 11] = [
    "model",
    "rules",
    "record",
    "stages::start",
    "stages::deliver",
    "stages::group",
    "stages::tell",
    "stages::act",
    "stages::judge",
    "inputs",
    "step",
];

type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn imports_lead_from_later_layers_to_earlier_ones() {
    let imports = imports();
    let layer = |module: &str| {
        LAYERS.iter().position(|layer| module == *layer || module.starts_with(&format!("{layer}::")))
    };
    let mut seen = BTreeSet::new();
    for (from, to) in imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        if let (Some(lower), Some(upper)) = (layer(from), layer(to)) {
            seen.extend([lower, upper]);
            assert!(upper <= lower, "`{from}` imports `{to}`, which comes after it");
        }
    }
    assert_eq!(seen.len(), LAYERS.len(), "a layer has no imports: its name is wrong");
}

#[test]
fn no_file_imports_what_imports_it() {
    let mut left = imports();
    let all = left.len();
    assert!(all > 80, "found only {all} modules");
    // What imports nothing that is left cannot be part of a circle.
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, to)| !to.iter().any(|to| left.contains_key(to)))
            .map(|(it, _)| it.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| drop(left.remove(module)));
    }
    assert!(left.is_empty(), "these import each other: {:#?}", left.keys());
}

/// Which modules each module names, tests and child modules apart.
fn imports() -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    read(&root, "", &mut sources);
    let mut imports = Imports::new();
    for (module, source) in &sources {
        let code: String = source
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join(" ");
        let mut paths = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            expand("", &code[at + "crate::".len()..], &mut paths);
        }
        let named = paths.iter().filter_map(|path| module_of(path, &sources)).filter(|it| it != module);
        imports.insert(module.clone(), named.collect());
    }
    imports
}

fn read(folder: &Path, above: &str, sources: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("a folder entry").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = if above.is_empty() { stem.clone() } else { format!("{above}::{stem}") };
        if path.is_dir() && stem != "tests" {
            read(&path, &name, sources);
        } else if path.extension().is_some_and(|end| end == "rs") && stem != "tests" && name != "lib" {
            sources.insert(name, std::fs::read_to_string(&path).expect("a readable source"));
        }
    }
}

/// The paths of a `use` tree, or of a path in an expression, that begins here.
fn expand(before: &str, text: &str, paths: &mut Vec<String>) -> usize {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':')).unwrap_or(text.len());
    let path = format!("{before}{}", &text[..end]);
    if !(path.ends_with("::") && text[end..].starts_with('{')) {
        paths.push(path);
        return end;
    }
    let mut at = end + 1;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', ',']).len();
        if text[at..].starts_with('}') || text[at..].is_empty() {
            return at + 1;
        }
        let read = expand(&path, &text[at..], paths);
        let rest = text[at + read..].find([',', '}', '{']).unwrap_or(0);
        at += read + rest.max(usize::from(read + rest == 0));
    }
}

fn module_of(path: &str, sources: &BTreeMap<String, String>) -> Option<String> {
    let mut path = path.trim_end_matches("::");
    loop {
        if sources.contains_key(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}
