//! What is wrong with an entry that an operator wrote, or with an address that a plugin named.

/// `entry` is repeated as it was written, with control characters escaped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{entry}` is not a valid target: {problem}; hint: {hint}")]
pub struct GrantError {
    pub entry: String,
    pub problem: String,
    pub hint: String,
}

impl GrantError {
    pub(super) fn new(entry: &str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { entry: shown(entry), problem: shown(&problem.into()), hint: shown(&hint.into()) }
    }
    /// The same problem, reported for the whole entry instead of a part of it.
    pub(super) fn of(self, entry: &str) -> Self {
        Self { entry: shown(entry), ..self }
    }
}

/// The text with control characters escaped, so that it cannot move the cursor where it is shown.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
