//! From results to periods.

use std::collections::{BTreeMap, HashMap};

use watchkeep_core::rollup::{Figures, MetricSeries, Resolution, Series, States};

use super::periods::Periods;
use super::table::{place_of, stretch_of};
use crate::error::ReadError;
use crate::pack::{Shape, Split, each_metric};

/// The most series of one check that are rolled up. Metrics of more are in the results alone.
pub(crate) const SERIES_MAX: usize = 1000;

/// What is added to the roll-ups of one check: by series, resolution and stretch.
pub(crate) type Gathered = BTreeMap<(Series, Resolution, i64), Periods>;

/// What the results say in each period.
pub(crate) fn gather(rows: &[Split]) -> Result<Gathered, ReadError> {
    let mut series: Vec<Series> = vec![Series::Runs];
    let mut numbers: HashMap<MetricSeries, usize> = HashMap::new();
    let mut shapes: HashMap<&[u8], (Shape, Vec<usize>)> = HashMap::new();
    // By series and five minutes.
    let mut finest: BTreeMap<(usize, i64), (States, Figures)> = BTreeMap::new();
    for row in rows {
        if !shapes.contains_key(row.shape.as_slice()) {
            let shape = Shape::read(&row.shape)?;
            let mut own = Vec::new();
            each_metric(&shape.outcome, |metric, labels| {
                let found =
                    MetricSeries { name: metric.name.clone(), unit: metric.unit.clone(), labels: labels() };
                own.push(*numbers.entry(found.clone()).or_insert_with(|| {
                    series.push(Series::Metric(found));
                    series.len() - 1
                }));
            });
            shapes.insert(&row.shape, (shape, own));
        }
        let Some((shape, own)) = shapes.get(row.shape.as_slice()) else { continue };
        let period = row.head.finished_at.div_euclid(Resolution::FiveMinutes.millis());
        let (states, took) = finest.entry((0, period)).or_default();
        states.add(&shape.outcome);
        took.add(row.head.took.as_secs_f64());
        for (number, value) in own.iter().zip(&row.numbers.values) {
            finest.entry((*number, period)).or_default().1.add(*value);
        }
    }
    let mut gathered = Gathered::new();
    for ((number, period), (states, figures)) in finest {
        let millis = period.saturating_mul(Resolution::FiveMinutes.millis());
        for resolution in Resolution::ALL {
            let key = (series[number].clone(), resolution, stretch_of(resolution, millis));
            let (all_states, all) =
                gathered.entry(key).or_default().entry(place_of(resolution, millis)).or_default();
            all_states.merge(&states);
            all.merge(&figures);
        }
    }
    Ok(gathered)
}
