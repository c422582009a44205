//! `Retry-After`: seconds, or a date of HTTP (RFC 9110, 10.2.3 and 5.6.7).
//!
//! A date is read against the answer's own `Date`, which every origin server with a clock sends: the service's
//! clock need not agree with ours, and the plugin asks for none. Without it the host's own backoff decides, and so
//! it does when the moment is now or past.

use watchkeep_sdk::http::Response;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// In milliseconds, more than 0.
pub(crate) fn of(answer: &Response) -> Option<u64> {
    let value = answer.header("retry-after")?.trim();
    let seconds = match value.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => date(value)?.checked_sub(date(answer.header("date")?)?)?,
    };
    (seconds > 0).then(|| seconds.saturating_mul(1_000))
}

/// Seconds since year 0 of the calendar, to be compared with one another only. All three forms that a recipient
/// must take:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
fn date(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split([' ', ',', '-']).filter(|part| !part.is_empty()).collect();
    let (day, month, year, time) = match parts.as_slice() {
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        [_, month, day, time, year] => (day, month, year, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| name == month)? as u64;
    let (day, year) = (day.parse::<u64>().ok()?, full(year)?);
    let clock: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = clock.as_slice() else { return None };
    // A leap second may be told as 60.
    if !(1..=31).contains(&day) || *hour > 23 || *minute > 59 || *second > 60 {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Two digits are a year of 1970 to 2069.
fn full(year: &str) -> Option<u64> {
    let number: u64 = year.parse().ok()?;
    match (year.len(), number) {
        (2, 0..70) => Some(2_000 + number),
        (2, _) => Some(1_900 + number),
        (4, _) => Some(number),
        (_, _) => None,
    }
}

/// Days since 1 March of year 0: counted from March, a leap day is the last of its year. `month` is 0 for January.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month < 2 { (year.saturating_sub(1), month + 10) } else { (year, month - 2) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_of_a_date_are_the_same_moment() {
        let moment = date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert!(moment.is_some());
        assert_eq!(date("Sunday, 06-Nov-94 08:49:37 GMT"), moment);
        assert_eq!(date("Sun Nov  6 08:49:37 1994"), moment);
    }

    #[test]
    fn spans_between_dates_know_the_calendar() {
        for (from, to, seconds) in [
            ("Wed, 04 Mar 2026 05:06:07 GMT", "Wed, 04 Mar 2026 05:08:07 GMT", 120),
            ("Sat, 28 Feb 2026 23:59:59 GMT", "Sun, 01 Mar 2026 00:00:00 GMT", 1),
            ("Mon, 28 Feb 2028 00:00:00 GMT", "Wed, 01 Mar 2028 00:00:00 GMT", 2 * 86_400),
            ("Sun, 28 Feb 2100 00:00:00 GMT", "Mon, 01 Mar 2100 00:00:00 GMT", 86_400),
            ("Thu, 31 Dec 2026 23:00:00 GMT", "Fri, 01 Jan 2027 01:00:00 GMT", 7_200),
            ("Fri, 31-Jul-26 00:00:00 GMT", "Sat, 01-Aug-26 00:00:00 GMT", 86_400),
            ("Tue Jun 30 23:59:60 2026", "Wed Jul  1 00:00:00 2026", 0),
        ] {
            let between = date(to).zip(date(from)).map(|(to, from)| to - from);
            assert_eq!(between, Some(seconds), "{from} to {to}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for wrong in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nob 1994 08:49:37 GMT",
            "Sun, 06 Nov 199 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:xx GMT",
            "Sun, six Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }
}
