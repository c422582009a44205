//! One number out of many samples.

use std::time::Duration;

use crate::rule::{Aggregate, Bound};
use crate::time::Wall;

/// Times and values of one series, oldest first.
pub(super) type Samples<'a> = &'a [(Wall, f64)];

/// The value; `None` if there are too few samples: none at all, or fewer than two for a slope.
pub(super) fn value(aggregate: Aggregate, bound: Bound, series: &[Samples<'_>], now: Wall) -> Option<f64> {
    let all = || series.iter().flat_map(|samples| samples.iter().map(|(_, value)| *value));
    let value = match aggregate {
        Aggregate::Avg => {
            let count = all().count();
            (count > 0).then(|| all().sum::<f64>() / count as f64)?
        }
        Aggregate::Max => all().reduce(f64::max)?,
        Aggregate::P50 => percentile(all().collect(), 0.5)?,
        Aggregate::P95 => percentile(all().collect(), 0.95)?,
        Aggregate::P99 => percentile(all().collect(), 0.99)?,
        Aggregate::Rate => series.iter().filter_map(|samples| rate(samples)).reduce(|a, b| a + b)?,
        Aggregate::Forecast(horizon) => {
            let values = series.iter().filter_map(|samples| forecast(samples, now, horizon));
            match bound {
                Bound::Above(_) => values.reduce(f64::max)?,
                Bound::Below(_) => values.reduce(f64::min)?,
            }
        }
    };
    value.is_finite().then_some(value)
}

/// A percentile, interpolated between the two nearest samples, as in Prometheus.
fn percentile(mut values: Vec<f64>, part: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let place = part * (values.len() - 1) as f64;
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(below + (above - below) * (place - place.floor()))
}

/// The growth per second from the first to the last sample. A counter that fell began anew at zero.
fn rate(samples: Samples<'_>) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let seconds = last.0.since(first.0).as_secs_f64();
    if seconds <= 0.0 {
        return None;
    }
    let grown: f64 = samples
        .windows(2)
        .map(|pair| if pair[1].1 >= pair[0].1 { pair[1].1 - pair[0].1 } else { pair[1].1 })
        .sum();
    Some(grown / seconds)
}

/// The value at `now + horizon` of the least-squares line through the samples.
fn forecast(samples: Samples<'_>, now: Wall, horizon: Duration) -> Option<f64> {
    let origin = samples.first()?.0;
    let count = samples.len() as f64;
    let at = |moment: Wall| moment.since(origin).as_secs_f64();
    let mean_at = samples.iter().map(|(moment, _)| at(*moment)).sum::<f64>() / count;
    let mean = samples.iter().map(|(_, value)| value).sum::<f64>() / count;
    let spread: f64 = samples.iter().map(|(moment, _)| (at(*moment) - mean_at).powi(2)).sum();
    if spread <= 0.0 {
        return None;
    }
    let slope =
        samples.iter().map(|(moment, value)| (at(*moment) - mean_at) * (value - mean)).sum::<f64>() / spread;
    Some(mean + slope * (at(now) + horizon.as_secs_f64() - mean_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[f64]) -> Vec<(Wall, f64)> {
        values
            .iter()
            .enumerate()
            .map(|(second, value)| (Wall::from_millis(second as i64 * 1_000), *value))
            .collect()
    }
    fn of(aggregate: Aggregate, values: &[f64]) -> Option<f64> {
        let samples = samples(values);
        let now = samples.last().map_or(Wall::from_millis(0), |(at, _)| *at);
        value(aggregate, Bound::Above(0.0), &[&samples], now)
    }

    #[test]
    fn averages_extremes_and_percentiles_are_over_all_samples() {
        let values = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(of(Aggregate::Avg, &values), Some(3.0));
        assert_eq!(of(Aggregate::Max, &values), Some(5.0));
        assert_eq!(of(Aggregate::P50, &values), Some(3.0));
        assert_eq!(of(Aggregate::P95, &values), Some(4.8));
        assert_eq!(of(Aggregate::P99, &[7.0]), Some(7.0));
        assert_eq!(of(Aggregate::Max, &[-3.0, -2.0]), Some(-2.0));
    }

    #[test]
    fn a_rate_is_growth_a_second_and_survives_a_restart_of_the_counter() {
        assert_eq!(of(Aggregate::Rate, &[10.0, 12.0, 14.0]), Some(2.0));
        assert_eq!(of(Aggregate::Rate, &[10.0, 12.0, 1.0]), Some(1.5));
        let (one, other) = (samples(&[0.0, 1.0]), samples(&[5.0, 8.0]));
        let sum = value(Aggregate::Rate, Bound::Above(0.0), &[&one, &other], Wall::from_millis(1_000));
        assert_eq!(sum, Some(4.0));
    }

    #[test]
    fn a_forecast_follows_the_line_to_its_horizon() {
        let filling = [100.0, 98.0, 96.0, 94.0];
        assert_eq!(of(Aggregate::Forecast(Duration::from_secs(10)), &filling), Some(74.0));
        assert_eq!(of(Aggregate::Forecast(Duration::ZERO), &filling), Some(94.0));
    }

    #[test]
    fn of_many_series_the_worst_forecast_counts() {
        let (flat, falling) = (samples(&[50.0, 50.0]), samples(&[50.0, 40.0]));
        let now = Wall::from_millis(1_000);
        let horizon = Aggregate::Forecast(Duration::from_secs(2));
        assert_eq!(value(horizon, Bound::Below(30.0), &[&flat, &falling], now), Some(20.0));
        assert_eq!(value(horizon, Bound::Above(30.0), &[&flat, &falling], now), Some(50.0));
    }

    #[test]
    fn too_few_samples_are_no_number() {
        for aggregate in [Aggregate::Avg, Aggregate::Max, Aggregate::P95, Aggregate::Rate] {
            assert_eq!(of(aggregate, &[]), None, "{aggregate:?}");
        }
        assert_eq!(of(Aggregate::Rate, &[1.0]), None);
        assert_eq!(of(Aggregate::Forecast(Duration::from_secs(1)), &[1.0]), None);
        assert_eq!(of(Aggregate::Avg, &[f64::MAX, f64::MAX]), None, "what overflows is no number either");
    }
}
