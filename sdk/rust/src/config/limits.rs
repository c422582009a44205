//! Thresholds for a number.

use super::{Place, Problems};

/// Checks the keys `warning_above`, `critical_above`, `warning_below` and `critical_below`, with each pair in this
/// order: the critical value must be beyond the one for a warning.
///
/// ```
/// use watchkeep_sdk::config::{Place, Problems, limits};
///
/// let mut problems = Problems::default();
/// limits((Some(80.0), Some(95.0)), (None, Some(1.0)), &Place::ROOT, &mut problems);
/// assert!(problems.is_empty());
/// limits((Some(80.0), Some(70.0)), (Some(1.0), Some(2.0)), &Place::ROOT, &mut problems);
/// let places: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.path).collect();
/// assert_eq!(places, ["/critical_above", "/critical_below"]);
/// ```
pub fn limits(
    above: (Option<f64>, Option<f64>),
    below: (Option<f64>, Option<f64>),
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let (Some(warning), Some(critical)) = above
        && critical < warning
    {
        problems.add::<()>(&place.key("critical_above"), "must not be less than `warning_above`");
    }
    if let (Some(warning), Some(critical)) = below
        && critical > warning
    {
        problems.add::<()>(&place.key("critical_below"), "must not be more than `warning_below`");
    }
}
