//! Timers of systemd: when they elapse next, when they last did, and how the unit fares that they start.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::NaiveDateTime;
use rustix::time::{ClockId, clock_gettime};
use watchkeep_core::grant::NameGlob;

use super::TIMERS_MAX;
use super::systemctl::{Block, show};
use super::trouble::Trouble;
use super::units::{asked, was_asked_for};
use crate::contract::system::Timer;
use crate::options::Systemd;

const PROPERTIES: &str = "Id,Names,LoadState,ActiveState,SubState,ActiveEnterTimestamp,Unit,NextElapseUSecRealtime,\
                          NextElapseUSecMonotonic,LastTriggerUSec";
const OF_UNIT: &str = "Id,Names,ActiveState,Result";
/// How systemd writes spans, in microseconds; those that begin with the letters of another come first.
const SPANS: [(&str, u64); 9] = [
    ("month", 2_629_800_000_000),
    ("min", 60_000_000),
    ("ms", 1_000),
    ("us", 1),
    ("y", 31_557_600_000_000),
    ("w", 604_800_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("s", 1_000_000),
];

pub(super) async fn read(systemd: &Systemd, span: Duration, names: &NameGlob) -> Result<Vec<Timer>, Trouble> {
    if names.is_one_name() && !names.as_str().ends_with(".timer") {
        let said =
            format!("`{names}` is not a timer; hint: write the timer's own name, which ends in `.timer`");
        return Err(Trouble::Other(said));
    }
    let deadline = Instant::now() + span;
    let text = show(systemd, span, PROPERTIES, &[asked(names)]).await?;
    let mut timers = timers(&text, names, Moment::now());
    let started: BTreeSet<&str> = timers.iter().map(|timer| timer.unit.as_str()).collect();
    let started: Vec<String> = started.into_iter().filter(|unit| is_unit(unit)).map(str::to_owned).collect();
    if started.is_empty() || timers.len() > TIMERS_MAX {
        return Ok(timers);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let text = show(systemd, left, OF_UNIT, &started).await?;
    let units: HashMap<&str, Block<'_>> =
        Block::all(&text).flat_map(|block| block.names().map(move |name| (name, block))).collect();
    for timer in &mut timers {
        if let Some(unit) = units.get(timer.unit.as_str()) {
            timer.unit_active = unit.text("ActiveState");
            timer.unit_result = unit.text("Result");
        }
    }
    Ok(timers)
}

/// Whether systemd can be asked for it by this name, without it being a pattern or an option.
fn is_unit(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b":-_.\\@".contains(&b);
    name.contains('.') && !name.starts_with('-') && name.len() < 256 && name.bytes().all(fits)
}

/// The timers in the output. There is one more than allowed if there are more.
fn timers(text: &str, names: &NameGlob, now: Moment) -> Vec<Timer> {
    let found = Block::all(text).filter(|block| was_asked_for(*block, names));
    let found = found.filter(|block| block.value("Id").ends_with(".timer"));
    let mut timers: Vec<Timer> = found.map(|block| timer(block, now)).take(TIMERS_MAX + 1).collect();
    timers.sort_by(|a, b| a.name.cmp(&b.name));
    timers.dedup_by(|a, b| a.name == b.name);
    timers
}

fn timer(block: Block<'_>, now: Moment) -> Timer {
    let time = |key: &str| time(block.value(key));
    let since_start = span(block.value("NextElapseUSecMonotonic")).and_then(|span| now.of(span));
    let next = [time("NextElapseUSecRealtime"), since_start].into_iter().flatten().min();
    Timer {
        name: block.text("Id"),
        load: block.text("LoadState"),
        active: block.text("ActiveState"),
        sub: block.text("SubState"),
        next,
        last: time("LastTriggerUSec"),
        started: time("ActiveEnterTimestamp"),
        unit: block.text("Unit"),
        unit_active: String::new(),
        unit_result: String::new(),
    }
}

/// What both clocks say at once, in milliseconds.
#[derive(Clone, Copy)]
struct Moment {
    wall: u64,
    since_start: u64,
}

impl Moment {
    fn now() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since_start = clock_gettime(ClockId::Monotonic);
        Self {
            wall: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            since_start: since_start.tv_sec.unsigned_abs() * 1_000
                + since_start.tv_nsec.unsigned_abs() / 1_000_000,
        }
    }
    /// What the clock on the wall shows that many microseconds after the machine's start.
    fn of(self, microseconds: u64) -> Option<u64> {
        self.wall.checked_add(microseconds / 1_000)?.checked_sub(self.since_start)
    }
}

/// `Mon 2026-11-30 21:55:16 UTC`, in milliseconds; none if it is empty or anything else.
fn time(text: &str) -> Option<u64> {
    let (_weekday, time) = text.split_once(' ')?;
    let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S%.f UTC").ok()?;
    u64::try_from(time.and_utc().timestamp_millis()).ok()
}

/// `1month 1w 2d 14h 31min 1.001500s`, in microseconds; none for `0`, `infinity` and anything else.
fn span(text: &str) -> Option<u64> {
    let mut all: u64 = 0;
    for word in text.split_whitespace() {
        let digits = word.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (number, unit) = word.split_at(digits);
        let (_, size) =
            SPANS.iter().find(|(known, _)| *known == unit || (unit == "months" && *known == "month"))?;
        let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
        // The cast keeps to what fits.
        all = all.checked_add((number * *size as f64).round() as u64)?;
    }
    Some(all).filter(|all| *all > 0)
}

#[cfg(test)]
mod tests {
    use watchkeep_core::grant::{Machine, SystemPattern};

    use super::*;

    #[test]
    fn times_are_read_as_systemd_writes_them() {
        assert_eq!(time("Mon 2026-11-30 21:55:16 UTC"), Some(1_796_075_716_000));
        assert_eq!(time("Sun 2026-11-29 17:08:36.084495 UTC"), Some(1_795_972_116_084));
        for odd in [
            "",
            "n/a",
            "[unprintable]",
            "Mon 2026-11-30 21:55:16 CET",
            "Mon 2026-13-30 21:55:16 UTC",
            "Thu 1969-01-01 00:00:00 UTC",
            "--- XXXX-XX-XX XX:XX:XX UTC",
        ] {
            assert_eq!(time(odd), None, "{odd}");
        }
    }

    #[test]
    fn spans_are_read_as_systemd_writes_them() {
        let day = 86_400_000_000;
        assert_eq!(span("1month 1w 2d 14h 31min 1.001500s"), Some(40 * day + 3_661_001_500));
        assert_eq!(span("2y 2month 2w 2d 15h 3s"), Some(808 * day + 3_000_000));
        assert_eq!(span("1.500ms"), Some(1_500));
        assert_eq!(span("40us"), Some(40));
        for odd in
            ["", "0", "infinity", "text", "-1s", "NaNs", "1e400s", "5 s", "9y 99999999999999999999999y", "ms"]
        {
            assert_eq!(span(odd), None, "{odd}");
        }
    }

    fn all() -> NameGlob {
        match SystemPattern::asked(Machine::Units("*")) {
            Ok(SystemPattern::Units(names)) => names,
            other => panic!("units were asked for: {other:?}"),
        }
    }

    #[test]
    fn the_earlier_of_both_clocks_is_next_and_odd_values_are_none() {
        let now = Moment { wall: 1_796_000_000_000, since_start: 50_000 };
        let text = "Id=a.timer\nNames=a.timer\nNextElapseUSecRealtime=Mon 2026-11-30 21:55:16 UTC\n\
                    NextElapseUSecMonotonic=1min\n\n\
                    Id=b.timer\nNames=b.timer\nUnit=4\nNextElapseUSecMonotonic=infinity\nLastTriggerUSec=[unprintable]\n\n\
                    Id=c.service\nNames=c.service\n\n\
                    LoadState=loaded\n";
        let told = timers(text, &all(), now);
        assert_eq!(told.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a.timer", "b.timer"]);
        assert_eq!(told[0].next, Some(1_796_000_010_000));
        assert_eq!((told[1].next, told[1].last, told[1].started), (None, None, None));
        assert!(
            !is_unit(&told[1].unit)
                && is_unit("backup@a.service")
                && !is_unit("--help.service")
                && !is_unit("a*.service")
        );
        let many: String = (0..10_000).map(|at| format!("Id={at}.timer\n\n")).collect();
        assert_eq!(timers(&many, &all(), now).len(), TIMERS_MAX + 1);
    }
}
