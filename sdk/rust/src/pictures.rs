//! For notifiers: the bytes of the pictures that a notification is about. It needs no grant.

use crate::{Picture, backend};

pub use crate::bindings::imports::watchkeep::plugin::pictures::PictureError;

impl Picture {
    /// Its bytes; larger than `size_max` is `PictureError::Limit`.
    pub fn read(&self, size_max: u64) -> Result<Vec<u8>, PictureError> {
        backend::pictures_read(&self.id, size_max)
    }
}

impl PictureError {
    /// Such as "it is gone".
    pub fn sentence(&self) -> String {
        match self {
            PictureError::NotFound => "it is gone".to_owned(),
            PictureError::Limit(message) | PictureError::Other(message) => message.clone(),
        }
    }
}
