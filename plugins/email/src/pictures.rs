//! Pictures that are shown in the mail itself.

use watchkeep_sdk::prelude::*;

const PICTURES_MAX: usize = 4;
/// The most bytes of all pictures together: many servers accept 10 MB, and base64 makes a third more of it.
const BYTES_MAX: u64 = 6 << 20;

pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
    /// What the HTML names it by.
    pub(crate) content_id: String,
    pub(crate) bytes: Vec<u8>,
}

/// One that is gone, too large, or of a type that mail programs do not show, is left out.
pub(crate) fn read(notification: &Notification) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut room = BYTES_MAX;
    for picture in notification.alerts.iter().flat_map(|alert| &alert.pictures) {
        if shown.len() == PICTURES_MAX {
            break;
        }
        let media_type = match picture.media_type.as_str() {
            "image/png" => "image/png",
            "image/jpeg" => "image/jpeg",
            "image/gif" => "image/gif",
            "image/webp" => "image/webp",
            _ => continue,
        };
        match picture.read(room) {
            Ok(bytes) => {
                room = room.saturating_sub(bytes.len() as u64);
                let content_id = format!("picture-{}@watchkeep", shown.len() + 1);
                shown.push(Shown { name: picture.name.clone(), media_type, content_id, bytes });
            }
            Err(error) => {
                log::warn(&format!("the picture `{}` is not shown: {}", picture.name, error.sentence()));
            }
        }
    }
    shown
}
