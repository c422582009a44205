//! Placeholders: words in the guest's own text that are replaced by secrets when it is sent. All of them are found in
//! one pass over what the guest wrote, so nothing is ever searched for within a secret. Whatever can be refused is
//! refused by what the guest wrote, before a secret's bytes are looked at.

use aho_corasick::{AhoCorasick, MatchKind};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};

use super::super::exchange::Outgoing;
use super::{Attached, Flaw, Named, Unplaced, sensitive};
use crate::contract::transport::Placement;
use crate::network::failure::Problem;

/// How many places there may be in one request: more than any service asks for. So what is sent is bounded, whatever
/// the length of a secret.
const PLACES_MAX: usize = 32;
/// Shorter ones occur in a text by chance.
const HOLDER_BYTES_MIN: usize = 4;
/// The same bound as for other texts that a guest writes.
const HOLDER_BYTES_MAX: usize = 1 << 10;

/// The placeholders of a request with their secrets.
pub(super) struct Places<'a> {
    finder: AhoCorasick,
    secrets: Vec<&'a Named>,
}

/// How a secret is written in its place.
#[derive(Clone, Copy)]
enum Form {
    /// In a path or a query.
    Escaped,
    Field,
    Json,
    Plain,
}

impl<'a> Places<'a> {
    /// The places of all credentials, or why the request cannot be sent. `None` if there is no placeholder.
    pub(super) fn of(credentials: &'a [Attached], outgoing: &Outgoing) -> Result<Option<Self>, Problem> {
        let placeholders = credentials.iter().filter_map(|credential| match &credential.placement {
            Placement::Placeholder(holder) => Some((holder.as_str(), &credential.secret)),
            _ => None,
        });
        let (holders, secrets): (Vec<&str>, Vec<&Named>) = placeholders.unzip();
        if holders.is_empty() {
            return Ok(None);
        }
        if holders.iter().any(|holder| holder.len() < HOLDER_BYTES_MIN) {
            let message = format!("a placeholder has at least {HOLDER_BYTES_MIN} characters");
            return Err(Problem::invalid(message));
        }
        if holders.iter().any(|holder| holder.len() > HOLDER_BYTES_MAX) {
            return Err(Problem::invalid(format!("a placeholder has at most {HOLDER_BYTES_MAX} bytes")));
        }
        if holders.iter().enumerate().any(|(at, holder)| holders[..at].contains(holder)) {
            return Err(Problem::invalid("two secrets have one placeholder"));
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&holders);
        let finder = finder.map_err(|_| Problem::invalid("the placeholders cannot be searched for"))?;
        let places = Self { finder, secrets };
        places.check(outgoing)?;
        Ok(Some(places))
    }

    fn check(&self, outgoing: &Outgoing) -> Result<(), Problem> {
        let Outgoing { url, headers, body, .. } = outgoing;
        let count = |text: &[u8]| self.finder.find_iter(text).take(PLACES_MAX + 1).count();
        if headers.get_all(HOST).iter().any(|value| count(value.as_bytes()) > 0) {
            return Err(Problem::invalid("no secret may be in the header `host`"));
        }
        let mut places =
            count(url.path().as_bytes()) + count(url.query().unwrap_or("").as_bytes()) + count(body);
        for value in headers.values() {
            places += count(value.as_bytes());
            if places > PLACES_MAX {
                break;
            }
        }
        if places > PLACES_MAX {
            let message = format!("the request has more than {PLACES_MAX} places for secrets");
            return Err(Problem::invalid(message));
        }
        Ok(())
    }

    /// Puts every secret into each of its places.
    pub(super) fn fill(&self, outgoing: &mut Outgoing) -> Result<(), Unplaced> {
        let Outgoing { url, headers, body, .. } = outgoing;
        if let Some(path) = self.filled(url.path().as_bytes(), Form::Escaped)? {
            url.set_path(&path.text()?);
        }
        if let Some(query) = url.query()
            && let Some(query) = self.filled(query.as_bytes(), Form::Escaped)?
        {
            url.set_query(Some(&query.text()?));
        }
        let form = body_form(headers);
        for value in headers.values_mut() {
            if let Some(filled) = self.filled(value.as_bytes(), Form::Plain)? {
                let last = filled.last;
                *value = sensitive(&filled.text()?).ok_or_else(|| last.unfit(Flaw::NoLine))?;
            }
        }
        if let Some(filled) = self.filled(body, form)? {
            *body = Bytes::from(filled.bytes);
        }
        Ok(())
    }

    /// `None` if there is no place in the text.
    fn filled(&self, within: &[u8], form: Form) -> Result<Option<Filled<'a>>, Unplaced> {
        let mut out = Vec::new();
        let mut rest = 0;
        let mut last = None;
        for place in self.finder.find_iter(within) {
            out.extend_from_slice(&within[rest..place.start()]);
            let secret = self.secrets[place.pattern().as_usize()];
            out.extend_from_slice(form.of(secret.text()?).as_bytes());
            rest = place.end();
            last = Some(secret);
        }
        out.extend_from_slice(&within[rest..]);
        Ok(last.map(|last| Filled { bytes: out, last }))
    }
}

/// A text with secrets in it.
struct Filled<'a> {
    bytes: Vec<u8>,
    /// The last of them.
    last: &'a Named,
}

impl Filled<'_> {
    /// The result as text. If it is not text, it can be neither in a header nor in a path.
    fn text(self) -> Result<String, Unplaced> {
        String::from_utf8(self.bytes).map_err(|_| self.last.unfit(Flaw::NotTogether))
    }
}

impl Form {
    fn of(self, secret: &str) -> String {
        let escaped = || url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        match self {
            Form::Escaped => escaped().replace('+', "%20"),
            Form::Field => escaped(),
            Form::Json => {
                let quoted = serde_json::Value::from(secret).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Form::Plain => secret.to_owned(),
        }
    }
}

/// What the guest says that the body is, before a secret stands in it.
fn body_form(headers: &HeaderMap) -> Form {
    match headers.get(CONTENT_TYPE).map(HeaderValue::to_str) {
        Some(Ok(kind)) if kind.contains("json") => Form::Json,
        Some(Ok(kind)) if kind.contains("x-www-form-urlencoded") => Form::Field,
        Some(_) | None => Form::Plain,
    }
}
