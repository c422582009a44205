//! What an operator writes for a TCP port.

use std::time::Duration;

use watchkeep_sdk::config::{
    Needle, OneOrMany, Pattern, Place, Problems, Secret, TlsPeer, has_address, response_times,
};
use watchkeep_sdk::net::Family;

/// Stands for the secret in what is sent.
pub(crate) const SECRET: &str = "{secret}";

/// Opens a TCP port and compares what is received with what is expected.
#[derive(watchkeep_sdk::Config)]
#[config(check = Tcp::consistent)]
pub struct Tcp {
    /// Where to connect, as `host:port`.
    #[config(grants = "tcp", example = "redis.example.com:6379")]
    pub(crate) address: String,
    /// Sent once the port is open. Write line ends explicitly: `"PING\r\n"`.
    #[config(example = "PING\r\n")]
    pub(crate) send: Option<String>,
    /// Texts that must then be received, in this order.
    #[config(default, example = ["+PONG"])]
    pub(crate) expect: OneOrMany<Needle>,
    /// A longer conversation, instead of `send` and `expect`.
    #[config(default)]
    pub(crate) talk: Vec<Step>,
    /// The port must be closed; an open one is critical. No answer at all counts as closed, a name that is not found
    /// does not.
    #[config(default = false)]
    pub(crate) expect_closed: bool,
    /// Starts TLS immediately; the check `tls` inspects certificates in more detail.
    #[config(default = false)]
    pub(crate) tls: bool,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// A time above this, until the port is open, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for opening the port and for each step; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// One step of a conversation: exactly one of `send`, `expect`, `expect_pattern` and `starttls`.
#[derive(watchkeep_sdk::Config)]
#[config(check = Step::consistent)]
pub(crate) struct Step {
    /// Sent to the server. `{secret}` stands for the secret that `secret` names.
    #[config(example = "AUTH {secret}\r\n")]
    pub(crate) send: Option<String>,
    /// The secret that replaces `{secret}`; it must be bound to the address.
    pub(crate) secret: Option<Secret>,
    /// A text that must be received.
    #[config(example = "220 ")]
    pub(crate) expect: Option<Needle>,
    /// A regular expression that the received data must match; `^` is where the last step ended.
    #[config(example = "^220[ -]")]
    pub(crate) expect_pattern: Option<Pattern>,
    /// Continues under TLS.
    pub(crate) starttls: Option<bool>,
}

impl Tcp {
    /// Whether a handshake is made at all.
    fn speaks_tls(&self) -> bool {
        self.tls || self.talk.iter().any(|step| step.starttls == Some(true))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.address, self.ip_family, place, problems);
        let is_short = self.send.is_some() || !self.expect.0.is_empty();
        if is_short && !self.talk.is_empty() {
            problems.add::<()>(
                &place.key("talk"),
                "replaces `send` and `expect`; hint: make steps of them as well",
            );
        }
        if self.expect_closed && (is_short || !self.talk.is_empty() || self.tls) {
            problems.add::<()>(
                &place.key("expect_closed"),
                "nothing is said on a port that is closed; hint: leave out what is sent and expected, and `tls`",
            );
        }
        if self.tls && self.talk.iter().any(|step| step.starttls == Some(true)) {
            problems.add::<()>(&place.key("tls"), "TLS begins once: at once, or by a step `starttls`");
        }
        for key in self.peer.said().filter(|_| !self.speaks_tls()) {
            problems.add::<()>(&place.key(key), "there is no TLS here; hint: add `tls = true`");
        }
        self.peer.keeps_secrets(self.talk.iter().any(|step| step.secret.is_some()), place, problems);
    }
}

impl Step {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let given = [
            self.send.is_some(),
            self.expect.is_some(),
            self.expect_pattern.is_some(),
            self.starttls == Some(true),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            problems.add::<()>(
                place,
                "a step is one of `send`, `expect`, `expect_pattern` and `starttls = true`",
            );
        }
        let places = self.send.as_ref().map_or(0, |send| send.matches(SECRET).count());
        match (&self.secret, places) {
            (Some(_), 1) | (None, 0) => {}
            (Some(_), _) => {
                problems.add::<()>(
                    &place.key("secret"),
                    "`send` has to have `{secret}` once, where the secret goes",
                );
            }
            (None, _) => {
                problems.add::<()>(
                    &place.key("send"),
                    "`{secret}` stands for a secret; hint: name it with `secret = { secret = \"NAME\" }`",
                );
            }
        }
    }
}
