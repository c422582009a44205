//! What is to be built, and what came of it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::cargo;
use crate::component::{self, Kind};
use crate::crates::Folder;
use crate::error::BuildError;
use crate::toolchain::Toolchain;

/// What a component keeps of its source, for backtraces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// File and line of every instruction, and what a panic has to say (so it imports `log`): for the author's desk.
    WithLines,
    /// Names of functions; they take a fifth of a component.
    Keep,
    /// Nothing: for what is given to others.
    Strip,
}

/// Whether the compiler tells how far it is. What it complains about is always told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    Told,
    Quiet,
}

/// A build that did not run yet.
#[derive(Clone, Debug)]
#[must_use = "nothing is built before `run`"]
pub struct Build {
    dir: PathBuf,
    packages: Vec<String>,
    target_dir: Option<PathBuf>,
    names: Names,
    progress: Progress,
}

/// A component.
#[derive(Clone, Debug)]
pub struct Built {
    /// The crate.
    pub name: String,
    pub kind: Kind,
    /// What it asks of the host: names of interfaces.
    pub imports: Vec<String>,
    /// Where it stands, below the target folder.
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Every file of the workspace that it is made of.
    pub sources: Vec<PathBuf>,
    /// Which compiler made it, for people.
    pub toolchain: String,
}

impl Build {
    /// The crate in `dir`, or several of the workspace there (see [`Build::package`]).
    pub fn of(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            packages: Vec::new(),
            target_dir: None,
            names: Names::Keep,
            progress: Progress::Told,
        }
    }
    /// A crate by its name; any number of them are built in one go.
    pub fn package(mut self, name: impl Into<String>) -> Self {
        self.packages.push(name.into());
        self
    }
    /// Unless it is said, `components` below cargo's target folder: a folder of its own, so that a build script
    /// can build plugins while the outer cargo holds its lock.
    pub fn target_dir(mut self, target_dir: impl Into<PathBuf>) -> Self {
        self.target_dir = Some(target_dir.into());
        self
    }
    pub fn names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }
    /// Builds, in the order of the packages. The compiler speaks on stderr.
    pub fn run(self) -> Result<Vec<Built>, BuildError> {
        let folder = Folder::look(&self.dir)?;
        let crates = folder.choose(&self.dir, &self.packages)?;
        let toolchain = Toolchain::find(&self.dir)?;
        let target = self.target_dir.unwrap_or_else(|| folder.target.join("components"));
        let _lock = lock(&target)?;
        let job = cargo::Job {
            dir: &self.dir,
            folder: &folder,
            target: &target,
            toolchain: &toolchain,
            names: self.names,
            progress: self.progress,
        };
        let modules = job.build(&crates)?;
        modules.into_iter().map(|module| finish(module, &target, self.names, &toolchain)).collect()
    }
}

/// Holds off other builds in the same folder until the lock is dropped: cargo's own lock ends before its files are
/// read here, and they may be half rewritten by the next.
fn lock(target: &Path) -> Result<File, BuildError> {
    let path = target.join("watchkeep-build.lock");
    let open = || {
        std::fs::create_dir_all(target)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|source| BuildError::Write { path: path.clone(), source })
}

fn finish(
    module: cargo::Module,
    target: &Path,
    names: Names,
    toolchain: &Toolchain,
) -> Result<Built, BuildError> {
    let bytes = std::fs::read(&module.path)
        .map_err(|source| BuildError::Read { path: module.path.clone(), source })?;
    let component = component::encode(&module.name, &bytes, names)?;
    let path = target.join(format!("{}.wasm", module.name));
    replace(&path, &component.bytes).map_err(|source| BuildError::Write { path: path.clone(), source })?;
    Ok(Built {
        name: module.name,
        kind: component.kind,
        imports: component.imports,
        path,
        bytes: component.bytes,
        sources: module.sources,
        toolchain: toolchain.to_string(),
    })
}

/// Whoever watches the file sees the old or the new one, whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let new = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&new, bytes)?;
    std::fs::rename(&new, path)
}
