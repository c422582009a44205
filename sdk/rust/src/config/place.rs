//! Where in the config a value is, and what is wrong there. Places are links on the stack: a pointer is written out
//! only if there is a problem.

use crate::bindings::described::exports::watchkeep::plugin::manifest::Problem;

/// One step down.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// A position in a config.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Option<Step<'a>>,
}

impl<'a> Place<'a> {
    /// The config itself.
    pub const ROOT: Place<'static> = Place { above: None, step: None };

    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { above: Some(self), step: Some(Step::Key(key)) }
    }
    #[must_use]
    pub fn index(&'a self, index: usize) -> Place<'a> {
        Place { above: Some(self), step: Some(Step::Index(index)) }
    }
    /// The place as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        let mut pointer = self.above.map(Place::pointer).unwrap_or_default();
        match self.step {
            None => {}
            Some(Step::Key(key)) => {
                pointer.push('/');
                for c in key.chars() {
                    match c {
                        '~' => pointer.push_str("~0"),
                        '/' => pointer.push_str("~1"),
                        c => pointer.push(c),
                    }
                }
            }
            Some(Step::Index(index)) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// The problems that were found, in the order of reading.
#[derive(Default, Debug)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem, and returns `None`, so that a reader can end with it.
    pub fn add<T>(&mut self, place: &Place<'_>, message: impl Into<String>) -> Option<T> {
        self.push(place, message.into());
        None
    }
    #[inline(never)]
    fn push(&mut self, place: &Place<'_>, message: String) {
        self.0.push(Problem { path: place.pointer(), message });
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
