//! Which status codes count as success, as sets that conditions narrow.

use crate::value::Value;

const LOW: u16 = 100;
const HIGH: u16 = 599;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Statuses(Vec<bool>);

impl Statuses {
    pub(crate) fn all() -> Self {
        Self(vec![true; usize::from(HIGH - LOW) + 1])
    }
    /// Keeps the codes for which it holds.
    pub(crate) fn keep(&mut self, holds: impl Fn(i64) -> bool) {
        for (status, is_well) in (LOW..).zip(&mut self.0) {
            *is_well &= holds(i64::from(status));
        }
    }
    pub(crate) fn of(holds: impl Fn(i64) -> bool) -> Self {
        let mut all = Self::all();
        all.keep(holds);
        all
    }
    /// The codes, as in `[200, "300-399"]`; `None` if none is a success.
    pub(crate) fn value(&self) -> Option<Value> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for (status, _) in (LOW..).zip(&self.0).filter(|(_, is_well)| **is_well) {
            match ranges.last_mut() {
                Some((_, high)) if *high + 1 == status => *high = status,
                _ => ranges.push((status, status)),
            }
        }
        let mut values: Vec<Value> = ranges
            .into_iter()
            .map(|(low, high)| match low == high {
                true => Value::Integer(i64::from(low)),
                false => Value::Text(format!("{low}-{high}")),
            })
            .collect();
        match values.len() {
            0 => None,
            1 => values.pop(),
            _ => Some(Value::List(values)),
        }
    }
    /// Whether these are the codes that `http` accepts by default.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::of(|status| (200..300).contains(&status))
    }
}

/// Parses `200` or `200-299`.
pub(crate) fn parse_range(text: &str) -> Option<(i64, i64)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low <= high && low >= i64::from(LOW) && high <= i64::from(HIGH)).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_as_its_ranges() {
        let mut statuses = Statuses::all();
        assert_eq!(statuses.value(), Some("100-599".into()));
        statuses.keep(|status| status < 300);
        statuses.keep(|status| status >= 200);
        assert!(statuses.is_default());
        statuses.keep(|status| status != 204);
        assert_eq!(statuses.value(), Some(vec!["200-203", "205-299"].into()));
        statuses.keep(|status| status == 200);
        assert_eq!(statuses.value(), Some(200_u32.into()));
        statuses.keep(|_| false);
        assert_eq!(statuses.value(), None);
    }
}
