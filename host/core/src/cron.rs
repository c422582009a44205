//! Cron as operators type it in crontab (rule S3).

use chrono_tz::Tz;

use crate::time::Wall;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CronSchedule {
    text: String,
    zone: Tz,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{expression}` is no cron expression: {problem}; hint: {hint}")]
pub struct CronError {
    pub expression: String,
    pub problem: String,
    pub hint: String,
}

impl CronSchedule {
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, CronError> {
        Ok(Self { text: expression.to_owned(), zone })
    }
    pub fn zone(&self) -> Tz {
        self.zone
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// The first start strictly after `at`; `None` if there is none.
    pub fn next_after(&self, _at: Wall) -> Option<Wall> {
        None
    }
}
