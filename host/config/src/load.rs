//! From a path to a config or to problems.

use std::collections::BTreeMap;
use std::path::Path;

use watchkeep_core::ids::PluginName;

use crate::config::{Config, HostConfig};
use crate::environment::Environment;
use crate::plugin_facts::PluginFacts;
use crate::problem::{Place, Problem, Severity};

/// What came of loading. `problems` are sorted by file and line.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// `None` if any problem is an error.
    pub config: Option<Config>,
    pub problems: Vec<Problem>,
}

/// Reads the file or the folder at `path` and everything that it includes.
pub fn load(path: &Path, plugins: &BTreeMap<PluginName, PluginFacts>, env: &dyn Environment) -> Loaded {
    let _ = (plugins, env);
    Loaded { config: None, problems: vec![nothing_read(path)] }
}

/// The host's own settings, before any plugin is known. The problems are those of `[host]` and of the files.
pub fn preliminary(path: &Path) -> Result<HostConfig, Vec<Problem>> {
    Err(vec![nothing_read(path)])
}

fn nothing_read(path: &Path) -> Problem {
    Problem {
        severity: Severity::Error,
        place: Place { file: path.to_owned(), line: 0, column: 0, snippet: None },
        key: String::new(),
        message: "the config was not read".to_owned(),
        hint: None,
        notes: Vec::new(),
    }
}
