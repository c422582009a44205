//! The periods of one series in one stretch of time, as one value: column by column.
//!
//! After the version byte: the length of what follows, then postcard of how many periods and bins there are and how each
//! column is stored, then what pcodec made of the columns that it stores. The columns: which period of the stretch, by how
//! much it comes after the one before; for the runs how many were ok, warning, critical, unknown and failed; min, max,
//! sum; how many bins; then of all periods one after the other the bins, each by how much it comes after the one before,
//! and their counts. A sum is kept to one part in ten million.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use watchkeep_core::rollup::{Figures, Sketch, States};

use crate::error::ReadError;
use crate::pack::{BadColumn, Column};

const VERSION: u8 = 1;
const TABLE: &str = "rollups";
/// The most periods of a stretch, and the most bins that one may have; more is damage.
const PERIODS_MAX: u32 = 4096;
const BINS_MAX: u32 = PERIODS_MAX * 1024;
/// How exact a sum is.
const SUM_ERROR: f64 = 1e-7;
const SUM_SCALES: [i32; 5] = [0, 3, 6, 9, 12];

/// By the number of the period in its stretch.
pub(crate) type Periods = BTreeMap<u32, (States, Figures)>;

#[derive(Serialize, Deserialize)]
struct Plain {
    periods: u32,
    bins: u32,
    /// Whether the states are there: they are for the runs.
    states: bool,
    columns: Vec<Column>,
}

pub(super) fn encode(periods: &Periods) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut columns = Vec::new();
    let mut whole = |values: &[i64], packed: &mut Vec<u8>| columns.push(Column::of_whole(values, packed));
    let mut last = 0;
    let places: Vec<i64> = periods.keys().map(|place| step(&mut last, i64::from(*place))).collect();
    whole(&places, &mut packed);
    let with_states = periods.values().any(|(states, _)| *states != States::default());
    if with_states {
        for part in 0..5 {
            let counts: Vec<i64> =
                periods.values().map(|(states, _)| parts(states)[part].cast_signed()).collect();
            whole(&counts, &mut packed);
        }
    }
    let figures = || periods.values().map(|(_, figures)| figures);
    let min: Vec<f64> = figures().map(|figures| figures.min().unwrap_or(0.0)).collect();
    let max: Vec<f64> = figures().map(|figures| figures.max().unwrap_or(0.0)).collect();
    let sum = rounded(figures().map(Figures::sum).collect());
    for values in [min, max, sum] {
        columns.push(Column::of_fractions(&values, &mut packed));
    }
    let counts: Vec<i64> = figures().map(|figures| figures.sketch().bins().count() as i64).collect();
    columns.push(Column::of_whole(&counts, &mut packed));
    let mut last = 0;
    let bins = figures().flat_map(|figures| figures.sketch().bins());
    let (bins, counts): (Vec<i64>, Vec<i64>) =
        bins.map(|(bin, count)| (step(&mut last, i64::from(bin)), count.cast_signed())).unzip();
    columns.push(Column::of_whole(&bins, &mut packed));
    columns.push(Column::of_whole(&counts, &mut packed));
    let plain =
        Plain { periods: periods.len() as u32, bins: bins.len() as u32, states: with_states, columns };
    let plain = postcard::to_stdvec(&plain).expect("it is made of types that postcard writes, into memory");
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&plain);
    bytes.extend_from_slice(&packed);
    bytes
}

/// How far it is from the last one.
fn step(last: &mut i64, next: i64) -> i64 {
    next - std::mem::replace(last, next)
}

fn parts(states: &States) -> [u64; 5] {
    let States { ok, warning, critical, unknown, failed } = *states;
    [ok, warning, critical, unknown, failed]
}

/// The sums as multiples of a power of ten, where they all stay exact enough: sums of spans have many digits that say
/// nothing.
fn rounded(sums: Vec<f64>) -> Vec<f64> {
    let at = |scale: i32| -> Option<Vec<f64>> {
        let factor = 10_f64.powi(scale);
        let near = |sum: &f64| {
            let near = (sum * factor).round() / factor;
            (near.is_finite() && (near - sum).abs() <= SUM_ERROR * sum.abs()).then_some(near)
        };
        sums.iter().map(near).collect()
    };
    SUM_SCALES.into_iter().find_map(at).unwrap_or(sums)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Periods, ReadError> {
    match bytes.split_first() {
        Some((&VERSION, body)) => read(body),
        Some((&found, _)) => Err(ReadError::UnknownRow { table: TABLE, found, known: VERSION }),
        None => Err(damaged("it is empty")),
    }
}

fn read(body: &[u8]) -> Result<Periods, ReadError> {
    let short = || damaged("it is cut off");
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(short)?;
    let (plain, mut packed) =
        rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
    let Plain { periods, bins, states: with_states, columns } =
        postcard::from_bytes(plain).map_err(|error| damaged(&error.to_string()))?;
    if periods > PERIODS_MAX || bins > BINS_MAX {
        return Err(damaged("it claims too much"));
    }
    let (count, bins) = (periods as usize, bins as usize);
    let mut columns = columns.iter();
    let mut next = || columns.next().ok_or_else(short);
    let bad = |BadColumn| damaged("a column cannot be read");
    let places = next()?.whole(count, &mut packed).map_err(bad)?;
    let mut states = vec![[0_u64; 5]; count];
    for part in 0..if with_states { 5 } else { 0 } {
        let column = next()?.whole(count, &mut packed).map_err(bad)?;
        states.iter_mut().zip(column).for_each(|(states, count)| states[part] = count.cast_unsigned());
    }
    let min = next()?.fractions(count, &mut packed).map_err(bad)?;
    let max = next()?.fractions(count, &mut packed).map_err(bad)?;
    let sum = next()?.fractions(count, &mut packed).map_err(bad)?;
    let lengths = next()?.whole(count, &mut packed).map_err(bad)?;
    let mut steps = next()?.whole(bins, &mut packed).map_err(bad)?.into_iter();
    let mut counts = next()?.whole(bins, &mut packed).map_err(bad)?.into_iter();
    let (mut place, mut bin) = (0_i64, 0_i64);
    let mut found = Periods::new();
    for period in 0..count {
        place = place.wrapping_add(places[period]);
        let mut own = Vec::new();
        for _ in 0..lengths[period].max(0) {
            let (Some(step), Some(count)) = (steps.next(), counts.next()) else { return Err(short()) };
            bin = bin.wrapping_add(step);
            own.push((i32::try_from(bin).map_err(|_| damaged("a bin is none"))?, count.cast_unsigned()));
        }
        let figures = Sketch::restore(own)
            .and_then(|sketch| Figures::restore(min[period], max[period], sum[period], sketch))
            .ok_or_else(|| damaged("its figures disagree"))?;
        let [ok, warning, critical, unknown, failed] = states[period];
        let place = u32::try_from(place).map_err(|_| damaged("a period is none"))?;
        found.insert(place, (States { ok, warning, critical, unknown, failed }, figures));
    }
    Ok(found)
}

fn damaged(detail: &str) -> ReadError {
    ReadError::BadRow { table: TABLE, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn periods() -> impl Strategy<Value = Periods> {
        let value = prop_oneof![
            (1..9_000_000_000_u64).prop_map(|nanos| nanos as f64 / 1e9),
            -1e12..1e12_f64,
            any::<f64>()
        ];
        let states = prop_oneof![Just([0; 5]), [0..9_u64, 0..9_u64, 0..9_u64, 0..9_u64, 0..9_u64]];
        let period = (0..300_u32, states, prop::collection::vec(value, 0..30));
        prop::collection::vec(period, 0..40).prop_map(|all| {
            let period =
                |(place, [ok, warning, critical, unknown, failed], values): (u32, [u64; 5], Vec<f64>)| {
                    let mut figures = Figures::default();
                    values.into_iter().for_each(|value| figures.add(value));
                    (place, (States { ok, warning, critical, unknown, failed }, figures))
                };
            all.into_iter().map(period).collect()
        })
    }

    proptest! {
        #[test]
        fn what_was_stored_is_what_there_was(periods in periods()) {
            let found = decode(&encode(&periods)).unwrap();
            prop_assert_eq!(found.len(), periods.len());
            for ((place, (states, figures)), (found_place, (found_states, found))) in periods.iter().zip(&found) {
                prop_assert_eq!((place, states, figures.sketch()), (found_place, found_states, found.sketch()));
                prop_assert_eq!((figures.min(), figures.max()), (found.min(), found.max()));
                prop_assert!((figures.sum() - found.sum()).abs() <= SUM_ERROR * figures.sum().abs());
            }
        }

        #[test]
        fn damaged_bytes_are_an_error_or_periods(periods in periods(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = encode(&periods);
            let place = place.index(bytes.len());
            let _ = decode(&bytes[..place]);
            bytes[place] = byte;
            let _ = decode(&bytes);
        }
    }
}
