//! Thresholds on both sides of a number.

use super::{Place, Problems, limits};
use crate::{Metric, Range, State};

/// Thresholds for a value that may be too low or too high.
///
/// ```
/// use watchkeep_sdk::State;
/// use watchkeep_sdk::config::{Band, parse};
///
/// let band: Band = parse(r#"{ "warning_below": 20, "critical_below": 10 }"#).unwrap();
/// assert_eq!((band.state_of(15.0), band.beyond(15.0, State::Warning)), (State::Warning, ("below", 20.0)));
/// ```
#[derive(watchkeep_sdk::Config)]
#[config(check = Band::consistent)]
pub struct Band {
    /// A value above this is a warning.
    pub warning_above: Option<f64>,
    /// A value below this is a warning.
    pub warning_below: Option<f64>,
    /// A value above this is critical.
    pub critical_above: Option<f64>,
    /// A value below this is critical.
    pub critical_below: Option<f64>,
}

impl Band {
    pub fn warning(&self) -> Range {
        Range { low: self.warning_below, high: self.warning_above, inside: false }
    }
    pub fn critical(&self) -> Range {
        Range { low: self.critical_below, high: self.critical_above, inside: false }
    }
    pub fn state_of(&self, value: f64) -> State {
        State::by(value, self.warning(), self.critical())
    }
    /// The limit of this state that the value is beyond, and on which side.
    pub fn beyond(&self, value: f64, state: State) -> (&'static str, f64) {
        let (low, high) = match state {
            State::Critical => (self.critical_below, self.critical_above),
            State::Ok | State::Warning | State::Unknown => (self.warning_below, self.warning_above),
        };
        match high.filter(|high| value > *high) {
            Some(high) => ("above", high),
            None => ("below", low.unwrap_or_default()),
        }
    }
    /// With the limits of the band, each so many times as large.
    pub fn limit(&self, metric: Metric, factor: f64) -> Metric {
        let scaled = |range: Range| Range {
            low: range.low.map(|low| low * factor),
            high: range.high.map(|high| high * factor),
            inside: false,
        };
        metric.warning(scaled(self.warning())).critical(scaled(self.critical()))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let above = (self.warning_above, self.critical_above);
        limits(above, (self.warning_below, self.critical_below), place, problems);
    }
}
