//! Silences and maintenance windows. Matchers and schedules are stored as they were written, and parsed again: what was
//! accepted once is accepted again, unless the row is damaged.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::ids::WindowId;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window};

use super::enums::WindowKindRow;
use super::{Row, damaged, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct WindowRow<'a> {
    pub(crate) id: &'a str,
    kind: WindowKindRow,
    matchers: Vec<String>,
    #[serde(borrow)]
    when: WhenRow<'a>,
    author: &'a str,
    comment: &'a str,
    made_at: i64,
    announcement: Option<&'a str>,
}

/// The first version of the row, from before windows were announced.
#[derive(Serialize, Deserialize)]
struct WindowRowV1<'a> {
    id: &'a str,
    kind: WindowKindRow,
    matchers: Vec<String>,
    #[serde(borrow)]
    when: WhenRow<'a>,
    author: &'a str,
    comment: &'a str,
    made_at: i64,
}

impl Row for WindowRowV1<'_> {
    const TABLE: &'static str = WindowRow::TABLE;
    const VERSION: u8 = 1;
}

/// Reads a row of any version that was ever written.
pub(crate) fn window(bytes: &[u8]) -> Result<Window, ReadError> {
    if bytes.first() == Some(&WindowRowV1::VERSION) {
        let WindowRowV1 { id, kind, matchers, when, author, comment, made_at } = decode(bytes)?;
        let row = WindowRow { id, kind, matchers, when, author, comment, made_at, announcement: None };
        return row.into_core();
    }
    decode::<WindowRow<'_>>(bytes)?.into_core()
}

#[derive(Serialize, Deserialize)]
enum WhenRow<'a> {
    Once { from: i64, until: i64 },
    Recurring { starts: &'a str, zone: &'a str, lasts: Duration, ended: Option<i64> },
}

impl Row for WindowRow<'_> {
    const TABLE: &'static str = "windows";
    const VERSION: u8 = 2;
}

impl<'a> From<&'a Window> for WindowRow<'a> {
    fn from(window: &'a Window) -> Self {
        let Window { id, kind, matchers, when, author, comment, announcement, made_at } = window;
        WindowRow {
            id: id.as_str(),
            kind: (*kind).into(),
            matchers: matchers.iter().map(Matcher::to_string).collect(),
            when: when.into(),
            author,
            comment,
            made_at: made_at.millis(),
            announcement: announcement.as_deref(),
        }
    }
}

impl<'a> From<&'a When> for WhenRow<'a> {
    fn from(when: &'a When) -> Self {
        match when {
            When::Once { from, until } => WhenRow::Once { from: from.millis(), until: until.millis() },
            When::Recurring { starts, lasts, ended } => WhenRow::Recurring {
                starts: starts.as_str(),
                zone: starts.zone().name(),
                lasts: *lasts,
                ended: ended.map(Wall::millis),
            },
        }
    }
}

impl WindowRow<'_> {
    pub(crate) fn into_core(self) -> Result<Window, ReadError> {
        let matchers = self.matchers.iter().map(|text| Matcher::parse(text)).collect::<Result<_, _>>();
        Ok(Window {
            id: WindowId::new(self.id),
            kind: self.kind.into(),
            matchers: matchers.map_err(|error| damaged::<Self>(&error.to_string()))?,
            when: self.when.into_core()?,
            author: self.author.to_owned(),
            comment: self.comment.to_owned(),
            announcement: self.announcement.map(str::to_owned),
            made_at: Wall::from_millis(self.made_at),
        })
    }
}

impl WhenRow<'_> {
    fn into_core(self) -> Result<When, ReadError> {
        match self {
            WhenRow::Once { from, until } => {
                Ok(When::Once { from: Wall::from_millis(from), until: Wall::from_millis(until) })
            }
            WhenRow::Recurring { starts, zone, lasts, ended } => {
                let no_zone = || damaged::<WindowRow<'_>>(&format!("`{zone}` is not a time zone"));
                let zone = zone.parse().map_err(|_| no_zone())?;
                let starts = CronSchedule::parse(starts, zone)
                    .map_err(|error| damaged::<WindowRow<'_>>(&error.to_string()))?;
                Ok(When::Recurring { starts, lasts, ended: ended.map(Wall::from_millis) })
            }
        }
    }
}
