//! Markers: moments that people see in charts.

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::MarkerId;
use watchkeep_core::marker::Marker;
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct MarkerRow<'a> {
    id: &'a str,
    at: i64,
    text: &'a str,
    link: &'a str,
    #[serde(borrow)]
    labels: Vec<(&'a str, &'a str)>,
    by: &'a str,
}

impl Row for MarkerRow<'_> {
    const TABLE: &'static str = "markers";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Marker> for MarkerRow<'a> {
    fn from(marker: &'a Marker) -> Self {
        let Marker { id, at, text, link, labels, by } = marker;
        Self { id: id.as_str(), at: at.millis(), text, link, labels: labels.iter().collect(), by }
    }
}
impl From<MarkerRow<'_>> for Marker {
    fn from(row: MarkerRow<'_>) -> Self {
        Marker {
            id: MarkerId::new(row.id),
            at: Wall::from_millis(row.at),
            text: row.text.to_owned(),
            link: row.link.to_owned(),
            labels: row.labels.into_iter().collect(),
            by: row.by.to_owned(),
        }
    }
}
