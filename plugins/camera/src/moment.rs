//! Moments as headers of HTTP have them (RFC 9110, 5.6.7).

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since 1970.
pub fn read(text: &str) -> Option<u64> {
    let (_, date) = text.trim().split_once(", ")?;
    let mut parts = date.split_ascii_whitespace();
    let day = number(parts.next()?, 1, 31)?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64 + 1;
    let year = number(parts.next()?, 1970, 9_999)?;
    let mut time = parts.next()?.split(':');
    let mut unit = |most: u64| number(time.next()?, 0, most);
    let seconds = unit(23)? * 3_600 + unit(59)? * 60 + unit(60)?;
    let is_utc = matches!(parts.next(), Some("GMT" | "UTC" | "+0000"));
    is_utc.then(|| (days(year, month, day) * 86_400 + seconds) * 1_000)
}

fn number(text: &str, least: u64, most: u64) -> Option<u64> {
    let is_plain = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && (least..=most).contains(number))
}

/// Days from the beginning of 1970. Years begin in March here, so that a leap day is the last of one.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    // 719,468 days from March of the year 0 to 1970.
    (of_years + (153 * month + 2) / 5 + day - 1).saturating_sub(719_468)
}
