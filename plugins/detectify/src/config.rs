//! What an operator writes for a scan profile of Detectify.

use std::time::Duration;

use watchkeep_sdk::config::{BaseUrl, Place, Problems, Secret};

use crate::findings::Severity;

/// Starts scans of an application and reports what they found.
#[derive(watchkeep_sdk::Config)]
#[config(check = Detectify::consistent)]
pub struct Detectify {
    /// The scan profile's token, as shown in the URL of its page.
    #[config(example = "5605b488634efe810dff4276e28ca7f9")]
    pub(crate) profile: String,
    /// An API key from *Team settings* -> *API keys*, with permission to read profiles, scans and findings, and to
    /// start scans if `scan_every` is set.
    pub(crate) key: Secret,
    /// The secret key that belongs to the API key, in base64 as Detectify shows it; every request is signed with it.
    pub(crate) secret_key: Option<Secret>,
    /// Whether the client has paid for scans. If not, Detectify is not queried and no scan is ever started.
    #[config(default = true)]
    pub(crate) entitled: bool,
    /// Why there are no scans if `entitled` is false.
    #[config(default = "the client has no scans")]
    pub(crate) not_entitled_reason: String,
    /// Starts a scan once the last one began this long ago; unless set, this check starts none.
    #[config(example = "30d")]
    pub(crate) scan_every: Option<Duration>,
    /// Reports what would be started, without starting it.
    #[config(default = false)]
    pub(crate) dry_run: bool,
    /// A scan that runs longer than this is a warning.
    #[config(default = "3d")]
    pub(crate) scan_max: Duration,
    /// A last scan that ended longer ago than this is a warning.
    #[config(example = "45d")]
    pub(crate) report_age_warning: Option<Duration>,
    /// Findings of this severity or worse are critical.
    #[config(default = "high")]
    pub(crate) critical_severity: Severity,
    /// Findings of this severity or worse are a warning.
    #[config(default = "medium")]
    pub(crate) warning_severity: Severity,
    /// Findings less severe than this are counted, but not reported one by one.
    #[config(default = "low")]
    pub(crate) least_severity: Severity,
    /// At most this many findings are reported one by one, the worst first; if there are more, the report says so.
    #[config(default = 200, min = 1, max = 900)]
    pub(crate) findings_max: u32,
    /// Detectify's API; the default must be granted under `allow`.
    #[config(default = "https://api.detectify.com/rest", grants = "http")]
    pub(crate) url: BaseUrl,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "20s")]
    pub(crate) timeout: Duration,
}

impl Detectify {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if self.profile.is_empty() || !self.profile.bytes().all(is_token) {
            problems.add::<()>(
                &place.key("profile"),
                "is not a valid token; hint: it stands in the address of the profile's page, 32 letters and digits",
            );
        }
        if self.critical_severity < self.warning_severity {
            problems.add::<()>(
                &place.key("critical_severity"),
                "must not be less severe than `warning_severity`",
            );
        }
        if self.warning_severity < self.least_severity {
            problems.add::<()>(
                &place.key("least_severity"),
                "must not be more severe than `warning_severity`, whose findings would not be told",
            );
        }
        const SCAN_EVERY_MIN: Duration = Duration::from_secs(3_600);
        if self.scan_every.is_some_and(|every| every < SCAN_EVERY_MIN) {
            problems.add::<()>(
                &place.key("scan_every"),
                "at least 1h: a scan takes hours, and one that is under way is not started again",
            );
        }
    }
}
