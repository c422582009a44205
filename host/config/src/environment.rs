//! Environment variables, as an argument: tests need not change their own process's.

/// Where `env = "NAME"` and systemd's credentials folder are looked up.
pub trait Environment {
    /// `None` if it is not set or not UTF-8.
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

/// Any map will do; tests use one.
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
