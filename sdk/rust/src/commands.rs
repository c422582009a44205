//! Programs that the operator named. A plugin fills the parameters in their arguments, and nothing else.

use std::fmt;
use std::time::Duration;

use crate::backend;
use crate::ending::{Fault, Stop};
use crate::report::Report;
use crate::transport::millis;

pub use crate::bindings::imports::watchkeep::plugin::commands::{CommandError, Output};

/// A command that has not been run yet.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn is_in_sync(array: &str) -> Result<bool, commands::Failure> {
///     let output = commands::command("raid-status").parameter("array", array).run()?;
///     Ok(output.is_success() && output.text().contains("clean"))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is run before `run`"]
pub struct Command {
    name: String,
    parameters: Vec<(String, String)>,
    timeout: u64,
}

/// The command with this name, which the operator gave it.
pub fn command(name: impl Into<String>) -> Command {
    Command { name: name.into(), parameters: Vec::new(), timeout: u64::MAX }
}

/// Why a command did not end by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    pub command: String,
    pub error: CommandError,
}

impl Command {
    /// Sets one parameter. The operator's pattern must match the whole value.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }
    /// Sets the timeout. It is never longer than the operator's own and what remains of the run, which is also the
    /// default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = millis(timeout);
        self
    }
    /// Runs the command. Any exit status is an output; a failure means that there was none.
    pub fn run(&self) -> Result<Output, Failure> {
        backend::commands_run(&self.name, &self.parameters, self.timeout)
            .map_err(|error| Failure { command: self.name.clone(), error })
    }
}

impl Output {
    pub fn is_success(&self) -> bool {
        self.status == Some(0)
    }
    /// Its standard output; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
    /// Its standard error.
    pub fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.took)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            // These messages already say what to do.
            CommandError::Denied(message)
            | CommandError::Parameter(message)
            | CommandError::NotStartable(message)
            | CommandError::Other(message) => f.write_str(message),
            CommandError::TimedOut => write!(f, "command `{}` did not end in time", self.command),
        }
    }
}

impl std::error::Error for Failure {}

/// A program that hangs is critical; one that could not be run judges nothing.
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        let told = failure.to_string();
        match failure.error {
            CommandError::TimedOut => Report::critical(told).into(),
            CommandError::Denied(_) => Fault::Denied(told).into(),
            CommandError::Parameter(_) => Fault::config(told).into(),
            CommandError::NotStartable(_) | CommandError::Other(_) => Fault::other(told).into(),
        }
    }
}
