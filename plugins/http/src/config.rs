//! What an operator writes for an HTTP check.

use std::time::Duration;

use watchkeep_sdk::config::{
    Config, Needle, OneOrMany, Place, Problems, Schema, Secret, Size, Table, Value, headers, response_times,
};
use watchkeep_sdk::http::Family;

use crate::assertion::Assertion;
use crate::headers::{Headers, OF_THE_HOST};
use crate::status::StatusRange;

const EXPIRY_WARNING_DAYS: u32 = 14;
const EXPIRY_CRITICAL_DAYS: u32 = 3;

/// Fetches a URL and judges the answer.
#[derive(watchkeep_sdk::Config)]
#[config(check = Http::consistent)]
pub struct Http {
    /// What to fetch.
    #[config(grants = "http", example = "https://example.com/health")]
    pub(crate) url: Url,
    /// The request's method.
    #[config(default = "GET")]
    pub(crate) method: Method,
    /// Headers to send. A secret belongs into `secret_headers`.
    #[config(default)]
    pub(crate) headers: Headers,
    /// The request's body.
    pub(crate) body: Option<String>,
    /// The user agent; the host's own unless it is said.
    pub(crate) user_agent: Option<String>,
    /// User name and password.
    pub(crate) basic: Option<Basic>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// Headers whose values are secrets.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// Status codes that are well: a code, a range such as "200-299", or a list of them.
    #[config(default = ["200-299"])]
    pub(crate) expect_status: OneOrMany<StatusRange>,
    /// Texts that must stand in the answer.
    #[config(default)]
    pub(crate) find: OneOrMany<Needle>,
    /// Texts that must not stand in the answer.
    #[config(default)]
    pub(crate) do_not_find: OneOrMany<Needle>,
    /// What the answer's JSON must say.
    #[config(default)]
    pub(crate) json: Vec<Assertion>,
    /// How much of the answer is read for `find`, `do_not_find` and `json`.
    #[config(default = "1MiB")]
    pub(crate) body_max: Size,
    /// Whether redirects are followed, at most ten; if not, the redirect is the answer.
    #[config(default = true)]
    pub(crate) follow_redirects: bool,
    /// Longer than this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// Longer than this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How long the target has for its answer; never longer than the check's timeout.
    pub(crate) timeout: Option<Duration>,
    /// Warns this many days before a certificate that the trust rests on expires, of any host on the way; 0 never warns. 14
    /// days, and none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_warning_days: Option<u32>,
    /// Critical this many days before; 0 only once it has expired. 3 days, and none with `ignore_certificate`.
    #[config(max = 3650)]
    pub(crate) tls_expiry_critical_days: Option<u32>,
    /// Accepts whatever certificate is shown. Needs the grant `tls_unverified`; no secret is sent.
    #[config(default = false)]
    pub(crate) ignore_certificate: bool,
    /// Shows this certificate to the server: a secret that holds chain and key in PEM.
    pub(crate) client_certificate: Option<Secret>,
    /// Asks the URL's host for another name: in `Host` and in the TLS handshake, whose certificate has to be for it. Needs the
    /// grant `server_name`. A `host` in `headers` does the same.
    #[config(example = "shop.example.com")]
    pub(crate) server_name: Option<ServerName>,
    /// Which addresses of the name are used.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// User name and password for basic authentication.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Basic {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

impl Http {
    /// Whether the judgement needs the answer's body.
    pub(crate) fn reads_body(&self) -> bool {
        !(self.find.0.is_empty() && self.do_not_find.0.is_empty() && self.json.is_empty())
    }

    /// The header by which another site is asked for, if the operator wrote one.
    pub(crate) fn host_header(&self) -> Option<&str> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("host");
        self.headers.0.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// The name in the TLS handshake, where it is not the URL's host.
    pub(crate) fn tls_name(&self) -> Option<&str> {
        let name = self.server_name.as_ref().map(|name| name.0.as_str()).or_else(|| self.host_header())?;
        Some(without_port(name))
    }

    /// From how many days on an end that is near is a warning, and critical; none if nobody asks.
    pub(crate) fn expiry_days(&self) -> Option<(u32, u32)> {
        let asked = (self.tls_expiry_warning_days, self.tls_expiry_critical_days);
        match asked {
            (None, None) if self.ignore_certificate => None,
            (warning, critical) if self.ignore_certificate => {
                Some((warning.unwrap_or(0), critical.unwrap_or(0)))
            }
            (warning, critical) => {
                Some((warning.unwrap_or(EXPIRY_WARNING_DAYS), critical.unwrap_or(EXPIRY_CRITICAL_DAYS)))
            }
        }
    }

    fn headers_are_sent(&self, place: &Place<'_>, problems: &mut Problems) {
        let plain: Vec<_> =
            self.headers.0.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        headers(&plain, &OF_THE_HOST, &place.key("headers"), problems);
        let secret = place.key("secret_headers");
        let secrets: Vec<_> = self.secret_headers.0.iter().map(|(name, _)| (name.as_str(), None)).collect();
        headers(&secrets, &OF_THE_HOST, &secret, problems);
        let has = |wanted: &str| self.headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        for (name, _) in self.secret_headers.0.iter().filter(|(name, _)| has(name)) {
            problems.add::<()>(&secret.key(name), "stands in `headers` as well; hint: keep one of the two");
        }
        if self.bearer.is_some() || self.basic.is_some() {
            let secret =
                self.secret_headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
            if has("authorization") || secret {
                let key = if self.bearer.is_some() { "bearer" } else { "basic" };
                problems.add::<()>(
                    &place.key(key),
                    "and a header `authorization` are the same header; hint: keep one of the two",
                );
            }
        }
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.method.0 == "HEAD" && self.reads_body() {
            problems.add::<()>(
                &place.key("method"),
                "an answer to HEAD has no body; hint: use `GET`, or leave out `find`, `do_not_find` and `json`",
            );
        }
        self.headers_are_sent(place, problems);
        if self.basic.is_some() && self.bearer.is_some() {
            problems
                .add::<()>(&place.key("bearer"), "`basic` and `bearer` are the same header; hint: keep one");
        }
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        let has_credential =
            self.basic.is_some() || self.bearer.is_some() || !self.secret_headers.0.is_empty();
        if self.ignore_certificate && has_credential {
            problems.add::<()>(
                &place.key("ignore_certificate"),
                "no secret travels to a server whose certificate is not checked; hint: leave out one of them",
            );
        }
    }
}

/// A name that a host is asked for, perhaps with a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerName(pub(crate) String);

impl Config for ServerName {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1,"x-watchkeep-needs":"server_name""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let name = String::read(value, place, problems)?;
        let stands_in_none = |c: char| c.is_whitespace() || c.is_control() || "/?#@,".contains(c);
        if name.is_empty() || name.contains(stands_in_none) {
            return problems
                .add(place, format!("`{name}` is no name of a host; hint: write `shop.example.com`"));
        }
        Some(ServerName(name))
    }
}

/// `shop.example.com:8443` without the port; an IPv6 address without its brackets.
fn without_port(name: &str) -> &str {
    if let Some((inner, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inner;
    }
    match name.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => name,
    }
}

/// An absolute URL of HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url(pub(crate) String);

impl Config for Url {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^https?://[^/?#\\s]+[^\\s]*$","x-watchkeep-hint":"write a whole URL, such as `https://example.com/status`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = String::read(value, place, problems)?;
        watchkeep_sdk::config::read_url(url, place, problems).map(Url)
    }
}

/// A method in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Method(pub(crate) &'static str);

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl Config for Method {
    const SCHEMA: Schema =
        Schema::OneOfTexts { json: r#"["GET","HEAD","POST","PUT","PATCH","DELETE","OPTIONS"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let at = watchkeep_sdk::config::one_of(value, place, &METHODS, problems)?;
        Some(Method(METHODS[at]))
    }
}
