//! What an operator writes for a webhook.

use watchkeep_sdk::config::{Place, Problems, Secret, Table};
use watchkeep_sdk::http;

/// Posts each notification as JSON.
#[derive(watchkeep_sdk::Config)]
#[config(check = Webhook::consistent)]
pub struct Webhook {
    /// Where to post to. Either this or `secret_url`.
    #[config(grants = "http", example = "https://example.com/hooks/watchkeep")]
    url: Option<String>,
    /// Where to post to, if the URL itself is a secret.
    secret_url: Option<Secret>,
    /// Watchkeep's own form, or that of Alertmanager's webhook (version 4).
    #[config(default = "json")]
    pub(crate) format: Format,
    /// Headers to send. A secret belongs into `secret_headers`.
    #[config(default)]
    pub(crate) headers: Table<String>,
    /// Headers whose values are secrets.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
}

/// The form of what is posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Format {
    Json,
    Alertmanager,
}

/// User name and password for basic authentication.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Basic {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

impl Webhook {
    /// To where it goes.
    pub(crate) fn request(&self) -> http::Request {
        match (&self.url, &self.secret_url) {
            (_, Some(secret)) => http::to_secret("POST", secret),
            // A config with neither was refused when it was read.
            (url, None) => http::post(url.as_deref().unwrap_or_default()),
        }
    }
    /// Whether the operator says the value of this header.
    pub(crate) fn sets(&self, header: &str) -> bool {
        let literal = self.headers.0.iter().map(|(name, _)| name);
        let secret = self.secret_headers.0.iter().map(|(name, _)| name);
        literal.chain(secret).any(|name| name.eq_ignore_ascii_case(header))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        match (&self.url, &self.secret_url) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => {
                problems.add::<()>(
                    place,
                    "says not where to post to; hint: set `url`, or `secret_url` if the URL is a secret",
                );
            }
            (Some(_), Some(_)) => {
                problems.add::<()>(
                    &place.key("secret_url"),
                    "`url` and `secret_url` are both set; hint: keep one",
                );
            }
        }
        let authorizations = [self.basic.is_some(), self.bearer.is_some(), self.sets("authorization")];
        if authorizations.into_iter().filter(|set| *set).count() > 1 {
            let key = if self.bearer.is_some() { "bearer" } else { "basic" };
            problems.add::<()>(
                &place.key(key),
                "`basic`, `bearer` and a header `authorization` are the same header; hint: keep one",
            );
        }
    }
}
