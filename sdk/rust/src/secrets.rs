//! For the rare plugin that must have a secret's bytes; to send one, name it in the request instead.

use crate::backend;
use crate::config::Secret;
use crate::{Fault, Stop};

pub use crate::bindings::imports::watchkeep::plugin::secrets::RevealError;

/// The bytes of a secret. This needs the right `reveal` for it. `?` makes a fault of an error.
pub fn reveal(secret: &Secret) -> Result<Vec<u8>, RevealError> {
    backend::secrets_reveal(secret.name())
}

impl From<RevealError> for Fault {
    fn from(error: RevealError) -> Self {
        match error {
            RevealError::Denied(message) => Fault::Denied(message),
            RevealError::Other(message) => Fault::Config(message),
        }
    }
}

impl From<RevealError> for Stop {
    fn from(error: RevealError) -> Self {
        Stop::Fault(error.into())
    }
}
