//! Dates as in mail (RFC 5322, 3.3).

use crate::wording::rfc3339;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS: u64 = 86_400_000;

/// A date such as `Wed, 04 Mar 2026 05:06:07 +0000`.
pub fn date(at: u64) -> String {
    // 1 January 1970 was a Thursday.
    let day_of_week = DAYS[usize::try_from(at / DAY_MS % 7).unwrap_or_default()];
    let text = rfc3339(at);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().unwrap_or(1);
    let month = MONTHS.get(month.wrapping_sub(1)).unwrap_or(&MONTHS[0]);
    format!("{day_of_week}, {} {month} {} {} +0000", part(8, 10), part(0, 4), part(11, 19))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn a_moment_has_its_day_of_the_week() {
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(date(1_772_600_767_000), "Wed, 04 Mar 2026 05:06:07 +0000");
        assert_eq!(date(1_709_164_800_000), "Thu, 29 Feb 2024 00:00:00 +0000");
    }
}
