//! A request over HTTP, from whichever tool: what is secret in it is put where secrets belong.

use watchkeep_core::framing::is_framing;

use crate::address::{HttpUrl, holder, http_url, is_holder};
use crate::draft::{Draft, Work, origins};
use crate::given::EnvText;
use crate::secrets::{has_login, is_secret_name, may_hold_secret};
use crate::value::{Value, table};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const HEADERS_MAX: usize = 90;

#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The URL; `None` in a template.
    pub(crate) url: Option<HttpUrl>,
    pub(crate) method: Option<String>,
    pub(crate) headers: Vec<(String, EnvText)>,
    pub(crate) body: Option<EnvText>,
    pub(crate) basic: Option<(EnvText, EnvText)>,
    pub(crate) bearer: Option<EnvText>,
    pub(crate) client_certificate: Option<EnvText>,
    pub(crate) ignore_certificate: bool,
    /// How the names of its secrets begin.
    pub(crate) hint: String,
}

/// The capability as plugins name it.
pub(crate) const TLS_UNVERIFIED: &str = "tls_unverified";

/// The URL of the request; if there is none, the reason is reported.
pub(crate) fn url(work: &mut Work, draft: &Draft, given: &EnvText) -> Option<HttpUrl> {
    let url = http_url(given).and_then(|url| match url.url.split_once("://") {
        Some(("http" | "https", _)) => Ok(url),
        _ => Err("its URL is not one of HTTP".to_owned()),
    });
    match url {
        Ok(url) => Some(url),
        Err(why) => {
            work.give_up(draft, why);
            None
        }
    }
}

struct Sorted {
    plain: Vec<(String, Value)>,
    secret: Vec<(String, Value)>,
    holders: Vec<(String, Value)>,
    has_credential: bool,
}

impl Request {
    /// Writes the request into the draft's config. Returns whether it can be sent.
    pub(crate) fn write(mut self, work: &mut Work, draft: &mut Draft) -> bool {
        let method = self.method.as_deref().unwrap_or("GET").trim().to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            work.give_up(draft, "its method is one that no check sends");
            return false;
        }
        let to = self.url.as_ref().map(|url| origins(&url.origin)).unwrap_or_default();
        let mut sorted =
            Sorted { plain: Vec::new(), secret: Vec::new(), holders: Vec::new(), has_credential: false };
        if let Some(url) = &self.url {
            draft.config("url", url.url.as_str());
            for (holder, name, given) in &url.holders {
                let hint = format!("{}-{name}", self.hint);
                let what = format!("`{name}` of its URL");
                let value = draft.secret(&mut work.secrets, (&what, &hint), given, &to);
                sorted.holders.extend(value.map(|value| (holder.clone(), value)));
            }
            if let (None, Some((user, password))) = (&self.basic, &url.login) {
                self.basic = Some((EnvText::literal(user), EnvText::literal(password)));
            }
        }
        if method != "GET" {
            draft.config("method", method);
        }
        self.sort_headers(work, draft, &to, &mut sorted);
        self.login(work, draft, &to, &mut sorted);
        self.body(work, draft, &to, &mut sorted);
        if let Some(pem) = self.client_certificate.take() {
            let hint = format!("{}-certificate", self.hint);
            let value = draft.secret(&mut work.secrets, ("its client certificate", &hint), &pem, &to);
            value.into_iter().for_each(|value| draft.config("client_certificate", value));
        }
        for (key, values) in [
            ("headers", sorted.plain),
            ("secret_headers", sorted.secret),
            ("placeholders", sorted.holders.clone()),
        ] {
            if !values.is_empty() {
                draft.config(key, Value::Table(values));
            }
        }
        self.unverified(draft, sorted.has_credential || !sorted.holders.is_empty());
        true
    }

    fn sort_headers(&mut self, work: &mut Work, draft: &mut Draft, to: &[String], sorted: &mut Sorted) {
        let mut seen: Vec<String> = Vec::new();
        for (name, given) in std::mem::take(&mut self.headers) {
            let lower = name.trim().to_ascii_lowercase();
            if let Some(why) = not_sent(&lower, &given, &seen) {
                draft.lost(format!("the header `{lower}`, which {why}"));
                continue;
            }
            seen.push(lower.clone());
            match lower.as_str() {
                "host" => self.host(draft, &given),
                "user-agent" if given.variables().is_empty() => {
                    if let EnvText::Plain(agent) = given {
                        draft.config("user_agent", agent);
                    }
                }
                "authorization"
                    if self.basic.is_none() && self.bearer.is_none() && given.after("bearer ").is_some() =>
                {
                    self.bearer = given.after("bearer ");
                }
                "authorization" if self.basic.is_some() || self.bearer.is_some() => {
                    draft.lost("the header `authorization`, beside which there is another login");
                }
                _ => self.header(work, draft, to, (&lower, given), sorted),
            }
        }
    }

    fn header(
        &self,
        work: &mut Work,
        draft: &mut Draft,
        to: &[String],
        (name, given): (&str, EnvText),
        sorted: &mut Sorted,
    ) {
        let hint = format!("{}-{name}", self.hint);
        match &given {
            EnvText::Plain(value) if !is_secret_name(name) && !has_login(value) => {
                sorted.plain.push((name.to_owned(), Value::from(value.as_str())));
            }
            EnvText::Mixed(parts) => {
                let fixed: String = parts.iter().map(|(front, _)| front.as_str()).collect();
                let is_word = fixed.trim().chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
                if !is_word && (is_secret_name(name) || may_hold_secret(&fixed)) {
                    draft.lost(format!("the header `{name}`, of which a part comes from the environment and a part may be a secret"));
                    return;
                }
                let text = filled(parts, sorted, |variable| {
                    draft.secret(
                        &mut work.secrets,
                        (name, &hint),
                        &EnvText::Variable(variable.to_owned()),
                        to,
                    )
                });
                sorted.plain.push((name.to_owned(), Value::from(text)));
            }
            EnvText::Plain(_) | EnvText::Variable(_) => {
                let what = format!("the header `{name}`");
                if let Some(value) = draft.secret(&mut work.secrets, (&what, &hint), &given, to) {
                    sorted.secret.push((name.to_owned(), value));
                    sorted.has_credential = true;
                }
            }
        }
    }

    /// Carries over the header `host`: a name other than the URL's must be granted.
    fn host(&self, draft: &mut Draft, given: &EnvText) {
        let EnvText::Plain(name) = given else {
            draft.lost("the header `host`, which comes from the environment");
            return;
        };
        let bare = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host);
        match crate::address::host(bare) {
            Ok(host) => {
                draft.config("server_name", name.trim());
                draft.allow("server_name", host);
            }
            Err(_) => draft.lost("the header `host`, which is not a host name"),
        }
    }

    fn login(&mut self, work: &mut Work, draft: &mut Draft, to: &[String], sorted: &mut Sorted) {
        if let Some((user, password)) = self.basic.take() {
            let hint = format!("{}-password", self.hint);
            let EnvText::Plain(user) = user else {
                draft.lost("its user's name, which comes from the environment, and with it the login");
                return;
            };
            if let Some(value) = draft.secret(&mut work.secrets, ("its password", &hint), &password, to) {
                draft.config("basic", table([("user", Value::Text(user)), ("password", value)]));
                sorted.has_credential = true;
            }
        } else if let Some(token) = self.bearer.take() {
            let hint = format!("{}-token", self.hint);
            if let Some(value) = draft.secret(&mut work.secrets, ("its bearer token", &hint), &token, to) {
                draft.config("bearer", value);
                sorted.has_credential = true;
            }
        }
    }

    fn body(&mut self, work: &mut Work, draft: &mut Draft, to: &[String], sorted: &mut Sorted) {
        let hint = format!("{}-body", self.hint);
        match self.body.take() {
            None => {}
            Some(EnvText::Plain(body)) if body.is_empty() => {}
            Some(EnvText::Plain(body)) if !may_hold_secret(&body) => draft.config("body", body),
            Some(EnvText::Mixed(parts)) => {
                let shown: String = parts
                    .iter()
                    .map(|(front, name)| {
                        format!("{front}{}", name.as_deref().map(holder).unwrap_or_default())
                    })
                    .collect();
                if may_hold_secret(&shown) && !secrets_are_held(&shown) {
                    draft.lost(
                        "its body, of which a part comes from the environment and a part may be a secret",
                    );
                    return;
                }
                let text = filled(&parts, sorted, |variable| {
                    draft.secret(
                        &mut work.secrets,
                        ("body", &hint),
                        &EnvText::Variable(variable.to_owned()),
                        to,
                    )
                });
                draft.config("body", text);
            }
            // The text does not show which part of it is the secret, if any is.
            Some(body) => {
                let holder = holder("body");
                if let Some(value) = draft.secret(&mut work.secrets, ("its body", &hint), &body, to) {
                    draft.config("body", holder.as_str());
                    sorted.holders.push((holder, value));
                }
            }
        }
    }

    fn unverified(&self, draft: &mut Draft, has_credential: bool) {
        if !self.ignore_certificate {
            return;
        }
        match (&self.url, has_credential) {
            (Some(url), _) if url.origin.scheme == watchkeep_core::grant::Scheme::Http => {}
            (_, true) => draft.lost(
                "that any certificate is taken: no secret travels to a server that is not verified; hint: name its \
                 certificate as `ca_file` under [host]",
            ),
            (Some(url), false) => {
                draft.config("ignore_certificate", true);
                draft.allow(TLS_UNVERIFIED, url.origin.to_string());
            }
            (None, false) => {
                draft.config("ignore_certificate", true);
                draft.leave_to_do("a check that uses it needs `allow = { tls_unverified = [\"https://HOST\"] }`");
            }
        }
    }
}

/// The text with a placeholder for each variable.
fn filled(
    parts: &[(String, Option<String>)],
    sorted: &mut Sorted,
    mut named: impl FnMut(&str) -> Option<Value>,
) -> String {
    let mut text = String::new();
    for (front, variable) in parts {
        text.push_str(front);
        let Some(variable) = variable else { continue };
        let holder = holder(variable);
        text.push_str(&holder);
        if !sorted.holders.iter().any(|(other, _)| *other == holder) {
            sorted.holders.extend(named(variable).map(|value| (holder, value)));
        }
    }
    text
}

/// Whether all values in a JSON text that may be secret are placeholders.
fn secrets_are_held(text: &str) -> bool {
    fn is_held(value: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match value {
            Json::Array(items) => items.iter().all(is_held),
            Json::Object(entries) => entries.iter().all(|(name, value)| match value {
                Json::String(text) if is_secret_name(name) => is_holder(text),
                Json::Number(_) => !is_secret_name(name),
                value => is_held(value),
            }),
            Json::String(text) => is_holder(text) || !may_hold_secret(text),
            Json::Null | Json::Bool(_) | Json::Number(_) => true,
        }
    }
    serde_json::from_str(text).is_ok_and(|value| is_held(&value))
}

fn not_sent(name: &str, given: &EnvText, seen: &[String]) -> Option<&'static str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_of_name) {
        return Some("is not a header name");
    }
    if is_framing(name) {
        return Some("the host sends itself");
    }
    if seen.iter().any(|other| other == name) {
        return Some("is given twice");
    }
    if seen.len() >= HEADERS_MAX {
        return Some("is one too many");
    }
    let has_control = |text: &str| text.chars().any(|c| c.is_control() && c != '\t');
    let is_odd = match given {
        EnvText::Plain(value) => has_control(value),
        EnvText::Variable(_) => false,
        EnvText::Mixed(parts) => parts.iter().any(|(front, _)| has_control(front)),
    };
    is_odd.then_some("has a line end in its value")
}
