//! What people and their tools marked in time, drawn over a check's charts and told below them.

use std::time::Duration;

use watchkeep_core::marker::Marker;
use watchkeep_core::service::labels as labels_of;
use watchkeep_core::setup::CheckSpec;

use super::axis::Axis;
use crate::pages::words::{Moment, web_link};
use crate::router::App;

/// The most that are drawn in one range, the newest.
const MARKS_MAX: usize = 60;

pub(crate) struct Marks {
    /// Newest first.
    pub(crate) drawn: Vec<Mark>,
    /// How many more there are in this range.
    pub(crate) more: usize,
}

pub(crate) struct Mark {
    /// Its place, in percent.
    pub(crate) x: f64,
    pub(crate) at: Moment,
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    pub(crate) by: String,
}

impl Marks {
    pub(super) fn of(app: &App, spec: &CheckSpec, axis: &Axis) -> Self {
        let labels = labels_of(spec);
        let mut found = app.host.markers().between(&(axis.from..axis.to + Duration::from_millis(1)));
        found.retain(|marker| marker.concerns(&labels));
        let mark = |marker: &Marker| Mark {
            x: axis.x(marker.at),
            at: Moment::new(marker.at, axis.to),
            text: marker.text.clone(),
            link: web_link(&marker.link),
            by: marker.by.clone(),
        };
        Self {
            drawn: found.iter().take(MARKS_MAX).map(|marker| mark(marker)).collect(),
            more: found.len().saturating_sub(MARKS_MAX),
        }
    }
}
