//! When a check runs, and how many judgements it takes to change its state.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::setup::{Missed, Schedule, Threshold};

use super::ReadContext;
use crate::keys::DEFAULTS;
use crate::problems::{Draft, Problems};
use crate::reader::Reader;
use crate::text::parse_span;
use crate::tree::Table;

#[derive(Debug)]
pub(super) struct Timing {
    pub(super) schedule: Schedule,
    pub(super) missed: Missed,
    pub(super) timeout: Duration,
    pub(super) retry_interval: Option<Duration>,
    pub(super) firing: Threshold,
    pub(super) success_threshold: NonZeroU32,
    pub(super) send_short: bool,
    pub(super) grace: Duration,
}

impl Timing {
    /// Reads the timing; `None` if errors leave no schedule. `layers` are the reader's.
    pub(super) fn read(
        reader: &Reader<'_>,
        layers: &[&Table],
        around: &ReadContext<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let zone = reader.zone("time_zone", problems).unwrap_or(around.zone);
        let schedule = schedule(reader, layers, zone, problems);
        let firing = firing(reader, layers, problems);
        let retry_interval =
            reader.span("retry_interval", problems).unwrap_or_else(|| default("retry_interval"));
        let missed = match reader.choice("missed", problems) {
            Some("run_once") => Missed::RunOnce,
            Some(_) | None => Missed::Skip,
        };
        let timeout = reader.span("timeout", problems).unwrap_or_else(|| default("timeout"));
        let success = reader.nonzero("success_threshold", problems);
        let send_short = reader.flag("send_short", problems).unwrap_or(false);
        let grace = reader.span("grace", problems).unwrap_or_else(|| default("grace"));
        let schedule = schedule?;
        let retry_interval = match &schedule {
            // A retry must not come later than the next regular run.
            Schedule::Interval(interval) => (retry_interval < *interval).then_some(retry_interval),
            Schedule::Cron(_) => Some(retry_interval),
        };
        Some(Self {
            schedule,
            missed,
            timeout,
            retry_interval,
            firing,
            success_threshold: success.unwrap_or(const { NonZeroU32::new(2).expect("2 is not zero") }),
            send_short,
            grace,
        })
    }
}

fn default(key: &str) -> Duration {
    parse_span(DEFAULTS.key(key).default).expect("defaults in the table of keys are spans")
}

/// Which of two keys that exclude each other is in the first layer that has either; reports if that has both.
fn either<'a>(
    reader: &Reader<'a>,
    layers: &[&'a Table],
    [one, other]: [&'static str; 2],
    problems: &mut Problems,
) -> Option<&'static str> {
    let layer = layers.iter().find(|layer| layer.get(one).is_some() || layer.get(other).is_some())?;
    if let (Some(first), Some(second)) = (layer.get(one), layer.get(other)) {
        let message = format!("`{one}` and `{other}` exclude each other");
        let draft = Draft::error(second.key, &reader.path.key(other), message);
        problems.push(draft.hint("keep one of the two").note(first.key, "the other one"));
    }
    Some(if layer.get(one).is_some() { one } else { other })
}

fn schedule(reader: &Reader<'_>, layers: &[&Table], zone: Tz, problems: &mut Problems) -> Option<Schedule> {
    match either(reader, layers, ["interval", "schedule"], problems) {
        Some("schedule") => reader.cron("schedule", zone, problems).map(Schedule::Cron),
        Some(_) => reader.span("interval", problems).map(Schedule::Interval),
        None => Some(Schedule::Interval(default("interval"))),
    }
}

fn firing(reader: &Reader<'_>, layers: &[&Table], problems: &mut Problems) -> Threshold {
    let in_a_row = |count: NonZeroU32| Threshold::new(count, count).expect("a number is not above itself");
    let default = in_a_row(const { NonZeroU32::new(3).expect("3 is not zero") });
    match either(reader, layers, ["failure_threshold", "failures"], problems) {
        Some("failures") => failures(reader, problems).unwrap_or(default),
        Some(_) => reader.nonzero("failure_threshold", problems).map_or(default, in_a_row),
        None => default,
    }
}

/// Reads a value such as `"3 of 5"`.
fn failures(reader: &Reader<'_>, problems: &mut Problems) -> Option<Threshold> {
    const OF_MAX: u32 = 100;
    let text = reader.text("failures", problems)?;
    let number = |text: &str| text.trim().parse::<NonZeroU32>().ok().filter(|number| number.get() <= OF_MAX);
    let numbers = text.value.split_once(" of ").and_then(|(needed, of)| Some((number(needed)?, number(of)?)));
    let threshold = numbers.and_then(|(needed, of)| Threshold::new(needed, of));
    if threshold.is_none() {
        let message = format!("`{}` is not so many of the last so many", text.value);
        let draft = Draft::error(text.span, &reader.path.key("failures"), message);
        problems.push(draft.hint(format!("write it as `\"3 of 5\"`, with at most {OF_MAX}")));
    }
    threshold
}
