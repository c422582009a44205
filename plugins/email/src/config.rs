//! What an operator writes for mail.

use std::time::Duration;

use watchkeep_sdk::config::{OneOrMany, Place, Problems, Secret};
use watchkeep_sdk::mail::{Mailbox, Security, is_hello};
use watchkeep_sdk::wording::is_page;

/// Sends mail through an SMTP server.
#[derive(watchkeep_sdk::Config)]
#[config(check = Email::consistent)]
pub struct Email {
    /// The server, as `host:port`: 587 for submission with STARTTLS, or 465 with TLS from the start.
    #[config(grants = "tcp")]
    pub(crate) server: String,
    /// `starttls` and `tls` send nothing before the certificate is verified; `plaintext` sends everything unencrypted.
    #[config(default = "starttls")]
    pub(crate) security: Security,
    /// The user name for the login.
    pub(crate) user: Option<String>,
    /// The user's password.
    pub(crate) password: Option<Secret>,
    /// Allows the password to be sent without TLS.
    #[config(default = false)]
    pub(crate) plaintext_password: bool,
    /// The sender.
    pub(crate) from: Mailbox,
    /// The recipients. Each of them sees the others.
    #[config(example = "on-call@example.com")]
    pub(crate) to: OneOrMany<Mailbox>,
    /// The host name in EHLO; default: the domain of `from`.
    pub(crate) hello: Option<String>,
    /// For a letter to a subscriber of a status page: the address that ends the subscription. The host sets it, and `to`, for
    /// each subscriber.
    pub(crate) list_unsubscribe: Option<String>,
    /// Timeout for each step until the mail is handed over.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
}

impl Email {
    pub(crate) fn hello(&self) -> &str {
        self.hello.as_deref().unwrap_or_else(|| self.from.domain())
    }

    pub(crate) fn login(&self) -> Option<(&str, &Secret)> {
        self.user.as_deref().zip(self.password.as_ref())
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let mut told = |key: &str, message: &str| {
            problems.add::<()>(&place.key(key), message);
        };
        match (&self.user, &self.password) {
            (Some(_), None) => told("user", "`password` is missing beside `user`"),
            (None, Some(_)) => told("password", "`user` is missing beside `password`"),
            (Some(user), Some(_)) if user.is_empty() || user.contains(char::is_control) => {
                told("user", "a user's name is not empty and has no control characters");
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        if self.security == Security::Plaintext && self.password.is_some() && !self.plaintext_password {
            told(
                "password",
                "without TLS everybody on the way can read it; hint: `security = \"starttls\"`, or `plaintext_password = true`",
            );
        }
        if self.to.0.is_empty() {
            told("to", "has no recipient");
        }
        if self.list_unsubscribe.as_deref().is_some_and(|url| !is_page(url)) {
            told("list_unsubscribe", "is not the address of a page; hint: the host sets it, leave it out");
        }
        if self.hello.as_deref().is_some_and(|name| !is_hello(name)) {
            told("hello", "is not a host name; hint: write one such as `watch.example.com`");
        }
    }
}
