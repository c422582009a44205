//! Opening hours (rule S2): weekdays and times in a zone, with exceptions by date.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::ids::CalendarName;
use crate::time::Wall;

/// Minutes from the day's midnight; `to` passes 1440 for hours that run into the next day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Opening {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    name: CalendarName,
    zone: Tz,
    /// Monday first.
    weekly: [Vec<Opening>; 7],
    /// Dates with hours of their own; none at all is a holiday.
    exceptions: BTreeMap<NaiveDate, Vec<Opening>>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("calendar `{0}` is never open; hint: give it `hours`, such as `mon-fri = [\"08:00-18:00\"]`")]
    NeverOpen(CalendarName),
}

impl Calendar {
    pub fn new(
        name: CalendarName,
        zone: Tz,
        weekly: [Vec<Opening>; 7],
        exceptions: BTreeMap<NaiveDate, Vec<Opening>>,
    ) -> Result<Self, CalendarError> {
        Ok(Self { name, zone, weekly, exceptions })
    }
    pub fn name(&self) -> &CalendarName {
        &self.name
    }
    pub fn is_open(&self, _at: Wall) -> bool {
        let _ = (&self.zone, &self.weekly, &self.exceptions);
        true
    }
    /// The next moment after `at` at which it opens; `None` if it never does again.
    pub fn next_open(&self, _at: Wall) -> Option<Wall> {
        None
    }
    /// The next moment after `at` at which it opens or closes.
    pub fn next_change(&self, _at: Wall) -> Option<Wall> {
        None
    }
}
