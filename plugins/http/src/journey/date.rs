//! When a cookie expires, in the notations that servers write (RFC 6265, 5.1.1): `Sun, 06 Nov 1994 08:49:37 GMT`,
//! `Sunday, 06-Nov-94 08:49:37 GMT`.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Seconds since the Unix epoch, 0 for all before it; none if it is no date.
pub(crate) fn read(text: &str) -> Option<u64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|token| !token.is_empty())
    {
        let number =
            token.bytes().all(|byte| byte.is_ascii_digit()).then(|| token.parse::<u64>().ok()).flatten();
        if time.is_none() && token.contains(':') {
            time = Some(clock(token)?);
        } else if let (Some(number), true, None) = (number, token.len() <= 2, day) {
            day = Some(number);
        } else if let (None, Some(found)) = (month, month_of(token)) {
            month = Some(found);
        } else if let (Some(number), true, None) = (number, (2..=4).contains(&token.len()), year) {
            year = Some(match number {
                70..=99 => number + 1900,
                0..=69 => number + 2000,
                number => number,
            });
        }
    }
    let (day, month, year) = (day?, month?, year?);
    if !(1..=31).contains(&day) || year < 1601 {
        return None;
    }
    if year < 1970 {
        return Some(0);
    }
    Some(days(year, month, day) * 86_400 + time?)
}

/// 1 to 12.
fn month_of(token: &str) -> Option<u64> {
    let begin = token.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == begin)?;
    u64::try_from(at + 1).ok()
}

fn clock(token: &str) -> Option<u64> {
    let mut parts = token.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// Since the Unix epoch, in the Gregorian calendar with years that begin in March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + of_year).saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn dates_are_read_as_servers_write_them() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29-Feb-2024 23:59:59 UTC", Some(1_709_251_199)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Mon, 01 Jan 1601 00:00:00 GMT", Some(0)),
            ("Wed, 32 Jan 2020 00:00:00 GMT", None),
            ("Wed, 01 Jan 2020 25:00:00 GMT", None),
            ("", None),
            ("0", None),
            ("99999999999999999999 Jan 2020", None),
            ("Wed, 01 J\u{e4}n 2020 00:00:00", None),
        ] {
            assert_eq!(read(text), seconds, "{text}");
        }
    }
}
