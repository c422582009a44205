//! Patterns for `snapshots`: which series may be read.

use std::fmt;
use std::sync::Arc;

use super::GrantError;

const HINT: &str = "write it as `CHECK` or `CHECK/SERIES`; `*` stands for any check";

/// A pattern such as `shop` (all its series), `shop/front` (one) or `*/front`. A check's own series need no grant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SeriesPattern {
    /// The check; `None` for any.
    check: Option<Arc<str>>,
    /// The series; `None` for all.
    series: Option<Arc<str>>,
}

impl SeriesPattern {
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let (check, series) = match entry.split_once('/') {
            Some((check, series)) => (check, Some(series)),
            None => (entry, None),
        };
        let names_check = !check.is_empty()
            && check.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if !names_check && check != "*" {
            return Err(GrantError::new(entry, "it names no check", HINT));
        }
        if series.is_some_and(|series| series.is_empty() || series.chars().any(char::is_control)) {
            return Err(GrantError::new(entry, "it names no series", HINT));
        }
        Ok(Self {
            check: (check != "*").then(|| check.into()),
            series: series.filter(|series| *series != "*").map(Into::into),
        })
    }

    pub(super) fn covers(&self, check: &str, series: &str) -> bool {
        self.check.as_deref().is_none_or(|only| only == check)
            && self.series.as_deref().is_none_or(|only| only == series)
    }
    pub(super) fn holds(&self, narrow: &SeriesPattern) -> bool {
        (self.check.is_none() || self.check == narrow.check)
            && (self.series.is_none() || self.series == narrow.series)
    }
}

impl fmt::Display for SeriesPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.check.as_deref().unwrap_or("*"))?;
        match &self.series {
            None => Ok(()),
            Some(series) => write!(f, "/{series}"),
        }
    }
}
