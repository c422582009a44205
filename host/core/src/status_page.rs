//! A status page: what people outside are shown. Only what the page chooses is on it, under the titles that it chooses.

use std::time::Duration;

use chrono::TimeZone as _;
use chrono_tz::Tz;

use crate::ids::{ReceiverName, SecretName, ServiceName, StatusPageName};
use crate::matcher::Matcher;
use crate::time::Wall;

#[derive(Clone, PartialEq, Debug)]
pub struct StatusPageSpec {
    pub name: StatusPageName,
    pub title: String,
    pub description: Option<String>,
    /// Where the page is found from outside, without a trailing slash. Feeds link there.
    pub url: Option<String>,
    pub shows: Shows,
    /// The secret without which the page is not shown.
    pub token: Option<SecretName>,
    /// The zone of its days and moments.
    pub zone: Tz,
    pub latencies: Latencies,
    /// Who sends letters to those who ask for them; nobody may ask without one. A page with it has a `url`.
    pub subscriptions: Option<ReceiverName>,
    /// How long changes are gathered into one letter, from the first of them on.
    pub letters_after: Duration,
}

/// A moment as people outside read it, on the page and in letters.
pub fn moment(at: Wall, zone: Tz) -> String {
    let local = at.utc().map(|at| zone.from_utc_datetime(&at.naive_utc()));
    local.map(|at| at.format("%-d %b %Y, %H:%M %Z").to_string()).unwrap_or_default()
}

/// What its components are made of.
#[derive(Clone, PartialEq, Debug)]
pub enum Shows {
    /// Each of these services is a component, in this order.
    Services(Vec<ServiceName>),
    /// Each check whose labels all these match, and that has a `display`, is a component.
    Checks(Vec<Matcher>),
}

/// Whether the page says how long answers took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Latencies {
    Hidden,
    Shown,
}
