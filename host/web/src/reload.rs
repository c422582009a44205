//! What a reload came to.

use watchkeep_core::alert::AlertKey;
use watchkeep_core::setup::Difference;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReloadMode {
    Apply,
    /// Says what would change, changes nothing.
    DryRun,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Reloaded {
    /// Applied, or would be.
    Accepted {
        difference: Box<Difference>,
        /// Open alerts whose check goes away: they close.
        closes: Vec<AlertKey>,
        /// What else differs: rights, limits, secrets and their kin.
        altered: Vec<String>,
        warnings: Vec<ConfigProblem>,
    },
    /// The config has errors; nothing changed.
    Refused { problems: Vec<ConfigProblem> },
}

/// One problem of the config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    pub severity: Severity,
    pub file: String,
    /// Counts from 1; `None` if the problem is of the whole file.
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
