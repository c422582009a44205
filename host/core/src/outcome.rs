//! What the host makes of a run. Only a report judges the target (rule A2); everything else is a failure with
//! a reason and goes to the plugin's owner.

use std::sync::Arc;

use crate::report::{Judgement, Report, State};

#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    Report(Arc<Report>),
    Failed(Arc<Failure>),
}

impl Outcome {
    /// The judgement that counts for the alert's life; `None` if the run judged nothing.
    pub fn judgement(&self) -> Option<Judgement> {
        match self {
            Outcome::Report(report) => report.state.judgement(),
            Outcome::Failed(_) => None,
        }
    }
    pub fn state(&self) -> State {
        match self {
            Outcome::Report(report) => report.state,
            Outcome::Failed(_) => State::Unknown,
        }
    }
    /// A line for people.
    pub fn summary(&self) -> &str {
        match self {
            Outcome::Report(report) => &report.summary,
            Outcome::Failed(failure) => &failure.message,
        }
    }
    /// The label value of `watchkeep_runs_total{outcome}`.
    pub fn kind(&self) -> &'static str {
        match self {
            Outcome::Report(report) => report.state.as_str(),
            Outcome::Failed(failure) => failure.reason.as_str(),
        }
    }
}

/// A run that judged nothing, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    pub reason: FailureReason,
    pub stage: Stage,
    /// One line: plugin, limit that was hit, what happened. Never contains a secret.
    pub message: String,
    /// What to change.
    pub hint: Option<String>,
    /// The guest's stack, if it trapped.
    pub backtrace: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FailureReason {
    /// The guest trapped.
    Trap,
    /// The CPU budget was spent.
    CpuTime,
    /// The run's deadline passed.
    WallTime,
    /// The memory limit was hit.
    Memory,
    /// Another limit was hit (host calls, tables, instances).
    Limit,
    /// A right was missing; or a report was worse than ok after a denied or limited host call.
    Denied,
    /// The plugin's fault `config`.
    Config,
    /// The plugin's fault `inconclusive`.
    Inconclusive,
    /// The plugin's fault `other`.
    Fault,
    /// The report broke the contract (not a number, over-long, bad names).
    InvalidReport,
    /// The plugin does not exist: it was never loaded, was removed, or is of another kind.
    NoPlugin,
    /// The host itself failed.
    Host,
}

impl FailureReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureReason::Trap => "trap",
            FailureReason::CpuTime => "cpu-time",
            FailureReason::WallTime => "timeout",
            FailureReason::Memory => "memory",
            FailureReason::Limit => "limit",
            FailureReason::Denied => "denied",
            FailureReason::Config => "config",
            FailureReason::Inconclusive => "inconclusive",
            FailureReason::Fault => "fault",
            FailureReason::InvalidReport => "invalid-report",
            FailureReason::NoPlugin => "no-plugin",
            FailureReason::Host => "host",
        }
    }
}

/// How far the run came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    Load,
    Instantiate,
    Call,
    Report,
}

impl Stage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Load => "load",
            Stage::Instantiate => "instantiate",
            Stage::Call => "call",
            Stage::Report => "report",
        }
    }
}
