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
        if url.path().contains(holder) {
            let path = url.path().replace(holder, &escaped);
            url.set_path(&path);
        }
        if let Some(query) = url.query().filter(|query| query.contains(holder)) {
            let query = query.replace(holder, &escaped);
            url.set_query(Some(&query));
        }
        for value in headers.values_mut() {
            if let Ok(old) = value.to_str()
                && old.contains(holder)
            {
                *value = self.header(&old.replace(holder, text))?;
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
        if memchr::memmem::find(body, holder.as_bytes()).is_some() {
            let mut replaced = Vec::with_capacity(body.len() + for_body.len());
            let mut rest = 0;
            for at in memchr::memmem::find_iter(body, holder.as_bytes()) {
                replaced.extend_from_slice(&body[rest..at]);
                replaced.extend_from_slice(for_body.as_bytes());
                rest = at + holder.len();
            }
            replaced.extend_from_slice(&body[rest..]);
            *body = replaced.into();
        }
        Ok(())
    }
}

fn basic_pair(user: &str, password: &[u8]) -> Vec<u8> {
    [user.as_bytes(), b":", password].concat()
}

fn unoffered(what: &str) -> Problem {
    Problem::invalid(format!(
        "{what} are not offered by this version; hint: use a header, bearer, basic, query, url or placeholder credential"
    ))
}
