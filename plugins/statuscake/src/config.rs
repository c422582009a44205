//! What an operator writes for the tests of a StatusCake account.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{BaseUrl, OneOrMany, Place, Problems, Secret, response_times};

use crate::test::Test;

/// Mirrors the tests of a StatusCake account, each as a finding of its own.
#[derive(watchkeep_sdk::Config)]
#[config(check = StatusCake::consistent)]
pub struct StatusCake {
    /// A token of StatusCake's API: *Account settings* -> *API keys*.
    pub(crate) token: Secret,
    /// StatusCake's API; this default is granted under `allow`.
    #[config(default = "https://api.statuscake.com/v1", grants = "http")]
    pub(crate) url: BaseUrl,
    /// Which kinds of tests are mirrored.
    #[config(name = "tests", default = "uptime", example = ["uptime", "heartbeat", "ssl"])]
    tests: OneOrMany<Kind>,
    /// Only tests with these tags; tests of certificates have none, and are always taken.
    #[config(default, example = ["production"])]
    pub(crate) tags: OneOrMany<String>,
    /// Whether a test has to bear `all` of the tags, or `any` of them.
    #[config(default = "all")]
    pub(crate) tags_match: Match,
    /// How a paused test shows: as a finding that is `unknown` and judges nothing, or not at all (`left_out`).
    #[config(default = "unknown")]
    pub(crate) paused: Paused,
    /// What it says that there are no such tests at all.
    #[config(default = "unknown")]
    pub(crate) empty: State,
    /// An uptime below this is a warning, in percent, over the span for which StatusCake counts it.
    #[config(min = 0, max = 100, example = 99.9)]
    pub(crate) uptime_warning: Option<f64>,
    /// An uptime below this is critical, in percent.
    #[config(min = 0, max = 100, example = 99)]
    pub(crate) uptime_critical: Option<f64>,
    /// A test that is answered slower than this is a warning: the median of the last five answers.
    pub(crate) response_time_warning: Option<Duration>,
    /// Slower than this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Of how many tests the history is read in each run, those first that were read longest ago; each is a request. 0: none.
    #[config(default = 4, max = 40)]
    pub(crate) history_requests_max: u32,
    /// How long a test's history counts before it is read again.
    #[config(default = "15m")]
    pub(crate) history_refresh: Duration,
    /// Of tests of certificates (`ssl`): warns this many days before one expires; 0: never.
    #[config(default = 14, max = 3650)]
    pub(crate) expiry_warning_days: u32,
    /// Critical this many days before; one that has expired always is.
    #[config(default = 3, max = 3650)]
    pub(crate) expiry_critical_days: u32,
    /// As many tests are findings, the worst first; that there are more is a warning.
    #[config(default = 300, min = 1, max = 450)]
    pub(crate) tests_max: u32,
    /// How long StatusCake has for each answer; never longer than the check's timeout.
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
