//! Embeds what a new plugin needs of this repository: the contract, and the SDK as a small workspace of its own, with
//! the versions of its dependencies that are tested here. So a plugin builds wherever this program runs, with the
//! SDK that belongs to it, and needs no checkout.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use toml::{Table, Value};

const CONTRACT: &str = "wit/0.1.0";
const SDK: [&str; 2] = ["sdk/rust", "sdk/macros"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a closed stderr.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let root = here.join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);

    let mut sdk = Vec::new();
    files(&root.join(CONTRACT), &mut sdk)?;
    for folder in SDK {
        sdk.push(root.join(folder).join("Cargo.toml"));
        files(&root.join(folder).join("src"), &mut sdk)?;
    }
    sdk.sort();

    let manifest = out.join("workspace.toml");
    std::fs::write(&manifest, workspace(&root)?)?;
    let lock = out.join("lock.toml");
    std::fs::write(&lock, locked(&root)?)?;

    let mut source = String::new();
    table(&mut source, "SDK", &sdk, &root)?;
    writeln!(source, "pub(crate) static WORKSPACE: &str = include_str!({manifest:?});")?;
    writeln!(source, "pub(crate) static LOCK: &str = include_str!({lock:?});")?;
    std::fs::write(out.join("embedded.rs"), source)?;

    let mut cargo = std::io::stdout();
    // Folders too: a file that comes or goes changes them.
    let folders = [CONTRACT, "sdk/rust/src", "sdk/macros/src"].map(|folder| root.join(folder));
    for path in sdk.iter().chain(&folders).chain(&[root.join("Cargo.toml"), root.join("Cargo.lock")]) {
        writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
    }
    Ok(())
}

/// Every file below `folder`, in name order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files(&entry, found)? } else { found.push(entry) }
    }
    Ok(())
}

/// A static of `(path from base, text)`.
fn table(source: &mut String, name: &str, files: &[PathBuf], base: &Path) -> Result<(), Box<dyn Error>> {
    writeln!(source, "pub(crate) static {name}: &[(&str, &str)] = &[")?;
    for file in files {
        let path = file.strip_prefix(base)?.to_string_lossy().replace('\\', "/");
        writeln!(source, "    ({path:?}, include_str!({file:?})),")?;
    }
    writeln!(source, "];")?;
    Ok(())
}

/// The workspace's manifest, without what the SDK does not use.
fn workspace(root: &Path) -> Result<String, Box<dyn Error>> {
    let whole: Table = std::fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
    let workspace = whole["workspace"].as_table().ok_or("the workspace's manifest has no `[workspace]`")?;
    let mut used = BTreeSet::new();
    for folder in SDK {
        let manifest: Table = std::fs::read_to_string(root.join(folder).join("Cargo.toml"))?.parse()?;
        names_of_dependencies(&Value::Table(manifest), &mut used);
    }
    let all = workspace["dependencies"].as_table().ok_or("the workspace names no dependencies")?;
    let dependencies: Table =
        all.iter().filter(|(name, _)| used.contains(*name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut slim = Table::new();
    slim.insert("resolver".to_owned(), workspace["resolver"].clone());
    slim.insert("members".to_owned(), Value::Array(SDK.map(|folder| folder.into()).to_vec()));
    slim.insert("package".to_owned(), workspace["package"].clone());
    slim.insert("dependencies".to_owned(), Value::Table(dependencies));
    slim.insert("lints".to_owned(), workspace["lints"].clone());
    let mut manifest = Table::new();
    manifest.insert("workspace".to_owned(), Value::Table(slim));
    Ok(format!("# Written by `watchkeep plugin new`: the SDK of this version.\n{manifest}"))
}

/// The keys of every `dependencies` table, those of targets too.
fn names_of_dependencies(value: &Value, found: &mut BTreeSet<String>) {
    let Some(table) = value.as_table() else { return };
    for (key, value) in table {
        match value.as_table() {
            Some(dependencies) if key == "dependencies" => found.extend(dependencies.keys().cloned()),
            _ => names_of_dependencies(value, found),
        }
    }
}

/// What of the lock file the SDK depends on, without the SDK itself.
fn locked(root: &Path) -> Result<String, Box<dyn Error>> {
    let whole: Table = std::fs::read_to_string(root.join("Cargo.lock"))?.parse()?;
    let packages = whole["package"].as_array().ok_or("the lock file names no packages")?;
    let text = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut wanted = vec!["watchkeep-sdk".to_owned()];
    let mut kept = BTreeSet::new();
    while let Some(dependency) = wanted.pop() {
        // `name`, or `name version` where there are several.
        let mut words = dependency.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        for (at, package) in packages.iter().enumerate() {
            let fits = text(package, "name").as_deref() == Some(name)
                && version.is_none_or(|version| text(package, "version").as_deref() == Some(version));
            if fits && kept.insert(at) {
                let dependencies = package.get("dependencies").and_then(Value::as_array);
                wanted
                    .extend(dependencies.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            }
        }
    }
    let own = |package: &&Value| package.get("source").is_none();
    let packages: Vec<Value> =
        kept.into_iter().map(|at| &packages[at]).filter(|package| !own(package)).cloned().collect();
    let mut slim = Table::new();
    slim.insert("version".to_owned(), whole["version"].clone());
    slim.insert("package".to_owned(), Value::Array(packages));
    Ok(slim.to_string())
}
