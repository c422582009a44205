//! What an operator writes for a webhook.

use std::time::Duration;

use watchkeep_sdk::config::{Endpoint, Place, Problems, Secret, Table};

/// Posts each notification as JSON.
#[derive(watchkeep_sdk::Config)]
#[config(check = Webhook::consistent)]
pub struct Webhook {
    /// Where to post: a URL, or a secret that holds one.
    #[config(grants = "http")]
    pub(crate) url: Endpoint,
    /// Watchkeep's own format, or that of Alertmanager's webhook (version 4).
    #[config(default = "json")]
    pub(crate) format: Format,
    /// The request's method.
    #[config(default = "post")]
    pub(crate) method: Method,
    /// Further headers. Put secrets in `secret_headers`.
    #[config(default)]
    pub(crate) headers: Table<String>,
    /// Headers whose values are secrets.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// Signs the body, so that the receiver can verify the sender.
    pub(crate) signature: Option<Signature>,
    /// How long to wait for the answer.
    #[config(default = "10s")]
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

/// A digest of the body, keyed with a secret that the receiver also knows: `sha256=` and 64 hexadecimal digits.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Signature {
    /// The HMAC-SHA256 key.
    pub(crate) key: Secret,
    /// The header that carries the signature.
    #[config(default = "x-hub-signature-256")]
    pub(crate) header: String,
}

/// The format of the posted body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Format {
    Json,
    Alertmanager,
}

/// The HTTP method.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Method {
    Post,
    Put,
}

impl Method {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Method::Post => "POST",
            Method::Put => "PUT",
        }
    }
}

impl Webhook {
    /// Whether the operator says the value of this header.
    pub(crate) fn sets(&self, header: &str) -> bool {
        let literal = self.headers.0.iter().map(|(name, _)| name);
        let secret = self.secret_headers.0.iter().map(|(name, _)| name);
        literal.chain(secret).any(|name| name.eq_ignore_ascii_case(header))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
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
