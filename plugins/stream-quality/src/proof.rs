//! The picture that goes with a report, small enough for a message. What masks leave out is darkened.

use watchkeep_sdk::Attachment;
use watchkeep_sdk::picture::encode;

use crate::view::View;

/// It is drawn at half of its size if it is wider.
const WIDTH_MAX: usize = 960;

pub(crate) fn proof(view: &View<'_>) -> Attachment {
    let colours = view.colours;
    let step = colours.width.max(colours.height).div_ceil(WIDTH_MAX).max(1);
    let (width, height) = ((colours.width / step).max(1), (colours.height / step).max(1));
    let picture = encode(width, height, |x, y| {
        let at = y * step * colours.width + x * step;
        let point = colours.values.get(at).copied().unwrap_or_default().map(f32::from);
        if view.is_seen(at) { point } else { point.map(|part| part * 0.4) }
    });
    Attachment::new("picture.jpg", "image/jpeg", picture)
}
