//! Something that happened once.

use super::{Event, Label, Severity};
use crate::clock;

impl Event {
    /// Something that happened once, now, and is reported without being an alert. `id` is the same whenever it is
    /// reported again: the host reports it once.
    ///
    /// ```no_run
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let event = Event::new("release-17", "version 1.7 is out")
    ///     .severity(Severity::Warning)
    ///     .body("It closes a hole.")
    ///     .link("https://example.com/releases/1.7");
    /// let report = Report::ok("version 1.6 runs").event(event);
    /// ```
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Event {
            id: id.into(),
            thread: String::new(),
            severity: Severity::Info,
            title: title.into(),
            body: String::new(),
            link: None,
            at: clock::now(),
            labels: Vec::new(),
        }
    }
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
    /// Events of the same thread belong together.
    #[must_use]
    pub fn thread(mut self, thread: impl Into<String>) -> Self {
        self.thread = thread.into();
        self
    }
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
    /// Sets a link to more about it: `https://...` or `http://...`.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }
    /// Sets when it happened, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        self.at = at;
        self
    }
    #[must_use]
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.push(Label::new(name, value));
        self
    }
}
