//! A request that acts: what an operator writes for it, and what its answer means.

use std::time::Duration;

use super::{Notation, Occasion, Template, Unable, UrlTemplate};
use crate::config::{
    FRAMING_HEADERS, Login, Method, OneOrMany, Place, Problems, Secret, StatusRange, Table, TlsPeer, headers,
};
use crate::ending::Fault;
use crate::http::{self, Ending, Exchange, Extras, Failure, FailureKind, Response};
use crate::report::clipped;

const BODY_BYTES_MAX: u64 = 16 << 10;

/// A request by which something is repaired. A config holds it by `#[config(flatten)]`, or in a table of its own.
#[derive(watchkeep_sdk::Config)]
#[config(check = HttpCall::consistent)]
pub struct HttpCall {
    /// The URL to call. `{check}`, `{finding}`, `{summary}`, `{id}` and `{label.NAME}` in its path or query are replaced, and
    /// escaped.
    #[config(grants = "http", example = "https://deploy.example.com/services/{finding}/restart")]
    pub url: UrlTemplate,
    /// The request's method.
    #[config(default = "POST")]
    pub method: Method,
    /// Headers to send. Put secrets in `secret_headers`.
    #[config(default)]
    pub headers: Table<String>,
    /// Headers whose values are secrets.
    #[config(default)]
    pub secret_headers: Table<Secret>,
    /// Parameters of the query whose values are secrets.
    #[config(default)]
    pub secret_query: Table<Secret>,
    /// The request's body, with the same placeholders; they are escaped for JSON, XML or a form, whichever the body is.
    #[config(example = "{\"service\": \"{finding}\", \"reason\": \"{summary}\"}")]
    pub body: Option<Template>,
    /// Basic authentication.
    pub basic: Option<Login>,
    /// Digest authentication.
    pub digest: Option<Login>,
    /// A bearer token.
    pub bearer: Option<Secret>,
    /// The header that carries the key of this decision, so that a service that knows such keys acts once; empty for none.
    #[config(default = "Idempotency-Key")]
    pub idempotency_header: String,
    /// Statuses that say that it was done: a code, a range such as "200-299", or a list of them.
    #[config(default = ["200-299"])]
    pub expect_status: OneOrMany<StatusRange>,
    /// How long to wait for the answer; never longer than the action's timeout.
    pub timeout: Option<Duration>,
    #[config(flatten)]
    pub peer: TlsPeer,
}

/// An answer that was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    pub status: u16,
    /// The beginning of its body, on one line; empty if there is none.
    pub said: String,
}

impl HttpCall {
    /// `POST https://deploy.example.com/services/web/restart`.
    pub fn target(&self, occasion: &Occasion) -> Result<String, Unable> {
        Ok(format!("{} {}", self.method.as_str(), self.url.filled(occasion)?))
    }

    /// Sends it, and says what came of it: nothing was done, or something may have been.
    pub fn send(&self, occasion: &Occasion) -> Result<Answered, Unable> {
        let url = self.url.filled(occasion)?;
        let mut request =
            http::request(self.method.as_str(), url).redirects_max(0).body_bytes_max(BODY_BYTES_MAX);
        if !self.sets("content-type")
            && let Some(kind) = self.body.as_ref().and_then(|body| kind_of(body.as_str()))
        {
            request = request.header("content-type", kind);
        }
        for (name, value) in &self.headers.0 {
            request = request.header(name, value);
        }
        if !self.idempotency_header.is_empty() && !self.sets(&self.idempotency_header) {
            request = request.header(&self.idempotency_header, &occasion.id);
        }
        if let Some(body) = &self.body {
            request = request.body(body.filled(occasion, self.notation(body))?);
        }
        for (name, secret) in &self.secret_headers.0 {
            request = request.secret_header(name, secret);
        }
        for (name, secret) in &self.secret_query.0 {
            request = request.secret_query(name, secret);
        }
        if let Some(basic) = &self.basic {
            request = request.basic(&basic.user, &basic.password);
        }
        if let Some(bearer) = &self.bearer {
            request = request.bearer(bearer);
        }
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        if self.peer.said().next().is_some() {
            request = request.tls_options(self.peer.options());
        }
        let mut extras = Extras::default();
        if let Some(digest) = &self.digest {
            extras = extras.digest(&digest.user, &digest.password);
        }
        self.judged(&request.fetch_with(&extras).exchange)
    }

    fn judged(&self, exchange: &Exchange) -> Result<Answered, Unable> {
        let response = match &exchange.ending {
            Ending::Unanswered(failure) => return Err(Unable(unanswered(failure))),
            // The status is certain, whatever became of the body.
            Ending::Whole(response) => response,
            Ending::Cut(incomplete) | Ending::Stopped(incomplete) => &incomplete.response,
        };
        let said = clipped(&response.text().split_whitespace().collect::<Vec<_>>().join(" "));
        match self.expect_status.0.iter().any(|range| range.contains(response.status)) {
            true => Ok(Answered { status: response.status, said }),
            false => Err(Unable(self.refused(response, &said))),
        }
    }

    fn refused(&self, response: &Response, said: &str) -> Fault {
        let status = response.status;
        let quoted = if said.is_empty() { String::new() } else { format!(": `{said}`") };
        let answers = format!("the service answers {status}{quoted}");
        match status {
            300..=399 => {
                let to = response.header("location").map(clipped).unwrap_or_default();
                Fault::config(format!(
                    "{answers} and redirects to `{to}`, which is not followed; hint: write that `url`"
                ))
            }
            401 => Fault::config(format!(
                "{answers}: the login is refused; nothing was done{}",
                self.login_hint(response)
            )),
            403 => Fault::config(format!(
                "{answers}: this is not allowed to whom it logs in as; nothing was done"
            )),
            404 | 410 => Fault::config(format!(
                "{answers}: there is no such thing; nothing was done; hint: is the `url` right?"
            )),
            405 => Fault::config(format!(
                "{answers}: it does not take {}; hint: change `method`",
                self.method.as_str()
            )),
            408 | 425 | 429 => {
                Fault::inconclusive(format!("{answers}: it takes no more requests now; nothing was done"))
            }
            400..=499 => {
                Fault::inconclusive(format!("{answers}: it does not accept the request; nothing was done"))
            }
            500..=599 => Fault::inconclusive(format!("{answers}: it failed, and may have acted")),
            _ => {
                Fault::inconclusive(format!("{answers}, which is not in `expect_status`; it may have acted"))
            }
        }
    }

    fn login_hint(&self, response: &Response) -> &'static str {
        let asks = response.header("www-authenticate").unwrap_or_default().to_ascii_lowercase();
        let has_login = self.basic.is_some() || self.bearer.is_some() || self.digest.is_some();
        match (has_login, &*asks) {
            (true, asks) if asks.starts_with("digest") && self.digest.is_none() => {
                "; hint: it asks for `digest`"
            }
            (true, asks) if asks.starts_with("basic") && self.basic.is_none() => {
                "; hint: it asks for `basic`"
            }
            (true, _) => "; hint: is the secret still valid?",
            (false, _) => "; hint: give `basic`, `digest` or `bearer`",
        }
    }

    fn notation(&self, body: &Template) -> Notation {
        let kind = self.header("content-type").map_or_else(|| kind_of(body.as_str()), Some);
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if kind.contains("json") {
            Notation::Json
        } else if kind.contains("xml") {
            Notation::Xml
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            Notation::Percent
        } else {
            Notation::Plain
        }
    }

    fn header(&self, wanted: &str) -> Option<&str> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
        self.headers.0.iter().find(named).map(|(_, value)| value.as_str())
    }
    fn sets(&self, wanted: &str) -> bool {
        self.header(wanted).is_some()
            || self.secret_headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let plain: Vec<_> =
            self.headers.0.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        headers(&plain, &FRAMING_HEADERS, &place.key("headers"), problems);
        let secret = place.key("secret_headers");
        let names: Vec<_> = self.secret_headers.0.iter().map(|(name, _)| (name.as_str(), None)).collect();
        headers(&names, &FRAMING_HEADERS, &secret, problems);
        for (name, _) in self.secret_headers.0.iter().filter(|(name, _)| self.header(name).is_some()) {
            problems.add::<()>(&secret.key(name), "is in `headers` too; hint: keep one of the two");
        }
        if !self.idempotency_header.is_empty() {
            let own = [(self.idempotency_header.as_str(), None)];
            headers(&own, &FRAMING_HEADERS, &place.key("idempotency_header"), problems);
        }
        let logins = [
            (self.bearer.is_some(), "bearer"),
            (self.basic.is_some(), "basic"),
            (self.digest.is_some(), "digest"),
            (self.sets("authorization"), "headers"),
        ];
        let given: Vec<&str> = logins.iter().filter(|(is_given, _)| *is_given).map(|(_, key)| *key).collect();
        if let [one, ..] = &*given
            && given.len() > 1
        {
            let message = "`basic`, `digest`, `bearer` and a header `authorization` are the same header; hint: keep one";
            problems.add::<()>(&place.key(one), message);
        }
        let has_secret =
            !given.is_empty() || !self.secret_headers.0.is_empty() || !self.secret_query.0.is_empty();
        self.peer.keeps_secrets(has_secret, place, problems);
        if let (Some(key), true) = (self.peer.said().next(), self.url.as_str().starts_with("http://")) {
            problems.add::<()>(&place.key(key), "only `https://` uses TLS");
        }
        let Some(body) = &self.body else { return };
        let place = place.key("body");
        if matches!(self.method.as_str(), "GET" | "HEAD") {
            problems.add::<()>(&place, "a request by GET or HEAD has no body; hint: write another `method`");
        }
        if self.notation(body) == Notation::Json
            && serde_json::from_str::<crate::config::Value>(&body.sample("x")).is_err()
        {
            let message =
                "is not JSON; hint: placeholders stand between quotes, as in `{\"who\": \"{finding}\"}`";
            problems.add::<()>(&place, message);
        }
    }
}

/// What a body is that says it by its first character.
fn kind_of(body: &str) -> Option<&'static str> {
    match body.trim_start().chars().next() {
        Some('{' | '[') => Some("application/json"),
        Some('<') => Some("application/xml"),
        Some(_) | None => None,
    }
}

/// Whether a request was sent before it failed, so that whoever got it may have acted.
fn unanswered(failure: &Failure) -> Fault {
    if let Some(fault) = failure.as_fault() {
        return fault;
    }
    let hint = match failure.kind {
        FailureKind::Refused => "; hint: does the service run, and listen there?",
        FailureKind::NameNotFound => "; hint: is the host in `url` right?",
        _ => "",
    };
    let came = if failure.may_have_arrived() { "it may have acted" } else { "nothing was done" };
    Fault::inconclusive(format!("{}; {came}{hint}", failure.sentence()))
}
