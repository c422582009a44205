//! Environment variables, as an argument: tests need not change those of their own process.

/// Where `env = "NAME"` and systemd's credentials folder are looked up.
pub trait Environment {
    /// The value of a variable; `None` if it is not set or not UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
}

/// This process's own environment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// An environment made of a map, for tests.
impl<S: std::hash::BuildHasher> Environment for std::collections::HashMap<String, String, S> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}
impl Environment for std::collections::BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}
