//! What an action is given, and what it answers; and what several actions have in common: texts with placeholders, work
//! that is done once, a request.

mod call;
mod once;
mod template;

use crate::ending::{Fault, Stop};

pub use call::{Answered, HttpCall};
pub use template::{Notation, Template, UrlTemplate, parameters};

pub use crate::bindings::acting::exports::watchkeep::plugin::action::{Effect, Occasion, Step};

impl Occasion {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|label| label.name == name).map(|label| label.value.as_str())
    }
}

impl Step {
    /// A plan: what would be done, and to what.
    pub fn new(title: impl Into<String>, target: impl Into<String>) -> Self {
        Self { title: title.into(), target: target.into() }
    }
}

impl Effect {
    /// Something was done.
    pub fn done(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), changed: true, details: None }
    }
    /// Everything is already as it should be, perhaps because of an earlier attempt.
    pub fn nothing_to_do(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), changed: false, details: None }
    }
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

/// Why an action, or its plan, failed. `?` on a host call makes one.
#[derive(Clone, PartialEq, Debug)]
pub struct Unable(pub Fault);

/// A target that cannot be reached is a fault here: a check would report it, but an action could not act.
impl<E: Into<Stop>> From<E> for Unable {
    fn from(error: E) -> Self {
        match error.into() {
            Stop::Fault(fault) => Unable(fault),
            Stop::Judged(report) => Unable(Fault::Other(report.summary)),
        }
    }
}
