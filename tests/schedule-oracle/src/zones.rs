//! Where it is tried, and when clocks change there.

use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

/// A whole hour of change, half an hour, one at midnight, an offset of 45 minutes, none at all.
pub const ZONES: [Tz; 6] = [
    Tz::Europe__Oslo,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Cairo,
    Tz::Asia__Kathmandu,
    Tz::UTC,
];

/// 2026-01-01 and 2028-01-01, UTC.
pub const FROM: i64 = 1_767_225_600;
pub const UNTIL: i64 = 1_830_297_600;

/// Every moment of the two years at which the zone's offset is another than a minute before.
pub fn changes(zone: Tz) -> Vec<i64> {
    let offset = |at: i64| {
        let utc = DateTime::from_timestamp(at, 0).expect("these are years of our time").naive_utc();
        zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
    };
    (FROM..UNTIL).step_by(60).filter(|&at| offset(at) != offset(at - 60)).collect()
}
