//! Where roll-ups lie.

use std::collections::HashMap;
use std::ops::Range;

use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};
use watchkeep_core::rollup::{MetricSeries, Resolution, Series};

use super::gather::{Gathered, SERIES_MAX};
use super::periods::{self, Periods};
use crate::error::{ReadError, WriteError};
use crate::query::table;
use crate::row::{Row, decode, encode};
use crate::tables::{ROLLUPS, SERIES};

/// The number of the series that is the runs.
const RUNS: u32 = 0;

#[derive(Serialize, Deserialize)]
struct SeriesRow<'a> {
    name: &'a str,
    unit: &'a str,
    #[serde(borrow)]
    labels: Vec<(&'a str, &'a str)>,
}

impl Row for SeriesRow<'_> {
    const TABLE: &'static str = "series";
    const VERSION: u8 = 1;
}

pub(crate) const fn resolution_byte(resolution: Resolution) -> u8 {
    match resolution {
        Resolution::FiveMinutes => 0,
        Resolution::Hour => 1,
        Resolution::Day => 2,
    }
}

/// The length of a stretch, whose periods are one value.
pub(crate) const fn stretch_millis(resolution: Resolution) -> i64 {
    let days = match resolution {
        Resolution::FiveMinutes => 1,
        Resolution::Hour => 4,
        Resolution::Day => 32,
    };
    days * Resolution::Day.millis()
}

pub(crate) const fn stretch_of(resolution: Resolution, millis: i64) -> i64 {
    millis.div_euclid(stretch_millis(resolution))
}

/// Which period of its stretch it is.
pub(super) const fn place_of(resolution: Resolution, millis: i64) -> u32 {
    (millis.rem_euclid(stretch_millis(resolution)) / resolution.millis()) as u32
}

/// Adds to the roll-ups of a check.
pub(crate) fn add(transaction: &WriteTransaction, check: u32, gathered: Gathered) -> Result<(), WriteError> {
    let mut series = transaction.open_table(SERIES)?;
    let mut rollups = transaction.open_table(ROLLUPS)?;
    let mut known: HashMap<Series, u32> = HashMap::from([(Series::Runs, RUNS)]);
    let mut next = RUNS + 1;
    for row in series.range((check, 0)..=(check, u32::MAX))? {
        let (key, bytes) = row?;
        let (_, number) = key.value();
        known.insert(read_series(bytes.value())?, number);
        next = next.max(number.saturating_add(1));
    }
    for ((one, resolution, stretch), periods) in gathered {
        let number = match (known.get(&one), &one) {
            (Some(number), _) => *number,
            (None, Series::Metric(metric)) if known.len() <= SERIES_MAX => {
                let MetricSeries { name, unit, labels } = metric;
                let row = SeriesRow { name, unit, labels: labels.iter().collect() };
                series.insert((check, next), encode(&row).as_slice())?;
                known.insert(one, next);
                next = next.saturating_add(1);
                next - 1
            }
            (None, Series::Metric(_) | Series::Runs) => continue,
        };
        let key = (check, resolution_byte(resolution), stretch, number);
        let stored = rollups.get(key)?.map(|row| periods::decode(row.value())).transpose()?;
        let merged = match stored {
            Some(stored) => merge(stored, periods),
            None => periods,
        };
        rollups.insert(key, periods::encode(&merged).as_slice())?;
    }
    Ok(())
}

fn merge(mut stored: Periods, periods: Periods) -> Periods {
    for (place, (states, figures)) in periods {
        let (all_states, all) = stored.entry(place).or_default();
        all_states.merge(&states);
        all.merge(&figures);
    }
    stored
}

fn read_series(bytes: &[u8]) -> Result<Series, ReadError> {
    let SeriesRow { name, unit, labels } = decode(bytes)?;
    Ok(Series::Metric(MetricSeries {
        name: name.to_owned(),
        unit: unit.to_owned(),
        labels: labels.into_iter().collect(),
    }))
}

/// The series of a check that have roll-ups, with their numbers; the runs first.
pub(crate) fn series_of(snapshot: &ReadTransaction, check: u32) -> Result<Vec<(Series, u32)>, ReadError> {
    let mut found = vec![(Series::Runs, RUNS)];
    if let Some(table) = table(snapshot, SERIES)? {
        for row in table.range((check, 0)..=(check, u32::MAX))? {
            let (key, bytes) = row?;
            found.push((read_series(bytes.value())?, key.value().1));
        }
    }
    Ok(found)
}

/// Periods of a series that begin in the range, by the moment they begin.
pub(crate) fn read(
    snapshot: &ReadTransaction,
    (check, number): (u32, u32),
    resolution: Resolution,
    between: &Range<i64>,
    mut each: impl FnMut(i64, (watchkeep_core::rollup::States, watchkeep_core::rollup::Figures)),
) -> Result<(), ReadError> {
    let Some(rollups) = table(snapshot, ROLLUPS)? else { return Ok(()) };
    let byte = resolution_byte(resolution);
    let first = stretch_of(resolution, between.start);
    let last = stretch_of(resolution, between.end);
    let mut from = (check, byte, first, 0);
    // A stretch has a value for each series; going from stretch to stretch reads those of this series alone.
    while let Some(row) = rollups.range(from..=(check, byte, last, u32::MAX))?.next() {
        let (_, _, stretch, _) = row?.0.value();
        if let Some(row) = rollups.get((check, byte, stretch, number))? {
            for (place, period) in periods::decode(row.value())? {
                let begins = stretch
                    .saturating_mul(stretch_millis(resolution))
                    .saturating_add(i64::from(place) * resolution.millis());
                if between.contains(&begins) {
                    each(begins, period);
                }
            }
        }
        from = (check, byte, stretch.saturating_add(1), 0);
    }
    Ok(())
}
