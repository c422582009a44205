//! For the rare plugin that must have a secret's bytes; to send one, name it in the request instead.

use crate::backend;
use crate::config::Secret;

pub use crate::bindings::imports::watchkeep::plugin::secrets::RevealError;

/// The bytes of a secret. This needs the right `reveal` for it.
pub fn reveal(secret: &Secret) -> Result<Vec<u8>, RevealError> {
    backend::secrets_reveal(secret.name())
}
