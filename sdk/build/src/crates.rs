//! Which crates are meant: cargo's own view of a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::cargo;
use crate::error::BuildError;

/// What cargo knows of a folder.
pub(crate) struct Folder {
    pub(crate) workspace: PathBuf,
    pub(crate) target: PathBuf,
    /// Other workspaces that hold crates by path, such as an SDK in a checkout.
    pub(crate) outside: Vec<Outside>,
    crates: Vec<Crate>,
}

/// A workspace, by the name of the crate that led to it.
pub(crate) struct Outside {
    pub(crate) name: String,
    pub(crate) workspace: PathBuf,
}

#[derive(Clone)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    makes_module: MakesModule,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MakesModule {
    Yes,
    No,
}

impl Folder {
    pub(crate) fn look(dir: &Path) -> Result<Self, BuildError> {
        let metadata = metadata(dir)?;
        let packages = packages(&metadata);
        let workspace = path(&metadata, "workspace_root");
        Ok(Self {
            outside: outside(&workspace, packages),
            target: path(&metadata, "target_directory"),
            crates: packages.iter().filter_map(Crate::read).collect(),
            workspace,
        })
    }

    /// The crates of these names, or the one crate of the folder.
    pub(crate) fn choose(&self, dir: &Path, names: &[String]) -> Result<Vec<Crate>, BuildError> {
        let chosen = match names {
            [] => vec![self.only(dir)?],
            names => names.iter().map(|name| self.named(dir, name)).collect::<Result<_, _>>()?,
        };
        match chosen.iter().find(|chosen| chosen.makes_module == MakesModule::No) {
            Some(none) => {
                Err(BuildError::NoModule { name: none.name.clone(), manifest: none.manifest.clone() })
            }
            None => Ok(chosen),
        }
    }

    fn only(&self, dir: &Path) -> Result<Crate, BuildError> {
        let here = dir.canonicalize().map(|dir| dir.join("Cargo.toml")).ok();
        let own = self.crates.iter().find(|known| known.manifest.canonicalize().ok() == here);
        match (own, self.crates.as_slice()) {
            (Some(own), _) => Ok(own.clone()),
            (None, [one]) => Ok(one.clone()),
            (None, _) => Err(BuildError::WhichCrate { dir: dir.to_owned(), known: self.known() }),
        }
    }

    fn named(&self, dir: &Path, name: &str) -> Result<Crate, BuildError> {
        self.crates.iter().find(|known| known.name == name).cloned().ok_or_else(|| BuildError::NoSuchCrate {
            name: name.to_owned(),
            dir: dir.to_owned(),
            known: self.known(),
        })
    }

    fn known(&self) -> String {
        self.crates.iter().map(|known| format!("`{}`", known.name)).collect::<Vec<_>>().join(", ")
    }
}

/// What cargo knows of the workspace at `dir`, without asking a registry.
fn metadata(dir: &Path) -> Result<Value, BuildError> {
    let mut command = Command::new(cargo::program());
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(dir);
    cargo::quiet_environment(&mut command);
    let start = |source| BuildError::Start { program: cargo::program().display().to_string(), source };
    let output = command.output().map_err(start)?;
    let manifest = |message: String| BuildError::Manifest { dir: dir.to_owned(), message };
    if !output.status.success() {
        return Err(manifest(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| manifest(error.to_string()))
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn path(metadata: &Value, key: &str) -> PathBuf {
    PathBuf::from(metadata[key].as_str().unwrap_or_default())
}

/// Every other workspace that crates of this one lead to by path, directly or not.
fn outside(workspace: &Path, packages: &[Value]) -> Vec<Outside> {
    let mut found: Vec<Outside> = Vec::new();
    let mut open = by_path(packages);
    while let Some((name, dir)) = open.pop() {
        let known = dir.starts_with(workspace) || found.iter().any(|known| dir.starts_with(&known.workspace));
        // What cargo does not understand there, it tells better when it builds.
        let Some(metadata) = (!known).then(|| metadata(&dir).ok()).flatten() else { continue };
        open.extend(by_path(self::packages(&metadata)));
        found.push(Outside { name, workspace: path(&metadata, "workspace_root") });
    }
    found
}

/// Dependencies that lie in a folder of this machine.
fn by_path(packages: &[Value]) -> Vec<(String, PathBuf)> {
    let dependencies = packages.iter().filter_map(|package| package["dependencies"].as_array()).flatten();
    dependencies
        .filter_map(|dependency| {
            Some((dependency["name"].as_str()?.to_owned(), dependency["path"].as_str()?.into()))
        })
        .collect()
}

impl Crate {
    fn read(package: &Value) -> Option<Self> {
        let targets = package["targets"].as_array()?;
        let is_module = |target: &Value| {
            target["crate_types"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
        };
        Some(Self {
            name: package["name"].as_str()?.to_owned(),
            manifest: PathBuf::from(package["manifest_path"].as_str()?),
            makes_module: if targets.iter().any(is_module) { MakesModule::Yes } else { MakesModule::No },
        })
    }
}
