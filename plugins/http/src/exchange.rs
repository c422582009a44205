//! From the config to a request. What a target said earlier goes into it only as what its place takes.

use watchkeep_sdk::config::Secret;
use watchkeep_sdk::files::{self, FileError};
use watchkeep_sdk::http::{self, Exchange, Extras, Family};
use watchkeep_sdk::prelude::*;

use crate::config::{Ask, Fetch, FormValue, Way};
use crate::journey::template::{Notation, encoded, filled};

const FILE_BYTES_MAX: u32 = 1 << 20;

/// Why a request is not sent, or nothing is kept of its answer.
pub(crate) enum Trouble {
    /// Nothing that is the target's.
    Fault(Fault),
    /// What the target says is wrong.
    Said(String),
}

/// For whom it is asked, and until when.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) family: Family,
    /// Since the run began; none if all of its time may be used.
    pub(crate) ends: Option<Duration>,
    /// In milliseconds since the Unix epoch.
    pub(crate) now: u64,
}

impl Turn {
    /// The time that is left of this turn, and at most the target's own timeout.
    fn left(&self, timeout: Option<Duration>) -> Option<Duration> {
        let left =
            self.ends.map(|ends| ends.saturating_sub(clock::monotonic()).max(Duration::from_millis(1)));
        match (left, timeout) {
            (Some(left), Some(timeout)) => Some(left.min(timeout)),
            (left, timeout) => left.or(timeout),
        }
    }
}

/// A request that can be sent, and sent on.
pub(crate) struct Draft<'c> {
    way: &'c Way,
    ask: &'c Ask,
    pub(crate) url: String,
    pub(crate) method: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    form: Vec<(String, String)>,
    /// By the texts that stand for them.
    secrets: Vec<(String, &'c Secret)>,
    /// It goes to the origin that the operator wrote; what is meant for that is not sent elsewhere.
    is_at_home: bool,
}

impl<'c> Draft<'c> {
    /// `values` are what earlier steps captured; none outside of a journey, where braces are braces.
    pub(crate) fn new(config: &'c Fetch, values: Option<&[(String, String)]>) -> Result<Self, Trouble> {
        let Fetch { way, ask, url, .. } = config;
        let url = url.as_ref().map_or("", |url| &url.0);
        let place = |template: &str, notation: Notation| match values {
            None => Ok(template.to_owned()),
            Some(values) => placed(ask, template, notation, values),
        };
        let mut headers = Vec::new();
        for (name, value) in &ask.headers.0 {
            headers.push((name.clone(), place(value, Notation::Plain)?));
        }
        if let Some(user_agent) = &way.user_agent {
            headers.push(("user-agent".to_owned(), user_agent.clone()));
        }
        if let (Some(name), None) = (&ask.server_name, ask.host_header()) {
            headers.push(("host".to_owned(), name.0.clone()));
        }
        let kind = ask.header("content-type");
        let body = match (&ask.body, &ask.body_file) {
            (Some(body), _) => place(body, Notation::of_body(body, kind))?.into_bytes(),
            (None, Some(file)) => {
                if kind.is_none() {
                    headers.push(("content-type".to_owned(), kind_of(&file.path).to_owned()));
                }
                read(&file.root, &file.path)?
            }
            (None, None) => Vec::new(),
        };
        let url = place(url, Notation::Url)?;
        let secrets = ask.placeholders.0.iter().map(|(holder, secret)| (holder.clone(), secret)).collect();
        let mut draft = Draft {
            way,
            ask,
            url,
            method: ask.method.as_str(),
            headers,
            body,
            form: Vec::new(),
            secrets,
            is_at_home: true,
        };
        for (name, value) in &ask.form.0 {
            if let FormValue::Text(text) = value {
                draft.form.push((name.clone(), place(text, Notation::Plain)?));
            }
        }
        for (name, value) in &ask.form.0 {
            if let FormValue::Secret(secret) = value {
                let holder = draft.free_holder();
                draft.form.push((name.clone(), holder.clone()));
                draft.secrets.push((holder, secret));
            }
        }
        Ok(draft)
    }

    /// A text that stands nowhere in the request, whatever a target made stand there.
    fn free_holder(&self) -> String {
        let mut number = 0;
        loop {
            let holder = format!("secret{number}here");
            let stands_in =
                |(name, value): &(String, String)| name.contains(&holder) || value.contains(&holder);
            let is_taken = self.url.contains(&holder)
                || self.headers.iter().any(stands_in)
                || self.form.iter().any(stands_in);
            if !is_taken {
                return holder;
            }
            number += 1;
        }
    }

    /// The next request where this one was redirected.
    pub(crate) fn redirected(&mut self, status: u16, to: String, is_same_origin: bool) {
        self.url = to;
        if !is_same_origin {
            self.is_at_home = false;
            self.headers.retain(|(name, _)| {
                !["authorization", "cookie", "host"].iter().any(|kept| name.eq_ignore_ascii_case(kept))
            });
        }
        if self.method != "HEAD" && (status == 303 || (status < 303 && self.method == "POST")) {
            self.method = "GET";
            self.body.clear();
            self.form.clear();
            self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        }
        // Neither is a secret placed where a target says, nor one named that stands nowhere.
        let Draft { url, headers, form, body, .. } = self;
        let body = String::from_utf8_lossy(body);
        self.secrets.retain(|(holder, _)| {
            let is_placed = |(_, value): &(String, String)| value.contains(&**holder);
            let is_sent =
                headers.iter().any(is_placed) || form.iter().any(is_placed) || body.contains(&**holder);
            is_sent && !url.contains(&**holder)
        });
    }

    /// A cookie that the operator wrote is the only one.
    fn has_cookie(&self) -> bool {
        let is_cookie = |name: &String| name.eq_ignore_ascii_case("cookie");
        self.headers.iter().any(|(name, _)| is_cookie(name))
            || self.ask.secret_headers.0.iter().any(|(name, _)| is_cookie(name))
    }

    /// `used` is what redirects have taken of the time.
    pub(crate) fn fetch(
        &self,
        turn: Turn,
        used: Duration,
        redirects_max: u8,
        cookies: Option<String>,
        body_max: u64,
    ) -> Exchange {
        let Draft { way, ask, .. } = self;
        let mut request = http::request(self.method, self.url.as_str())
            .family(turn.family)
            .redirects_max(redirects_max)
            .body_bytes_max(body_max);
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        if !self.form.is_empty() {
            let mut body = String::new();
            for (name, value) in &self.form {
                if !body.is_empty() {
                    body.push('&');
                }
                body.push_str(&encoded(name));
                body.push('=');
                body.push_str(&encoded(value));
            }
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(body.into_bytes());
        } else if !self.body.is_empty() {
            request = request.body(self.body.clone());
        }
        if let Some(cookies) = cookies.filter(|_| !self.has_cookie()) {
            request = request.header("cookie", cookies.as_str());
        }
        if let Some(timeout) = turn.left(way.timeout.map(|timeout| timeout.saturating_sub(used))) {
            request = request.timeout(timeout);
        }
        if way.ignore_certificate {
            request = request.ignore_certificate();
        }
        let mut extras = Extras::default();
        if self.is_at_home {
            for (name, secret) in &ask.secret_headers.0 {
                request = request.secret_header(name, secret);
            }
            for (holder, secret) in &self.secrets {
                request = request.placeholder(holder, secret);
            }
            if let Some(basic) = &ask.basic {
                request = request.basic(&basic.user, &basic.password);
            }
            if let Some(bearer) = &ask.bearer {
                request = request.bearer(bearer);
            }
            if let Some(digest) = &ask.digest {
                extras = extras.digest(&digest.user, &digest.password);
            }
            if let Some(name) = ask.tls_name() {
                request = request.server_name(name);
            }
            if let Some(certificate) = &way.client_certificate {
                request = request.client_certificate(certificate);
            }
        }
        if let Some(resolver) = &way.resolver {
            extras = extras.resolver(resolver.address());
        }
        if way.http2 {
            extras = extras.http2();
        }
        request.fetch_with(&extras).exchange
    }
}

/// A captured value must not bring along a text that stands for a secret: the secret would go where the target wants it.
fn placed(
    ask: &Ask,
    template: &str,
    notation: Notation,
    values: &[(String, String)],
) -> Result<String, Trouble> {
    let unfit = |name: &str| Trouble::Said(format!("the captured `{name}` does not fit where it is used"));
    let text = filled(template, notation, values).map_err(|name| unfit(&name))?;
    let brings = |(holder, _): &(String, Secret)| count(&text, holder) != count(template, holder);
    match ask.placeholders.0.iter().any(brings) {
        true => Err(Trouble::Said("a captured value contains a secret's placeholder".to_owned())),
        false => Ok(text),
    }
}

fn count(mut text: &str, part: &str) -> usize {
    let mut count = 0;
    while let Some(at) = text.find(part) {
        count += 1;
        text = &text[at + part.len()..];
    }
    count
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some(_) | None => "application/octet-stream",
    }
}

/// The file is the operator's: that it cannot be read says nothing of the target.
fn read(root: &str, path: &str) -> Result<Vec<u8>, Trouble> {
    let folder = files::root(root);
    let failed = |failure: files::Failure| {
        let told = failure.to_string();
        Trouble::Fault(match failure.error {
            FileError::Denied(_) | FileError::Limit(_) => Fault::Denied(told),
            FileError::NotFound | FileError::NotAFile => Fault::config(told),
            FileError::Changed | FileError::Other(_) => Fault::other(told),
        })
    };
    let mut body = Vec::new();
    loop {
        let piece = folder.read_at(path, body.len() as u64, FILE_BYTES_MAX).map_err(failed)?;
        if piece.is_empty() {
            return Ok(body);
        }
        body.extend(piece);
        if body.len() > FILE_BYTES_MAX as usize {
            let told = format!("`{path}` in `{root}` is larger than 1 MiB, which is the most that is sent");
            return Err(Trouble::Fault(Fault::config(told)));
        }
    }
}
