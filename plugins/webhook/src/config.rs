//! What an operator writes for a webhook.

use std::time::Duration;

use watchkeep_sdk::config::{Endpoint, Place, Problems, Secret, Table};

/// Posts JSON to a URL.
#[derive(watchkeep_sdk::Config)]
#[config(check = Webhook::consistent)]
pub struct Webhook {
    /// Where to post: a URL, or a secret that is one.
    #[config(grants = "http")]
    pub(crate) url: Endpoint,
    /// The JSON's shape.
    #[config(default = "generic")]
    pub(crate) format: Format,
    /// The request's method.
    #[config(default = "post")]
    pub(crate) method: Method,
    /// Further headers. A secret belongs into `secret_headers`.
    #[config(default)]
    pub(crate) headers: Table<String>,
    /// Headers whose values are secrets.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// How long the receiver has for its answer.
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

#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Format {
    Generic,
    AlertmanagerV4,
}

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
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.basic.is_some() && self.bearer.is_some() {
            problems
                .add::<()>(&place.key("bearer"), "`basic` and `bearer` are the same header; hint: keep one");
        }
    }
}
