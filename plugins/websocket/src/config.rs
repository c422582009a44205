//! What an operator writes for a WebSocket.

use std::time::Duration;

use watchkeep_sdk::config::{
    Config, Needle, OneOrMany, Pattern, Place, Problems, Schema, Secret, Table, TlsPeer, Value, headers,
    response_times,
};
use watchkeep_sdk::net::{Family, TlsOptions};

use crate::url::{Protection, Url};

/// They frame the request, or are made by the check itself.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

/// Opens a WebSocket and compares the messages received with what is expected.
#[derive(watchkeep_sdk::Config)]
#[config(check = WebSocket::consistent)]
pub struct WebSocket {
    /// The URL to open: `wss://` uses TLS, `ws://` does not.
    #[config(grants = "tcp", example = "wss://chat.example.com/room")]
    pub(crate) url: Url,
    /// Headers to send with the request. Put secrets in `secret_headers`.
    #[config(default)]
    pub(crate) headers: Table<String>,
    /// Headers whose values are secrets, which must be bound to `tcp://HOST:PORT`.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// The origin of the page for which a browser would open it: many servers accept only their own.
    #[config(example = "https://chat.example.com")]
    pub(crate) origin: Option<String>,
    /// Subprotocols to offer, of which the server must choose one.
    #[config(default, example = ["graphql-transport-ws"])]
    pub(crate) subprotocols: OneOrMany<Token>,
    /// Sent as a text message once the WebSocket is open.
    #[config(example = "{\"type\":\"ping\"}")]
    pub(crate) send: Option<String>,
    /// Texts that must then be received, in this order, each in its own message. Other messages may come in between.
    #[config(default, example = ["\"pong\""])]
    pub(crate) expect: OneOrMany<Needle>,
    /// A longer conversation, instead of `send` and `expect`.
    #[config(default)]
    pub(crate) talk: Vec<Step>,
    /// Sends a ping, which every server must answer.
    #[config(default = true)]
    pub(crate) ping: bool,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// Warns this many days before a certificate in the chain of trust expires; 0 never warns.
    #[config(default = 14, max = 3650)]
    pub(crate) expiry_warning_days: u32,
    /// Critical this many days before a certificate expires; 0: only once it has expired.
    #[config(default = 3, max = 3650)]
    pub(crate) expiry_critical_days: u32,
    /// A time above this, from connecting until the WebSocket is open, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for connecting, the handshake, the answer to the request and each step; never longer than the check's
    /// timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// User name and password.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Basic {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

/// One step of a conversation: exactly one of `send`, `send_hex`, `expect` and `expect_pattern`.
#[derive(watchkeep_sdk::Config)]
#[config(check = Step::consistent)]
pub(crate) struct Step {
    /// Sent as a text message.
    #[config(example = "{\"type\":\"subscribe\"}")]
    pub(crate) send: Option<String>,
    /// Sent as a binary message, written in hexadecimal.
    #[config(example = "0a0b0c")]
    pub(crate) send_hex: Option<Hex>,
    /// A text that a received message must contain.
    #[config(example = "\"subscribed\"")]
    pub(crate) expect: Option<Needle>,
    /// A regular expression that a received message must match.
    #[config(example = "\"price\":[0-9.]+")]
    pub(crate) expect_pattern: Option<Pattern>,
}

impl WebSocket {
    pub(crate) fn tls_options(&self) -> TlsOptions {
        // What a server might choose instead has no upgrade.
        self.peer.options().alpn("http/1.1")
    }

    fn has_credential(&self) -> bool {
        self.bearer.is_some() || self.basic.is_some() || !self.secret_headers.0.is_empty()
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        self.headers_are_sent(place, problems);
        let is_short = self.send.is_some() || !self.expect.0.is_empty();
        if is_short && !self.talk.is_empty() {
            problems.add::<()>(
                &place.key("talk"),
                "replaces `send` and `expect`; hint: make steps of them as well",
            );
        }
        let is_clear = self.url.protection == Protection::Clear;
        // A name is asked for without TLS as well.
        for key in self.peer.said().filter(|key| is_clear && *key != "server_name") {
            problems
                .add::<()>(&place.key(key), "there is no TLS here; hint: the URL would begin with `wss://`");
        }
        self.peer.keeps_secrets(self.has_credential(), place, problems);
        if self.expiry_warning_days != 0 && self.expiry_warning_days < self.expiry_critical_days {
            problems.add::<()>(
                &place.key("expiry_warning_days"),
                "must not be less than `expiry_critical_days`, or it never warns; hint: 0 says that none is wanted",
            );
        }
    }

    fn headers_are_sent(&self, place: &Place<'_>, problems: &mut Problems) {
        let mut all: Vec<(&str, Option<&str>)> = Vec::new();
        for (name, value) in &self.headers.0 {
            all.push((name, Some(value)));
        }
        for (name, _) in &self.secret_headers.0 {
            all.push((name, None));
        }
        let (plain, secret) = all.split_at(self.headers.0.len());
        headers(plain, &OWN_HEADERS, &place.key("headers"), problems);
        headers(secret, &OWN_HEADERS, &place.key("secret_headers"), problems);
        let has = |wanted: &str| all.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).count();
        for (name, _) in self.secret_headers.0.iter().filter(|(name, _)| has(name) > 1) {
            problems.add::<()>(
                &place.key("secret_headers").key(name),
                "is in `headers` too; hint: keep one of the two",
            );
        }
        let logins =
            has("authorization") + usize::from(self.bearer.is_some()) + usize::from(self.basic.is_some());
        if logins > 1 {
            let key = if self.bearer.is_some() { "bearer" } else { "basic" };
            problems.add::<()>(
                &place.key(key),
                "`basic`, `bearer` and a header `authorization` are the same header; hint: keep one",
            );
        }
        if let Some(origin) = &self.origin {
            headers(&[("origin", Some(origin.as_str()))], &[], place, problems);
        }
        if self.origin.is_some() && has("origin") > 0 {
            problems.add::<()>(&place.key("origin"), "is in `headers` too; hint: keep one of the two");
        }
        if let Some(basic) = self.basic.as_ref().filter(|basic| basic.user.contains(':')) {
            let message =
                format!("`{}` has a colon, which ends a user's name; hint: take it out", basic.user);
            problems.add::<()>(&place.key("basic").key("user"), message);
        }
    }
}

impl Step {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let given = [
            self.send.is_some(),
            self.send_hex.is_some(),
            self.expect.is_some(),
            self.expect_pattern.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            problems.add::<()>(place, "a step is one of `send`, `send_hex`, `expect` and `expect_pattern`");
        }
    }
}

/// The name of a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token(pub(crate) String);

impl Config for Token {
    const SCHEMA: Schema = <Needle as Config>::SCHEMA;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_token) {
            return problems.add(
                place,
                format!("`{text}` is not a valid protocol name; hint: it has letters, digits, `-` and `.`, without blanks"),
            );
        }
        Some(Token(text))
    }
}

/// Bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Config for Hex {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^([0-9a-fA-F]{2})*$","x-watchkeep-hint":"write two digits for each byte: `0a0b0c`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let mut bytes = Vec::new();
        for pair in text.as_bytes().chunks(2) {
            let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                return problems
                    .add(place, "has two hexadecimal digits for each byte; hint: write it as `0a0b0c`");
            };
            bytes.push((high << 4 | low) as u8);
        }
        Some(Hex(bytes))
    }
}
