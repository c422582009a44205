//! How long records are signed for.

use std::collections::BTreeSet;
use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::dns::{Answer, ResourceRecord};
use watchkeep_sdk::prelude::*;

use crate::config::Dns;
use crate::values;

const DAY: Duration = Duration::from_secs(86_400);

/// Judges the signatures. Every set of records in the answer is signed, an alias as well as what it leads to, and the
/// set whose signature expires first counts. Of several signatures of one set, the last to expire counts: while keys
/// are changed, there are two.
pub(crate) fn judge(config: &Dns, answer: &Answer, now: u64, complaints: &mut Complaints) -> Option<Metric> {
    // That there is nothing is signed as well: what stands among the authorities says it.
    let records = if answer.answers.is_empty() { &answer.authorities } else { &answer.answers };
    let sets: BTreeSet<(String, String)> = records
        .iter()
        .filter(|record| !is_signature(record) && !is_made(record, records))
        .map(|record| (owner(record), record.kind.to_ascii_uppercase()))
        .collect();
    if sets.is_empty() {
        complaints.critical("there is nothing that could be signed in the answer");
        return None;
    }
    let mut first: Option<(u64, String)> = None;
    for (name, kind) in sets {
        let signs = |record: &&ResourceRecord| {
            is_signature(record) && owner(record) == name && covers(&record.data, &kind)
        };
        let ends = records.iter().filter(signs).filter_map(|record| expiry(&record.data));
        let whose = format!("{kind} of `{}`", clipped(&name));
        match ends.max() {
            None => complaints.critical(format!("there is no signature for {whose}")),
            Some(end) if first.as_ref().is_none_or(|(first, _)| end < *first) => first = Some((end, whose)),
            Some(_) => {}
        }
    }
    let (end, whose) = first?;
    let left = Duration::from_millis((end * 1_000).saturating_sub(now));
    let within = |days: Option<u32>| days.is_some_and(|days| left < DAY * days);
    if left.is_zero() {
        complaints.critical(format!("the signature for {whose} has expired"));
    } else if within(config.signature_critical_days) {
        complaints.critical(expires(&whose, left, config.signature_critical_days));
    } else if within(config.signature_warning_days) {
        complaints.warning(expires(&whose, left, config.signature_warning_days));
    }
    Some(Metric::new("dns_signature_expiry_timestamp_seconds", end as f64, "seconds"))
}

/// With the threshold that it is below.
fn expires(whose: &str, left: Duration, limit: Option<u32>) -> String {
    let counted = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let left = match left.as_secs() / DAY.as_secs() {
        0 => counted(left.as_secs() / 3_600, "hour"),
        days => counted(days, "day"),
    };
    let limit = counted(limit.unwrap_or_default().into(), "day");
    format!("the signature for {whose} expires in {left}, less than {limit}")
}

fn owner(record: &ResourceRecord) -> String {
    values::plain("NS", &record.name)
}

fn is_signature(record: &ResourceRecord) -> bool {
    record.kind.eq_ignore_ascii_case("RRSIG")
}

fn covers(data: &str, kind: &str) -> bool {
    data.split_ascii_whitespace().next().is_some_and(|covered| covered.eq_ignore_ascii_case(kind))
}

/// An alias that the server made from a `DNAME` has no signature of its own.
fn is_made(record: &ResourceRecord, records: &[ResourceRecord]) -> bool {
    let name = owner(record);
    let is_above = |other: &&ResourceRecord| {
        other.kind.eq_ignore_ascii_case("DNAME") && name.ends_with(&format!(".{}", owner(other)))
    };
    record.kind.eq_ignore_ascii_case("CNAME") && records.iter().any(|other| is_above(&other))
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
