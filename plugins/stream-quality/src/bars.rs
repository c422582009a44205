//! The colour bars that a camera or an encoder shows in place of a picture.

use crate::view::View;

/// The part of the height in which all kinds of bars are nothing but bars.
const BAND: [f32; 2] = [0.2, 0.45];
const COLUMNS: usize = 96;
const ROWS: usize = 16;
/// In levels: points of a bar differ by less.
const ALIKE: u8 = 16;
/// The share of columns that are of one colour.
const EVEN_MIN: usize = COLUMNS * 85 / 100;
/// How many bars there are at least, of the eight colours with each part off or on.
const BARS_MIN: usize = 6;
/// A part that is brighter is on: in the dark bars, three quarters of white.
const ON: u8 = 96;
/// A colour is that of a bar if each part is far from being half on.
const HALF: core::ops::Range<u8> = 60..140;

/// Whether upright bars of at least six of the eight pure colours fill a band of the picture.
pub fn has_bars(view: &View<'_>) -> bool {
    let colours = view.colours;
    if colours.width < COLUMNS || colours.height < 2 * ROWS {
        return false;
    }
    let mut counts = [0_usize; 8];
    let mut even = 0;
    for column in 0..COLUMNS {
        let x = (2 * column + 1) * colours.width / (2 * COLUMNS);
        let mut points: Vec<[u8; 3]> = (0..ROWS)
            .filter_map(|row| {
                let share = BAND[0] + (BAND[1] - BAND[0]) * row as f32 / ROWS as f32;
                let at = (share * colours.height as f32) as usize * colours.width + x;
                colours.values.get(at).copied().filter(|_| view.is_seen(at))
            })
            .collect();
        if points.is_empty() {
            continue;
        }
        points.sort_unstable_by_key(|[red, green, blue]| {
            u16::from(*red) + u16::from(*green) + u16::from(*blue)
        });
        let common = points[points.len() / 2];
        let is_alike =
            |point: &&[u8; 3]| point.iter().zip(common).all(|(own, common)| own.abs_diff(common) < ALIKE);
        // A written time may stand on a bar.
        if points.iter().filter(is_alike).count() * 4 < points.len() * 3 {
            continue;
        }
        even += 1;
        if !common.iter().any(|part| HALF.contains(part)) {
            let code = common.iter().fold(0, |code, part| code << 1 | usize::from(*part > ON));
            counts[code] += 1;
        }
    }
    // A bar fills a twelfth of the width at least, but for what lies between two columns.
    let bars = counts.iter().filter(|count| **count >= COLUMNS / 16).count();
    even >= EVEN_MIN && bars >= BARS_MIN
}
