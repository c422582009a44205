//! What an operator writes for a mail server.

use std::time::Duration;

use watchkeep_sdk::config::{
    Config, Needle, OneOrMany, Place, Problems, Schema, Secret, ServerName, Value, expiry_days, has_address,
    response_times,
};
use watchkeep_sdk::mail::{Mailbox, Security, is_hello};
use watchkeep_sdk::net::Family;

/// Talks to a mail server up to the login, and can follow a mail to its mailbox.
#[derive(watchkeep_sdk::Config)]
#[config(check = Smtp::consistent)]
pub struct Smtp {
    /// Where to connect, as `host:port`: 25 accepts mail from other servers, 587 and 465 from users.
    #[config(grants = "tcp", example = "mail.example.com:587")]
    pub(crate) address: String,
    /// With `starttls`, a server that does not offer it is critical; `tls` begins with the handshake; `plaintext` uses
    /// no TLS.
    #[config(default = "starttls")]
    pub(crate) security: Security,
    /// The name that the check gives in EHLO; default: the domain of `delivery.from`, else `watchkeep`.
    #[config(example = "watch.example.com")]
    pub(crate) hello: Option<String>,
    /// Texts that the greeting must contain.
    #[config(default, example = ["mail.example.com ESMTP"])]
    pub(crate) expect: OneOrMany<Needle>,
    /// Capabilities that the server must offer in the end, after STARTTLS if it is used; `AUTH PLAIN` requires that
    /// parameter too.
    #[config(default, example = ["SIZE", "8BITMIME", "AUTH PLAIN"])]
    pub(crate) expect_capabilities: OneOrMany<Capability>,
    /// Capabilities that the server must not offer in the end.
    #[config(default, example = ["VRFY"])]
    pub(crate) do_not_expect_capabilities: OneOrMany<Capability>,
    /// Capabilities that the server must not offer before STARTTLS, where anyone on the network path can read a login.
    #[config(default, example = ["AUTH"])]
    pub(crate) do_not_expect_before_tls: OneOrMany<Capability>,
    /// The user name for a login over verified TLS; default: no login.
    #[config(example = "watch@example.com")]
    pub(crate) user: Option<String>,
    /// The user's password, bound to `address`.
    pub(crate) password: Option<Secret>,
    /// Warns this many days before a certificate in the chain of trust expires; 0 never warns. Default: 14 days, or
    /// none with `ignore_certificate`.
    #[config(max = 3650, example = 14)]
    pub(crate) expiry_warning_days: Option<u32>,
    /// Critical this many days before a certificate expires; 0: only once it has expired. Default: 3 days, or none with
    /// `ignore_certificate`.
    #[config(max = 3650, example = 3)]
    pub(crate) expiry_critical_days: Option<u32>,
    /// The name sent in the TLS handshake; default: the host of `address`. Needs the grant `server_name`.
    #[config(example = "mail.example.com")]
    pub(crate) server_name: Option<ServerName>,
    /// Accepts any certificate. Needs the grant `tls_unverified`; there is no login then.
    #[config(default = false)]
    pub(crate) ignore_certificate: bool,
    /// A time above this, from connecting to the last answer before a delivery, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for connecting and for each answer, in `delivery` too; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
    /// Sends a mail to a mailbox that only this check uses and looks for it there. Without this, no mail is sent.
    pub(crate) delivery: Option<Delivery>,
}

/// A mail that is sent to a mailbox, found there by its token, and deleted.
#[derive(watchkeep_sdk::Config)]
#[config(check = Delivery::consistent)]
pub(crate) struct Delivery {
    /// The sender.
    #[config(example = "watch@example.com")]
    pub(crate) from: Mailbox,
    /// The mailbox's address; nobody else may use it.
    #[config(example = "watch-test@example.com")]
    pub(crate) to: Mailbox,
    /// The mailbox's IMAP server, as `host:port`.
    #[config(grants = "tcp", example = "imap.example.com:993")]
    pub(crate) imap: String,
    /// `tls` or `starttls`.
    #[config(default = "tls")]
    pub(crate) imap_security: Security,
    /// The user name for the IMAP login.
    #[config(example = "watch-test@example.com")]
    pub(crate) user: String,
    /// The IMAP user's password, bound to `imap`.
    pub(crate) password: Secret,
    /// The folder in which mails arrive.
    #[config(default = "INBOX")]
    pub(crate) mailbox: String,
    /// At most one mail is sent in this time, and none while one is on its way.
    #[config(default = "5m")]
    pub(crate) every: Duration,
    /// How long the run that sends a mail waits for it; later runs look for it too. Requires IDLE on the mailbox's
    /// server.
    #[config(default = "10s")]
    pub(crate) wait: Duration,
    /// A mail that takes longer than this is a warning.
    #[config(default = "1m")]
    pub(crate) warning: Duration,
    /// A mail that has not arrived after this time is critical, until a later one arrives.
    #[config(default = "10m")]
    pub(crate) critical: Duration,
}

/// A keyword of the answer to EHLO, perhaps with one of its parameters, in capitals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Capability(String);

impl Capability {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether one of these lines offers it.
    pub(crate) fn is_in(&self, lines: &[String]) -> bool {
        let (keyword, parameters) = self.0.split_once(' ').unwrap_or((&self.0, ""));
        lines.iter().any(|line| {
            let mut words = line.split([' ', '=']);
            let is_it = words.next() == Some(keyword);
            is_it
                && parameters
                    .split(' ')
                    .all(|wanted| wanted.is_empty() || words.clone().any(|word| word == wanted))
        })
    }
}

impl Config for Capability {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1,"pattern":"^[!-~]+( [!-~]+)*$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        if !text.split(' ').all(is_word) {
            let message =
                format!("`{text}` is nothing that a server offers; hint: write `SIZE` or `AUTH PLAIN`");
            return problems.add(place, message);
        }
        Some(Capability(text.to_ascii_uppercase()))
    }
}

const BOTH: &str =
    "no password travels to a server whose certificate is not checked; hint: leave out one of them";

impl Smtp {
    pub(crate) fn hello(&self) -> &str {
        let of_delivery = self.delivery.as_ref().map(|delivery| delivery.from.domain());
        self.hello.as_deref().or(of_delivery).unwrap_or("watchkeep")
    }

    pub(crate) fn login(&self) -> Option<(&str, &Secret)> {
        self.user.as_deref().zip(self.password.as_ref())
    }

    /// Days before the end for a warning and for critical; none where nobody asks.
    pub(crate) fn expiry_days(&self) -> Option<(u32, u32)> {
        expiry_days(self.expiry_warning_days, self.expiry_critical_days, self.ignore_certificate)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.address, self.ip_family, place, problems);
        let mut told = |key: &str, message: &str| {
            problems.add::<()>(&place.key(key), message);
        };
        match (&self.user, &self.password) {
            (Some(_), None) => told("user", "`password` is missing beside `user`"),
            (None, Some(_)) => told("password", "`user` is missing beside `password`"),
            (Some(user), Some(_)) if !is_user(user) => told("user", NO_USER),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if self.security == Security::Plaintext {
            for (is_set, key) in [
                (self.user.is_some(), "user"),
                (self.expiry_warning_days.is_some(), "expiry_warning_days"),
                (self.expiry_critical_days.is_some(), "expiry_critical_days"),
                (self.server_name.is_some(), "server_name"),
                (self.ignore_certificate, "ignore_certificate"),
            ] {
                if is_set {
                    told(key, "there is no TLS here; hint: `security = \"starttls\"`, or `\"tls\"`");
                }
            }
        }
        if self.security != Security::Starttls && !self.do_not_expect_before_tls.0.is_empty() {
            told("do_not_expect_before_tls", "nothing is asked before TLS; hint: `security = \"starttls\"`");
        }
        if self.ignore_certificate && self.user.is_some() {
            told("ignore_certificate", BOTH);
        }
        if let Some((warning, critical)) = self.expiry_days()
            && warning != 0
            && warning < critical
        {
            told(
                "expiry_warning_days",
                "must not be less than `expiry_critical_days`, or it never warns; hint: 0 says that none is wanted",
            );
        }
        if self.hello.as_deref().is_some_and(|name| !is_hello(name)) {
            told("hello", "is not a host name; hint: write one such as `watch.example.com`");
        }
    }
}

const NO_USER: &str = "a user's name is not empty and has no control characters";

fn is_user(user: &str) -> bool {
    !user.is_empty() && !user.contains(char::is_control)
}

impl Delivery {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let mut told = |key: &str, message: &str| {
            problems.add::<()>(&place.key(key), message);
        };
        if self.imap_security == Security::Plaintext {
            told("imap_security", "no password travels without TLS; hint: `\"tls\"` or `\"starttls\"`");
        }
        if !is_user(&self.user) {
            told("user", NO_USER);
        }
        if self.mailbox.is_empty() || !self.mailbox.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            told(
                "mailbox",
                "is not a valid folder name; hint: ASCII alone, as IMAP writes it: `INBOX`, `Entw&APw-rfe`",
            );
        }
        if self.critical < self.warning {
            told("critical", "must not be less than `warning`");
        }
    }
}
