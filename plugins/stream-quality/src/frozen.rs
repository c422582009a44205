//! Whether a picture is the same as those before. A real sensor's noise differs from picture to picture, also of a scene in
//! which nothing moves: pictures are the same only if every field that has structure is, point by point. A field that masks
//! touch does not count, so that a written time does not hide that the rest stands still.

use watchkeep_sdk::prelude::*;

use crate::view::{COLUMNS, ROWS, View, field};

const KEY: &str = "frozen";
/// What compression does around a mask.
const MARGIN: usize = 8;
/// In grey levels: fields that vary by less may be the same in a living picture, as black and white are.
const VARIES_MIN: f32 = 6.0;
/// With fewer fields nothing is said.
const FIELDS_MIN: usize = 6;
const FIELDS: usize = COLUMNS * ROWS;

/// How long the picture has been the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Still {
    /// How many pictures are the same, this one included.
    pub(crate) pictures: u32,
    pub(crate) span: Duration,
}

/// What is kept of the pictures so far.
struct Kept {
    since: u64,
    at: u64,
    pictures: u32,
    fields: Vec<u32>,
}

/// Compares the picture with the one before, and keeps what the next run needs. `at` is when it was taken. `None` if it
/// shows too little.
pub(crate) fn still(view: &View<'_>, at: u64) -> Result<Option<Still>, Fault> {
    let fields = fields(view);
    if fields.iter().filter(|field| **field != 0).count() < FIELDS_MIN {
        forget()?;
        return Ok(None);
    }
    let kept = kv::get(KEY).and_then(|entry| Kept::read(&entry.value)).filter(|kept| kept.fields == fields);
    let kept = match kept {
        // A series that has no new picture.
        Some(kept) if kept.at == at => kept,
        Some(kept) => Kept { at, pictures: kept.pictures.saturating_add(1), ..kept },
        None => Kept { since: at, at, pictures: 1, fields },
    };
    kv::set(KEY, kept.bytes()).map_err(|_| Fault::other("what the picture shows could not be kept"))?;
    Ok(Some(Still { pictures: kept.pictures, span: Duration::from_millis(at.saturating_sub(kept.since)) }))
}

pub(crate) fn forget() -> Result<(), Fault> {
    match kv::get(KEY) {
        Some(_) => {
            kv::delete(KEY).map_err(|_| Fault::other("what the last picture showed could not be forgotten"))
        }
        None => Ok(()),
    }
}

/// A hash of each; 0 for those that do not count.
fn fields(view: &View<'_>) -> Vec<u32> {
    let colours = view.colours;
    let mut fields = Vec::with_capacity(FIELDS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (xs, ys) = (field(column, COLUMNS, colours.width), field(row, ROWS, colours.height));
            let wide = |range: &core::ops::Range<usize>, most: usize| {
                range.start.saturating_sub(MARGIN)..(range.end + MARGIN).min(most)
            };
            let is_seen = wide(&ys, colours.height)
                .all(|y| wide(&xs, colours.width).all(|x| view.is_seen(y * colours.width + x)));
            fields.push(if is_seen { hash(view, &xs, &ys) } else { 0 });
        }
    }
    fields
}

/// FNV-1a, never 0; 0 if the field does not vary.
fn hash(view: &View<'_>, xs: &core::ops::Range<usize>, ys: &core::ops::Range<usize>) -> u32 {
    let (mut hash, mut least, mut most) = (0x811c_9dc5_u32, f32::MAX, f32::MIN);
    for y in ys.clone() {
        for at in xs.clone().map(|x| y * view.colours.width + x) {
            let (Some(point), Some(light)) = (view.colours.values.get(at), view.light.values.get(at)) else {
                continue;
            };
            for byte in point {
                hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
            }
            (least, most) = (least.min(*light), most.max(*light));
        }
    }
    if most - least < VARIES_MIN { 0 } else { hash.max(1) }
}

impl Kept {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(20 + 4 * self.fields.len());
        bytes.extend(self.since.to_le_bytes());
        bytes.extend(self.at.to_le_bytes());
        bytes.extend(self.pictures.to_le_bytes());
        self.fields.iter().for_each(|field| bytes.extend(field.to_le_bytes()));
        bytes
    }
    fn read(bytes: &[u8]) -> Option<Kept> {
        let (since, rest) = bytes.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (pictures, rest) = rest.split_first_chunk()?;
        let fields =
            rest.chunks_exact(4).map(|field| u32::from_le_bytes([field[0], field[1], field[2], field[3]]));
        Some(Kept {
            since: u64::from_le_bytes(*since),
            at: u64::from_le_bytes(*at),
            pictures: u32::from_le_bytes(*pictures),
            fields: fields.collect(),
        })
    }
}
