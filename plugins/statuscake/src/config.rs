//! What an operator writes for the tests of a StatusCake account.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{BaseUrl, OneOrMany, Place, Problems, Secret, response_times};

use crate::test::Test;

/// Mirrors the tests of a StatusCake account, each as a finding of its own.
#[derive(watchkeep_sdk::Config)]
#[config(check = StatusCake::consistent)]
pub struct StatusCake {
    /// A StatusCake API token: *Account settings* -> *API keys*.
    pub(crate) token: Secret,
    /// StatusCake's API; the default must be granted under `allow`.
    #[config(default = "https://api.statuscake.com/v1", grants = "http")]
    pub(crate) url: BaseUrl,
    /// The kinds of tests to mirror.
    #[config(name = "tests", default = "uptime", example = ["uptime", "heartbeat", "ssl"])]
    tests: OneOrMany<Kind>,
    /// Only tests with these tags; certificate tests have none and are always included.
    #[config(default, example = ["production"])]
    pub(crate) tags: OneOrMany<String>,
    /// Whether a test must have `all` of the tags or `any` of them.
    #[config(default = "all")]
    pub(crate) tags_match: Match,
    /// How to show a paused test: as a finding that is `unknown` and not judged, or not at all (`left_out`).
    #[config(default = "unknown")]
    pub(crate) paused: Paused,
    /// The state if there are no such tests at all.
    #[config(default = "unknown")]
    pub(crate) empty: State,
    /// An uptime below this percentage is a warning, over the period for which StatusCake counts it.
    #[config(min = 0, max = 100, example = 99.9)]
    pub(crate) uptime_warning: Option<f64>,
    /// An uptime below this percentage is critical.
    #[config(min = 0, max = 100, example = 99)]
    pub(crate) uptime_critical: Option<f64>,
    /// A response time above this is a warning: the median of a test's last five answers.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How many histories of tests are read in each run, the least recently read first; each takes one request. 0:
    /// none.
    #[config(default = 4, max = 40)]
    pub(crate) history_requests_max: u32,
    /// How long a test's history is used before it is read again.
    #[config(default = "15m")]
    pub(crate) history_refresh: Duration,
    /// Warns this many days before the certificate of an `ssl` test expires; 0: never.
    #[config(default = 14, max = 3650)]
    pub(crate) expiry_warning_days: u32,
    /// Critical this many days before a certificate expires; an expired one always is.
    #[config(default = 3, max = 3650)]
    pub(crate) expiry_critical_days: u32,
    /// At most this many tests become findings, the worst first; more of them is a warning.
    #[config(default = 300, min = 1, max = 450)]
    pub(crate) tests_max: u32,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
}

/// What StatusCake tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Kind {
    Uptime,
    Heartbeat,
    Ssl,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Match {
    All,
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Paused {
    Unknown,
    LeftOut,
}

impl StatusCake {
    /// Each once.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> {
        [Kind::Uptime, Kind::Heartbeat, Kind::Ssl].into_iter().filter(|kind| self.tests.0.contains(kind))
    }

    /// StatusCake picks uptime tests by their tags itself; of heartbeats nothing is documented.
    pub(crate) fn wants(&self, test: &Test) -> bool {
        let has = |tag: &String| test.tags.contains(tag);
        let is_tagged = match (test.kind, self.tags_match) {
            (Kind::Uptime | Kind::Ssl, _) => true,
            (Kind::Heartbeat, Match::All) => self.tags.0.iter().all(has),
            (Kind::Heartbeat, Match::Any) => self.tags.0.is_empty() || self.tags.0.iter().any(has),
        };
        is_tagged && !(test.paused && self.paused == Paused::LeftOut)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        if self.tests.0.is_empty() {
            problems.add::<()>(&place.key("tests"), "no kind of tests; hint: leave it out for `uptime`");
        }
        if self.tags.0.iter().any(|tag| tag.trim().is_empty() || tag.contains(',')) {
            problems.add::<()>(
                &place.key("tags"),
                "a tag is not empty and has no comma; hint: several are a list: `[\"a\", \"b\"]`",
            );
        }
        if let (Some(warning), Some(critical)) = (self.uptime_warning, self.uptime_critical)
            && critical > warning
        {
            problems.add::<()>(&place.key("uptime_critical"), "must not be more than `uptime_warning`");
        }
        if self.expiry_warning_days != 0 && self.expiry_warning_days < self.expiry_critical_days {
            problems.add::<()>(
                &place.key("expiry_warning_days"),
                "must not be less than `expiry_critical_days`, or it never warns; hint: 0 says that none is wanted",
            );
        }
        let judges_times = self.response_time_warning.is_some() || self.response_time_critical.is_some();
        if judges_times && self.history_requests_max == 0 {
            problems.add::<()>(
                &place.key("history_requests_max"),
                "nothing is known of response times without any history; hint: at least 1",
            );
        }
    }
}
