//! `pictures`: the bytes of the pictures of the notification that is being delivered, and of no others.

use std::sync::Arc;

use wasmtime::component::Linker;
use watchkeep_core::delivery::Notification;

use super::gate::{Gate, Gated};
use super::snapshots::Unread;
use crate::call::CallState;
use crate::contract::pictures::{self, Host, PictureError};

/// The notification that is being delivered; `None` outside a delivery.
#[derive(Debug, Default)]
pub(crate) struct PicturesState(Option<Arc<Notification>>);

impl PicturesState {
    pub(crate) fn of(notification: Arc<Notification>) -> Self {
        Self(Some(notification))
    }
}

gate! {
    pictures {
        fn read(id: String, size_max: u64) -> Result<Vec<u8>, PictureError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    pictures::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn read(&mut self, id: String, size_max: u64) -> wasmtime::Result<Result<Vec<u8>, PictureError>> {
        self.enter()?;
        let told = self.own.pictures.0.iter().flat_map(|notification| &notification.alerts);
        let picture = told.flat_map(|alert| &alert.pictures).find(|picture| picture.digest.to_string() == id);
        let Some((digest, size)) = picture.map(|picture| (picture.digest, picture.size_bytes)) else {
            return Ok(Err(PictureError::NotFound));
        };
        if size > size_max {
            // The bound is the plugin's own: the host refused nothing.
            let message = format!("the picture has {size} bytes, {size_max} were asked for at most");
            return Ok(Err(PictureError::Limit(message)));
        }
        Ok(match self.read_kept(digest, size).await? {
            Ok(bytes) => Ok(bytes),
            Err(Unread::Gone) => Err(PictureError::NotFound),
            Err(Unread::Limit(message)) => Err(PictureError::Limit(message)),
        })
    }
}
