//! One request, and what is expected of its answer.

use std::time::Duration;

use watchkeep_sdk::config::{
    FRAMING_HEADERS, Login, Method, Needle, OneOrMany, Pattern, Place, Problems, Secret, Size, StatusRange,
    Table, headers, response_times,
};

use super::Way;
use super::headers::Headers;
use super::values::{BodyFile, Digest256, FormValue, ServerName, Version};
use crate::expect::{HeaderExpected, JsonExpected, PhaseTimes};

#[derive(watchkeep_sdk::Config)]
pub(crate) struct Ask {
    /// The request's method.
    #[config(default = "GET")]
    pub(crate) method: Method,
    /// Headers to send. Put secrets in `secret_headers`.
    #[config(default)]
    pub(crate) headers: Headers,
    /// Headers whose values are secrets.
    #[config(default)]
    pub(crate) secret_headers: Table<Secret>,
    /// The request's body.
    pub(crate) body: Option<String>,
    /// A file to send as the body, at most 1 MiB.
    pub(crate) body_file: Option<BodyFile>,
    /// A form to send as the body: texts and secrets.
    #[config(default)]
    pub(crate) form: Table<FormValue>,
    /// Secrets, by the text that they replace in path, query, header values and body.
    #[config(default)]
    pub(crate) placeholders: Table<Secret>,
    /// Basic authentication.
    pub(crate) basic: Option<Login>,
    /// Digest authentication.
    pub(crate) digest: Option<Login>,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
    /// Requests another name than the URL's host, in `Host` and TLS handshake. Needs the grant `server_name`. A `host`
    /// in `headers` does the same.
    #[config(example = "shop.example.com")]
    pub(crate) server_name: Option<ServerName>,
    /// Whether to follow redirects, at most ten; if not, the redirect is the answer.
    #[config(default = true)]
    pub(crate) follow_redirects: bool,
    /// Expected status codes: a code, a range such as "200-299", or a list of them.
    #[config(default = ["200-299"])]
    pub(crate) expect_status: OneOrMany<StatusRange>,
    /// The expected final URL, or the target of a redirect that is not followed.
    pub(crate) expect_url: Option<String>,
    /// The same, as a regular expression.
    pub(crate) expect_url_pattern: Option<Pattern>,
    /// The expected HTTP version.
    #[config(default)]
    pub(crate) expect_http_version: OneOrMany<Version>,
    /// What is expected of the answer's headers.
    #[config(default)]
    pub(crate) expect_header: Vec<HeaderExpected>,
    /// Texts that the answer must contain.
    #[config(default)]
    pub(crate) find: OneOrMany<Needle>,
    /// Regular expressions that the answer must match.
    #[config(default)]
    pub(crate) find_pattern: OneOrMany<Pattern>,
    /// Texts that the answer must not contain.
    #[config(default)]
    pub(crate) do_not_find: OneOrMany<Needle>,
    /// Regular expressions that the answer must not match.
    #[config(default)]
    pub(crate) do_not_find_pattern: OneOrMany<Pattern>,
    /// What is expected of the answer's JSON.
    #[config(default)]
    pub(crate) json: Vec<JsonExpected>,
    /// The decoded body's minimum size.
    pub(crate) body_size_min: Option<Size>,
    /// The decoded body's maximum size.
    pub(crate) body_size_max: Option<Size>,
    /// The expected SHA-256 of the body, in hexadecimal.
    #[config(example = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    pub(crate) body_sha256: Option<Digest256>,
    /// A response time above this is a warning. With steps, the total.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Limits for parts of the response time.
    pub(crate) phase_times: Option<PhaseTimes>,
}

impl Ask {
    /// Whether the judgement needs the answer's body.
    pub(crate) fn reads_body(&self) -> bool {
        self.first_of_body().is_some() || self.phase_times.as_ref().is_some_and(PhaseTimes::reads_body)
    }

    /// How much is read for it.
    pub(crate) fn body_bytes(&self, way: &Way) -> u64 {
        let beyond = self.body_size_max.map_or(0, |size| size.bytes().saturating_add(1));
        let least = self.body_size_min.map_or(0, Size::bytes);
        way.body_max.bytes().max(beyond).max(least)
    }

    /// The header by which another site is asked for, if the operator wrote one.
    pub(crate) fn host_header(&self) -> Option<&str> {
        self.header("host")
    }

    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
        self.headers.0.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// The name in the TLS handshake, where it is not the URL's host.
    pub(crate) fn tls_name(&self) -> Option<&str> {
        let name = self.server_name.as_ref().map(|name| name.0.as_str()).or_else(|| self.host_header())?;
        Some(without_port(name))
    }

    pub(crate) fn is_expected(&self, status: u16) -> bool {
        self.expect_status.0.iter().any(|range| range.contains(status))
    }

    pub(super) fn has_credential(&self) -> bool {
        let in_form = self.form.0.iter().any(|(_, value)| matches!(value, FormValue::Secret(_)));
        let is_login = self.basic.is_some() || self.digest.is_some() || self.bearer.is_some();
        is_login || in_form || !(self.secret_headers.0.is_empty() && self.placeholders.0.is_empty())
    }

    /// The first key that looks at the body.
    fn first_of_body(&self) -> Option<&'static str> {
        first(&[
            (!self.find.0.is_empty(), "find"),
            (!self.find_pattern.0.is_empty(), "find_pattern"),
            (!self.do_not_find.0.is_empty(), "do_not_find"),
            (!self.do_not_find_pattern.0.is_empty(), "do_not_find_pattern"),
            (!self.json.is_empty(), "json"),
            (self.body_size_min.is_some(), "body_size_min"),
            (self.body_size_max.is_some(), "body_size_max"),
            (self.body_sha256.is_some(), "body_sha256"),
        ])
    }

    pub(super) fn fits(&self, way: &Way, place: &Place<'_>, problems: &mut Problems) {
        if self.method.as_str() == "HEAD" && self.first_of_body().is_some() {
            problems.add::<()>(
                &place.key("method"),
                "an answer to HEAD has no body; hint: use `GET`, or expect nothing of the body",
            );
        }
        self.headers_are_sent(place, problems);
        self.one_body(place, problems);
        self.one_login(place, problems);
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        if let (Some(low), Some(high)) = (self.body_size_min, self.body_size_max)
            && high < low
        {
            problems.add::<()>(&place.key("body_size_max"), "must not be less than `body_size_min`");
        }
        if way.http2 && self.expect_http_version.0.iter().any(|version| version.0 != "2") {
            problems.add::<()>(&place.key("expect_http_version"), "`http2` speaks version 2 and no other");
        }
    }

    fn headers_are_sent(&self, place: &Place<'_>, problems: &mut Problems) {
        let plain: Vec<_> =
            self.headers.0.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        headers(&plain, &FRAMING_HEADERS, &place.key("headers"), problems);
        let secret = place.key("secret_headers");
        let names: Vec<_> = self.secret_headers.0.iter().map(|(name, _)| (name.as_str(), None)).collect();
        headers(&names, &FRAMING_HEADERS, &secret, problems);
        for (name, _) in self.secret_headers.0.iter().filter(|(name, _)| self.header(name).is_some()) {
            problems.add::<()>(&secret.key(name), "is in `headers` too; hint: keep one of the two");
        }
    }

    fn one_body(&self, place: &Place<'_>, problems: &mut Problems) {
        let bodies = [
            (self.body.is_some(), "body"),
            (self.body_file.is_some(), "body_file"),
            (!self.form.0.is_empty(), "form"),
        ];
        only_one(&bodies, "are each the whole body; hint: keep one", place, problems);
        if !self.form.0.is_empty() && self.header("content-type").is_some() {
            problems.add::<()>(
                &place.key("form"),
                "says its content type itself; hint: take it out of `headers`",
            );
        }
        for (holder, _) in &self.placeholders.0 {
            let place = place.key("placeholders");
            if holder.len() < 4 || holder.contains(char::is_control) || holder.contains("{{") {
                let message = "is not a placeholder; hint: write one such as `%PASSWORD%`";
                problems.add::<()>(&place.key(holder), message);
            }
        }
    }

    fn one_login(&self, place: &Place<'_>, problems: &mut Problems) {
        let is_named = |(name, _): &(String, Secret)| name.eq_ignore_ascii_case("authorization");
        let by_hand = self.header("authorization").is_some() || self.secret_headers.0.iter().any(is_named);
        let logins = [
            (self.bearer.is_some(), "bearer"),
            (self.basic.is_some(), "basic"),
            (self.digest.is_some(), "digest"),
        ];
        only_one(&logins, "are the same header; hint: keep one", place, problems);
        if let (true, Some(key)) = (by_hand, first(&logins)) {
            problems.add::<()>(
                &place.key(key),
                "and a header `authorization` are the same header; hint: keep one of the two",
            );
        }
    }
}

fn first(given: &[(bool, &'static str)]) -> Option<&'static str> {
    given.iter().find(|(is_given, _)| *is_given).map(|(_, key)| *key)
}

fn only_one(keys: &[(bool, &str)], why: &str, place: &Place<'_>, problems: &mut Problems) {
    let given: Vec<&str> = keys.iter().filter(|(is_given, _)| *is_given).map(|(_, key)| *key).collect();
    if let [one, other, ..] = &*given {
        problems.add::<()>(&place.key(one), format!("`{other}` and `{one}` {why}"));
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
