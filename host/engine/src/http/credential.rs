//! Puts secrets in place: only those that stand in the call's config, only for origins to which the operator
//! bound them. The guest names a secret and a place, and never sees the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;
use watchkeep_core::grant::Scheme;
use watchkeep_core::ids::SecretName;

use crate::call::CallState;
use crate::contract::transport::{Credential, Placement};
use crate::network::failure::Problem;
use crate::network::secret;

/// Bytes of a path, a query or a header's value at most, once a secret stands in it.
const HEAD_BYTES_MAX: usize = 512 << 10;
/// Bytes of a body at most, once a secret stands in it.
const BODY_BYTES_MAX: usize = 16 << 20;

/// A credential of a request, with its bytes.
pub(super) struct Attached {
    name: SecretName,
    secret: crate::ports::Secret,
    placement: Placement,
}

/// Takes the secrets that a request names.
pub(super) fn take(state: &mut CallState, credentials: Vec<Credential>) -> Result<Vec<Attached>, Problem> {
    credentials
        .into_iter()
        .map(|Credential { secret, placement }| {
            let name = SecretName::from(&*secret);
            let secret = secret::take(state, &name)?;
            if let Placement::Basic(user) = &placement {
                // As it travels: the secret alone has another base64 form than behind a user name.
                state.mask.add(&basic_pair(user, &secret.value));
            }
            Ok(Attached { name, secret, placement })
        })
        .collect()
}

/// The URL that a request goes to: its own, or one that is a secret.
pub(super) fn base_url(url: &str, credentials: &[Attached]) -> Result<String, Problem> {
    let whole = credentials.iter().find(|credential| matches!(credential.placement, Placement::Url));
    match whole {
        None => Ok(url.to_owned()),
        Some(credential) => Ok(format!("{}{url}", credential.text()?.trim_end())),
    }
}

/// Whether every credential may go to this origin.
pub(super) fn decide(
    state: &mut CallState,
    credentials: &[Attached],
    scheme: Scheme,
    host: &str,
    port: u16,
) -> Result<(), Problem> {
    for credential in credentials {
        secret::decide(state, &credential.name, &credential.secret, scheme, host, port)?;
    }
    Ok(())
}

impl Attached {
    pub(super) fn is_whole_url(&self) -> bool {
        matches!(self.placement, Placement::Url)
    }

    fn text(&self) -> Result<&str, Problem> {
        std::str::from_utf8(&self.secret.value).map_err(|_| {
            Problem::invalid(format!("secret `{}` is not text, so it cannot stand here", self.name))
        })
    }

    fn header(&self, value: &str) -> Result<HeaderValue, Problem> {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Problem::invalid(format!("secret `{}` cannot stand in a header", self.name)))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Changes the request so that the secret stands in its place.
    pub(super) fn place(
        &self,
        url: &mut Url,
        headers: &mut HeaderMap,
        body: &mut Bytes,
    ) -> Result<(), Problem> {
        match &self.placement {
            Placement::Header(name) => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| Problem::invalid(format!("`{name}` is no header name")))?;
                headers.insert(name, self.header(self.text()?)?);
            }
            Placement::Bearer => {
                headers.insert(AUTHORIZATION, self.header(&format!("Bearer {}", self.text()?))?);
            }
            Placement::Basic(user) => {
                let pair = basic_pair(user, &self.secret.value);
                headers.insert(AUTHORIZATION, self.header(&format!("Basic {}", STANDARD.encode(pair)))?);
            }
            Placement::Query(name) => {
                url.query_pairs_mut().append_pair(name, self.text()?);
            }
            // Its URL was the base already.
            Placement::Url => {}
            Placement::Placeholder(holder) => self.replace(holder, url, headers, body)?,
            Placement::Hmac(_) => return Err(unoffered("HMAC signatures")),
            Placement::Sigv4(_) => return Err(unoffered("SigV4 signatures")),
            Placement::Other(other) => return Err(unoffered(&format!("credentials placed as `{other}`"))),
        }
        Ok(())
    }

    /// `holder` in path, query, header values and body, escaped for each place.
    fn replace(
        &self,
        holder: &str,
        url: &mut Url,
        headers: &mut HeaderMap,
        body: &mut Bytes,
    ) -> Result<(), Problem> {
        if holder.len() < 4 {
            return Err(Problem::invalid("a placeholder has at least 4 characters"));
        }
        let text = self.text()?;
        let escaped: String =
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        if let Some(path) = replaced(url.path().as_bytes(), holder, &escaped, HEAD_BYTES_MAX)? {
            url.set_path(&String::from_utf8_lossy(&path));
        }
        if let Some(query) = url.query()
            && let Some(query) = replaced(query.as_bytes(), holder, &escaped, HEAD_BYTES_MAX)?
        {
            url.set_query(Some(&String::from_utf8_lossy(&query)));
        }
        for value in headers.values_mut() {
            if let Ok(old) = value.to_str()
                && let Some(new) = replaced(old.as_bytes(), holder, text, HEAD_BYTES_MAX)?
            {
                *value = self.header(&String::from_utf8_lossy(&new))?;
            }
        }
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let for_body = if media_type.contains("json") {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        } else if media_type.contains("x-www-form-urlencoded") {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        } else {
            text.to_owned()
        };
        if let Some(new) = replaced(body, holder, &for_body, BODY_BYTES_MAX)? {
            *body = new.into();
        }
        Ok(())
    }
}

/// `within` with `new` for each `holder`; none if there is no holder. A short text with many holders would become one
/// that fills the memory.
fn replaced(within: &[u8], holder: &str, new: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Problem> {
    let finder = memchr::memmem::Finder::new(holder);
    let count = finder.find_iter(within).count();
    if count == 0 {
        return Ok(None);
    }
    let bytes = within.len() - count * holder.len() + count.saturating_mul(new.len());
    if bytes > bytes_max {
        let message =
            format!("with a secret in {count} places a part of the request is over {bytes_max} bytes");
        return Err(Problem::invalid(message));
    }
    let mut out = Vec::with_capacity(bytes);
    let mut rest = 0;
    for at in finder.find_iter(within) {
        out.extend_from_slice(&within[rest..at]);
        out.extend_from_slice(new.as_bytes());
        rest = at + holder.len();
    }
    out.extend_from_slice(&within[rest..]);
    Ok(Some(out))
}

fn basic_pair(user: &str, password: &[u8]) -> Vec<u8> {
    [user.as_bytes(), b":", password].concat()
}

fn unoffered(what: &str) -> Problem {
    Problem::invalid(format!(
        "{what} are not offered by this version; hint: use a header, bearer, basic, query, url or placeholder credential"
    ))
}
