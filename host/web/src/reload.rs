//! The result of a reload.

use watchkeep_core::alert::AlertKey;
use watchkeep_core::setup::Difference;
use watchkeep_core::time::Wall;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReloadMode {
    Apply,
    /// Say what would change, and change nothing.
    DryRun,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Reloaded {
    /// The config was applied, or would be.
    Accepted {
        difference: Box<Difference>,
        /// Open alerts that close because their check is removed.
        closes: Vec<AlertKey>,
        /// What else changes: rights, limits, secrets and the like.
        altered: Vec<String>,
        warnings: Vec<ConfigProblem>,
    },
    /// The config has errors; nothing changed.
    Refused { problems: Vec<ConfigProblem> },
}

/// That the config on the disk was refused when it was last to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConfigRefused {
    pub at: Wall,
    pub errors: usize,
}

/// One problem of the config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    pub severity: Severity,
    pub file: String,
    /// The line, from 1; `None` if the problem is with the whole file.
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub key: Option<String>,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Warning,
    Error,
}
