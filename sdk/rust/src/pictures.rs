//! For notifiers: the bytes of the pictures of a notification. They need no grant.

use crate::{Picture, backend};

pub use crate::bindings::imports::watchkeep::plugin::pictures::PictureError;

impl Picture {
    /// Reads its bytes; more than `size_max` are `PictureError::Limit`.
    pub fn read(&self, size_max: u64) -> Result<Vec<u8>, PictureError> {
        backend::pictures_read(&self.id, size_max)
    }
}

impl PictureError {
    /// The error as a sentence, such as "it is gone".
    pub fn sentence(&self) -> String {
        match self {
            PictureError::NotFound => "it is gone".to_owned(),
            PictureError::Limit(message) | PictureError::Other(message) => message.clone(),
        }
    }
}
