//! What a config names on this machine, for somebody who runs one plugin by hand: no check and no plugin is looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_core::grant::Command;
use watchkeep_core::ids::{CommandName, RootName, SocketName};

use crate::environment::Environment;
use crate::files;
use crate::gather::gather;
use crate::load::preliminary;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::sections::{commands, roots, secrets, sockets};
use crate::source::Sources;

#[derive(Clone, Debug)]
pub struct Machine {
    pub sockets: BTreeMap<SocketName, PathBuf>,
    pub roots: BTreeMap<RootName, PathBuf>,
    pub commands: BTreeMap<CommandName, Arc<Command>>,
    pub data_dir: PathBuf,
    /// The config's own files, and those with secrets.
    pub files: Vec<PathBuf>,
}

/// Reads these sections. Only problems with them are reported.
pub fn machine(path: &Path, env: &dyn Environment) -> Result<Machine, Vec<Problem>> {
    let host = preliminary(path)?;
    let mut sources = Sources::default();
    let mut others = Problems::default();
    let texts = files::read_all(path, &mut sources, &mut others);
    let gathered = gather(&texts, &mut others);
    let secrets = secrets::read(&gathered, env, &sources, &mut others);
    let mut problems = Problems::default();
    let sockets = sockets::read(&gathered, &sources, &mut problems);
    let roots = roots::read(&gathered, &mut problems);
    let commands = commands::read(&gathered, &mut problems);
    if problems.has_errors() {
        return Err(problems.finish(&sources));
    }
    let read = sources.paths().map(Path::to_owned);
    let files = read.chain(secrets.files).collect();
    Ok(Machine { sockets, roots, commands, data_dir: host.data_dir, files })
}
