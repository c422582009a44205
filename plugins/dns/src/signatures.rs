//! How long records are signed for.

use std::time::Duration;

use watchkeep_sdk::dns::Answer;
use watchkeep_sdk::prelude::*;

use crate::config::Dns;

const DAY: Duration = Duration::from_secs(86_400);

/// The signature of these records that expires last counts: while keys are changed there are two.
pub(crate) fn judge(config: &Dns, answer: &Answer, now: u64, complaints: &mut Complaints) -> Option<Metric> {
    let of_kind = |data: &str| {
        let covered = data.split_ascii_whitespace().next().unwrap_or_default();
        // An alias is signed in the place of what it leads to.
        covered.eq_ignore_ascii_case(&config.kind.0) || covered.eq_ignore_ascii_case("CNAME")
    };
    let ends = answer
        .records("RRSIG")
        .filter(|record| of_kind(&record.data))
        .filter_map(|record| expiry(&record.data));
    let Some(end) = ends.max() else {
        complaints.critical("the records are not signed");
        return None;
    };
    let left = Duration::from_millis((end * 1_000).saturating_sub(now));
    let said = match left.as_secs() / DAY.as_secs() {
        _ if left.is_zero() => "the signature has expired".to_owned(),
        0 => format!("the signature expires in {} hours", left.as_secs() / 3_600),
        1 => "the signature expires in 1 day".to_owned(),
        days => format!("the signature expires in {days} days"),
    };
    let within = |days: Option<u32>| days.is_some_and(|days| left < DAY * days);
    if left.is_zero() || within(config.signature_critical_days) {
        complaints.critical(said);
    } else if within(config.signature_warning_days) {
        complaints.warning(said);
    }
    Some(Metric::new("dns_signature_expiry_timestamp_seconds", end as f64, "seconds"))
}

/// `MX 13 2 300 20260901000000 20260820000000 ...`: the fifth word, in seconds since the Unix epoch. Some print it as a number.
pub fn expiry(data: &str) -> Option<u64> {
    let word = data.split_ascii_whitespace().nth(4)?;
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if word.len() != 14 {
        return word.parse::<u32>().ok().map(u64::from);
    }
    let number = |from: usize, to: usize| word[from..to].parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since the epoch, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}
