//! Puts secrets in place: only those that the call's config names, and only for origins to which the operator bound
//! them. The guest names a secret and a place, and never sees the bytes. A signature is made anew for every hop, over
//! the request as it leaves, and is masked in what comes back.

mod digest;
mod hmac;
mod places;
mod sigv4;
mod unplaced;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use watchkeep_core::grant::Scheme;
use watchkeep_core::ids::SecretName;
use watchkeep_core::time::Wall;

use super::exchange::Outgoing;
use super::fields::refuse_framing;
use super::mask::Mask;
use crate::call::CallContext;
use crate::contract::transport::{Credential, FailureKind, MessagePart, Phase, Placement};
use crate::network::failure::Problem;
use crate::network::secret;
use crate::ports::Secret;
pub(super) use digest::Login;
use unplaced::{Flaw, Unplaced};

/// More than any service asks for.
const CREDENTIALS_MAX: usize = 16;
/// Digests and signatures of one call: each is masked in all that comes back later.
const SIGNATURES_MAX: u32 = 200;
/// How many texts and secrets a signed text may be put together from.
const MESSAGE_PARTS_MAX: usize = 100;
const USER_BYTES_MAX: usize = 1 << 10;

/// A credential of a request, with its bytes.
pub(super) struct Attached {
    secret: Named,
    placement: Placement,
    /// Secrets within a text that is signed, in the order of its parts.
    within: Vec<Named>,
}

/// A secret by its name.
struct Named {
    name: SecretName,
    secret: Secret,
}

impl Named {
    fn take(state: &mut CallContext, name: &str) -> Result<Self, Problem> {
        let name = SecretName::from(name);
        let secret = secret::take(state, &name)?;
        Ok(Self { name, secret })
    }

    fn bytes(&self) -> &[u8] {
        &self.secret.value
    }

    fn text(&self) -> Result<&str, Unplaced> {
        std::str::from_utf8(self.bytes()).map_err(|_| self.unfit(Flaw::NoText))
    }

    fn unfit(&self, flaw: Flaw) -> Unplaced {
        Unplaced::Unfit { secret: self.name.clone(), flaw }
    }
}

/// Takes the secrets that a request names.
pub(super) fn take(state: &mut CallContext, credentials: Vec<Credential>) -> Result<Vec<Attached>, Problem> {
    if credentials.len() > CREDENTIALS_MAX {
        let message = format!("{} credentials, {CREDENTIALS_MAX} are allowed", credentials.len());
        return Err(Problem::invalid(message));
    }
    credentials.into_iter().map(|credential| take_one(state, credential)).collect()
}

fn take_one(state: &mut CallContext, credential: Credential) -> Result<Attached, Problem> {
    let Credential { secret, placement } = credential;
    let secret = Named::take(state, &secret)?;
    let mut within = Vec::new();
    match &placement {
        Placement::Basic(user) if user.len() > USER_BYTES_MAX => {
            let message = format!("a user name of {} bytes, {USER_BYTES_MAX} are allowed", user.len());
            return Err(Problem::invalid(message));
        }
        Placement::Basic(user) => state.mask.add_pair(user, secret.bytes()),
        Placement::Hmac(hmac) if hmac.message.len() > MESSAGE_PARTS_MAX => {
            let message =
                format!("a signed text of {} parts, {MESSAGE_PARTS_MAX} are allowed", hmac.message.len());
            return Err(Problem::invalid(message));
        }
        Placement::Hmac(hmac) => {
            for part in &hmac.message {
                if let MessagePart::Secret(name) = part {
                    within.push(Named::take(state, name)?);
                }
            }
        }
        Placement::Sigv4(_) => {
            let masked = sigv4::mask(&secret, &mut state.mask);
            masked.map_err(|unplaced| unplaced.told(state))?;
        }
        Placement::Header(_)
        | Placement::Bearer
        | Placement::Query(_)
        | Placement::Url
        | Placement::Placeholder(_)
        | Placement::Other(_) => {}
    }
    Ok(Attached { secret, placement, within })
}

/// The URL that a request goes to: its own, or one that is a secret.
pub(super) fn base_url(
    state: &mut CallContext,
    url: &str,
    credentials: &[Attached],
) -> Result<String, Problem> {
    let whole = credentials.iter().find(|credential| matches!(credential.placement, Placement::Url));
    let Some(Attached { secret, .. }) = whole else { return Ok(url.to_owned()) };
    match secret.text() {
        Ok(text) => Ok(format!("{}{url}", text.trim_end())),
        Err(unplaced) => Err(unplaced.told(state)),
    }
}

/// The problem with a secret URL that is not a valid URL together with what the request adds to it.
pub(super) fn no_url(state: &mut CallContext, credentials: &[Attached]) -> Problem {
    let whole = credentials.iter().find(|credential| credential.is_whole_url());
    let secret = &whole.expect("the URL is a secret").secret;
    secret.unfit(Flaw::NoUrl).told(state)
}

/// Whether every credential may go to this origin; a secret that is only signed is held to its binding too.
pub(super) fn decide(
    state: &mut CallContext,
    credentials: &[Attached],
    scheme: Scheme,
    host: &str,
    port: u16,
) -> Result<(), Problem> {
    for Attached { secret, within, .. } in credentials {
        for Named { name, secret } in std::iter::once(secret).chain(within) {
            secret::decide(state, name, secret, scheme, host, port)?;
        }
    }
    Ok(())
}

/// Puts every credential in place. One that signs the whole request comes last, in whatever order they were named.
pub(super) fn place(
    state: &mut CallContext,
    credentials: &[Attached],
    outgoing: &mut Outgoing,
) -> Result<(), Problem> {
    let Some(ports) = &state.ports else { return Ok(()) };
    let now = (ports.wall)();
    // Whatever can be refused is refused by what the guest wrote. A secret's bytes do not matter for that.
    credentials.iter().try_for_each(|credential| credential.check(outgoing))?;
    if let Some(places) = places::Places::of(credentials, outgoing)? {
        places.fill(outgoing).map_err(|unplaced| unplaced.told(state))?;
    }
    let (last, first): (Vec<_>, Vec<_>) =
        credentials.iter().partition(|credential| matches!(credential.placement, Placement::Sigv4(_)));
    for credential in first.into_iter().chain(last) {
        if matches!(credential.placement, Placement::Hmac(_) | Placement::Sigv4(_)) {
            count_signature(state)?;
        }
        let placed = credential.place(outgoing, now, &mut state.mask);
        placed.map_err(|unplaced| unplaced.told(state))?;
    }
    Ok(())
}

fn count_signature(state: &mut CallContext) -> Result<(), Problem> {
    if state.http.signatures >= SIGNATURES_MAX {
        let message = state.refusals.limit(format!("more than {SIGNATURES_MAX} signatures in one call"));
        return Err(Problem::new(FailureKind::Limit, Phase::Policy, message));
    }
    state.http.signatures += 1;
    Ok(())
}

impl Attached {
    /// Whether its place is where logins are sent.
    pub(super) fn is_authorization(&self) -> bool {
        let named = |header: &str| header.eq_ignore_ascii_case(AUTHORIZATION.as_str());
        match &self.placement {
            Placement::Bearer | Placement::Basic(_) | Placement::Sigv4(_) => true,
            Placement::Header(name) => named(name),
            Placement::Hmac(hmac) => named(&hmac.header),
            Placement::Query(_) | Placement::Url | Placement::Placeholder(_) | Placement::Other(_) => false,
        }
    }
    pub(super) fn is_whole_url(&self) -> bool {
        matches!(self.placement, Placement::Url)
    }

    /// Checks that it has a place in the request as the guest wrote it, whatever the secret is.
    fn check(&self, outgoing: &Outgoing) -> Result<(), Problem> {
        match &self.placement {
            Placement::Header(name) => header_name(name).map(drop),
            Placement::Hmac(hmac) => header_name(&hmac.header).and_then(|_| hmac::check(hmac)),
            Placement::Sigv4(sigv4) => sigv4::check(sigv4, outgoing),
            Placement::Other(other) => Err(unoffered(&format!("credentials placed as `{other}`"))),
            Placement::Bearer
            | Placement::Basic(_)
            | Placement::Query(_)
            | Placement::Url
            | Placement::Placeholder(_) => Ok(()),
        }
    }

    /// Changes the request so that the secret stands in its place.
    fn place(&self, outgoing: &mut Outgoing, now: Wall, mask: &mut Mask) -> Result<(), Unplaced> {
        let secret = &self.secret;
        let header = |value: &str| sensitive(value).ok_or_else(|| secret.unfit(Flaw::NoLine));
        match &self.placement {
            Placement::Header(name) => {
                outgoing.headers.insert(header_name(name)?, header(secret.text()?)?);
            }
            Placement::Bearer => {
                outgoing.headers.insert(AUTHORIZATION, header(&format!("Bearer {}", secret.text()?))?);
            }
            Placement::Basic(user) => {
                let pair = basic_pair(user, secret.bytes());
                let value = header(&format!("Basic {}", STANDARD.encode(pair)))?;
                outgoing.headers.insert(AUTHORIZATION, value);
            }
            Placement::Query(name) => {
                outgoing.url.query_pairs_mut().append_pair(name, secret.text()?);
            }
            // A secret URL was the base already, and all placeholders were filled at once.
            Placement::Url | Placement::Placeholder(_) => {}
            Placement::Hmac(hmac) => {
                let name = header_name(&hmac.header)?;
                outgoing.headers.insert(name, hmac::header(secret, hmac, &self.within, mask)?);
            }
            Placement::Sigv4(sigv4) => sigv4::sign(secret, sigv4, now, outgoing, mask)?,
            Placement::Other(other) => {
                return Err(unoffered(&format!("credentials placed as `{other}`")).into());
            }
        }
        Ok(())
    }
}

/// A header that neither frames the message nor names another host: both are decided before a secret is in its place.
fn header_name(name: &str) -> Result<HeaderName, Problem> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Problem::invalid(format!("`{name}` is not a header name")))?;
    refuse_framing(&name)?;
    if name == HOST {
        return Err(Problem::invalid("no secret may be in the header `host`"));
    }
    Ok(name)
}

/// `None` if it cannot be in a header.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn basic_pair(user: &str, password: &[u8]) -> Vec<u8> {
    [user.as_bytes(), b":", password].concat()
}

fn unoffered(what: &str) -> Problem {
    Problem::invalid(format!(
        "{what} are not offered by this version; hint: use a header, bearer, basic, query, url, placeholder, hmac or sigv4 credential"
    ))
}
