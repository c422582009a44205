//! What an operator writes for Alertmanager.

use std::time::Duration;

use watchkeep_sdk::config::{OneOrMany, Place, Problems, Secret, read_url};

/// Sends alerts to Alertmanager.
#[derive(watchkeep_sdk::Config)]
#[config(check = Alertmanager::consistent)]
pub struct Alertmanager {
    /// Alertmanager's base URL, including any path prefix; for a cluster, the URLs of all members.
    #[config(grants = "http", example = "http://alertmanager.example.com:9093")]
    pub(crate) url: OneOrMany<String>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// How long an alert lasts in Alertmanager unless it is sent again; must be longer than the route's
    /// `repeat_interval`.
    #[config(default = "24h")]
    pub(crate) lasts: Duration,
    /// How long to wait for each member's answer.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
}

/// User name and password for basic authentication.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Basic {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

impl Alertmanager {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let at = place.key("url");
        if self.url.0.is_empty() {
            problems.add::<()>(&at, "names no Alertmanager");
        }
        for url in &self.url.0 {
            read_url(url.clone(), &at, problems);
        }
        if self.bearer.is_some() && self.basic.is_some() {
            let message = "`basic` and `bearer` are the same header; hint: keep one";
            problems.add::<()>(&place.key("bearer"), message);
        }
    }
}
