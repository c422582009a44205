//! What a device says of its clock.

use roxmltree::Node;
use watchkeep_sdk::wording::from_rfc3339;

use crate::soap::{SCHEMA, child, text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// In milliseconds since 1970, without parts of a second.
    pub at: u64,
    /// It is set by hand, and not over the network.
    pub is_manual: bool,
}

/// From `GetSystemDateAndTimeResponse`.
pub fn told(answer: Node<'_, '_>) -> Result<Time, String> {
    let told = |name: &str| answer.children().find(|child| child.tag_name().name() == name);
    let Some(all) = told("SystemDateAndTime") else { return Err("it does not tell its time".to_owned()) };
    let Some(utc) = child(all, SCHEMA, "UTCDateTime") else {
        return Err(
            "it tells its local time alone, which cannot be compared; hint: update its firmware".to_owned()
        );
    };
    let number = |part: &str, name: &str| {
        let digits = text(utc, SCHEMA, &[part, name])?;
        let is_plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_plain)
    };
    let moment = || {
        let (year, month, day) = (number("Date", "Year")?, number("Date", "Month")?, number("Date", "Day")?);
        let (hour, minute, second) =
            (number("Time", "Hour")?, number("Time", "Minute")?, number("Time", "Second")?);
        from_rfc3339(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
    };
    let Some(at) = moment() else { return Err("the time that it tells is not a time after 1970".to_owned()) };
    Ok(Time { at, is_manual: text(all, SCHEMA, &["DateTimeType"]) == Some("Manual") })
}
