//! What an action is asked to do, and what it reports.

use crate::ids::{CheckName, FindingKey};
use crate::labels::Labels;
use crate::time::Wall;

/// One decision to act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occasion {
    /// The id of the occasion, the same in every attempt and after a crash.
    pub id: String,
    pub check: CheckName,
    pub finding: Option<FindingKey>,
    /// The summary of the alert.
    pub summary: String,
    /// When the alert began.
    pub since: Wall,
    pub labels: Labels,
}

/// One thing that would be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub title: String,
    /// What it would be done to.
    pub target: String,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    pub summary: String,
    /// Whether there was something to do.
    pub changed: bool,
    pub details: Option<String>,
}
