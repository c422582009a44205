//! The JSON types. They are this crate's own, so that the core can change without the API changing.

mod action;
mod alert;
mod check;
mod delivery;
mod group;
mod period;
mod plugin;
mod result;
mod window;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::SecondsFormat;
use serde::Serialize;
use watchkeep_core::labels::Labels;
use watchkeep_core::time::Wall;

use crate::host::{Page, PageRequest};
use crate::problem::Problem;

pub(crate) use action::{ActionItem, OccasionItem};
pub(crate) use alert::{AlertItem, DecisionItem, Subject, TransitionItem, phase, severity, transition};
pub(crate) use check::{CheckDetail, CheckItem, config};
pub(crate) use delivery::{DeliveryJson, delivery_status};
pub(crate) use group::GroupItem;
pub(crate) use period::{PeriodItem, SeriesItem};
pub(crate) use plugin::{PluginEventItem, PluginItem};
pub(crate) use result::ResultItem;
pub(crate) use window::{WindowItem, WindowState, is_of_config};

/// A time as RFC 3339 in UTC, with milliseconds.
pub(crate) fn time(at: Wall) -> String {
    // Only a wrong clock leaves the years that chrono knows; the number is then the most honest text.
    at.utc().map_or_else(|| at.millis().to_string(), |at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

pub(crate) fn labels(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    /// A page of a list that is held in memory. The cursor is the id of the last item: one that is gone meanwhile is refused,
    /// and the client begins anew.
    pub(crate) fn cut<S>(
        mut found: Vec<S>,
        page: &PageRequest,
        id: impl Fn(&S) -> &str,
        item: impl Fn(&S) -> T,
    ) -> Result<Self, Problem> {
        if let Some(cursor) = &page.after {
            let last = found.iter().position(|it| id(it) == cursor.0);
            let last = last.ok_or_else(|| Problem::invalid("`cursor` is not one that this host gave"))?;
            found.drain(..=last);
        }
        let more = found.len() > page.limit;
        found.truncate(page.limit);
        let next = found.last().filter(|_| more).map(|it| id(it).to_owned());
        Ok(Self { items: found.iter().map(item).collect(), next })
    }
    pub(crate) fn of<S>(page: Page<S>, item: impl FnMut(S) -> T) -> Self {
        Self { items: page.items.into_iter().map(item).collect(), next: page.next.map(|cursor| cursor.0) }
    }
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(time(Wall::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
    }
}
