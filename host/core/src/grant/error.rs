//! What is wrong with an entry that an operator wrote, or with an address that a plugin named.

/// `entry` is repeated as it was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{entry}` is no valid target: {problem}; hint: {hint}")]
pub struct GrantError {
    pub entry: String,
    pub problem: String,
    pub hint: String,
}

impl GrantError {
    pub(super) fn new(entry: &str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { entry: entry.to_owned(), problem: problem.into(), hint: hint.into() }
    }
    /// The same problem, told of the whole entry instead of a part of it.
    pub(super) fn of(self, entry: &str) -> Self {
        Self { entry: entry.to_owned(), ..self }
    }
}
