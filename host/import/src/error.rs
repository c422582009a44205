//! Why a text cannot be imported at all.

/// A sentence and how to fix it. Neither contains anything of the text that might be a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}; hint: {hint}")]
pub struct ImportError {
    message: String,
    hint: String,
}

impl ImportError {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}
