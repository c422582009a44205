//! What an operator writes for a query.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{BaseUrl, OneOrMany, Place, Problems, Secret, Table, limits};

/// Queries a Prometheus server and compares the answer with thresholds.
#[derive(watchkeep_sdk::Config)]
#[config(check = Prometheus::consistent)]
pub struct Prometheus {
    /// The server's URL, including any path before `/api/v1`.
    #[config(grants = "http", example = "https://prometheus.example.com")]
    pub(crate) url: BaseUrl,
    /// The query, in PromQL.
    #[config(non_empty, example = "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))")]
    pub(crate) query: String,
    /// A value above this is a warning.
    pub(crate) warning_above: Option<f64>,
    /// A value below this is a warning.
    pub(crate) warning_below: Option<f64>,
    /// A value above this is critical.
    pub(crate) critical_above: Option<f64>,
    /// A value below this is critical.
    pub(crate) critical_below: Option<f64>,
    /// The state if the answer has no series: `ok` for a query that finds problems, `critical` if something must exist.
    #[config(default = "unknown")]
    pub(crate) empty: State,
    /// The state if the answer is incomplete, as Thanos and Mimir report in their warnings. These are in the details in
    /// any case.
    #[config(default = "ok")]
    pub(crate) partial: State,
    /// Labels that identify a series: they form the finding's key. Default: all of them.
    #[config(default, example = ["job", "instance"])]
    pub(crate) key_labels: OneOrMany<String>,
    /// The unit of the values, for display: `seconds`, `bytes`, `ratio`.
    #[config(default = "", example = "seconds")]
    pub(crate) unit: String,
    /// At most this many series become findings, the worst first; more of them is a warning.
    #[config(default = 500, min = 1, max = 900)]
    pub(crate) series_max: u32,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// Headers to send, such as `X-Scope-OrgID`.
    #[config(default)]
    pub(crate) headers: Table<String>,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "30s")]
    pub(crate) timeout: Duration,
}

/// User name and password.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Basic {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

impl Prometheus {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let (above, below) =
            ((self.warning_above, self.critical_above), (self.warning_below, self.critical_below));
        if [above.0, above.1, below.0, below.1].iter().all(Option::is_none) && self.empty == State::Unknown {
            problems.add::<()>(
                place,
                "nothing that this query answers would be wrong; hint: add a threshold such as `critical_above = 0`, \
                 or say what an `empty` answer means",
            );
        }
        limits(above, below, place, problems);
        let is_unit = |byte: u8| byte.is_ascii_alphanumeric() || b"_%/".contains(&byte);
        if self.unit.len() > 32 || !self.unit.bytes().all(is_unit) {
            problems
                .add::<()>(&place.key("unit"), "is not a unit; hint: write one such as `seconds` or `bytes`");
        }
        if self.basic.is_some() && self.bearer.is_some() {
            problems
                .add::<()>(&place.key("bearer"), "`basic` and `bearer` are the same header; hint: keep one");
        }
    }
}
