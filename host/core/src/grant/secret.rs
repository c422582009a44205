//! Where a secret may be sent. Binding is the first line of defence; masking what comes back is the second.

use super::{Denial, Host, Origin, OriginPattern, Scheme};
use crate::ids::SecretName;

/// Decides whether `secret`, bound to the origins `to`, may be attached to an exchange with this origin. A secret that
/// is a URL is bound to its own origin (`OriginPattern::of_url`). A secret without bindings is sent nowhere.
pub fn decide_secret(
    secret: &SecretName,
    to: &[OriginPattern],
    scheme: Scheme,
    host: &str,
    port: u16,
) -> Result<(), Denial> {
    let host = Host::parse(host).map_err(|error| Denial {
        message: format!("secret `{secret}` to `{}`: {}", error.entry, error.problem),
        hint: error.hint,
    })?;
    if to.iter().any(|pattern| pattern.covers(scheme, &host, port)) {
        return Ok(());
    }
    let origin = Origin { scheme, host, port };
    Err(Denial {
        message: format!("secret `{secret}` to {origin}, to which it is not bound"),
        hint: format!("add `\"{origin}\"` to `to` of `{secret}` under [secrets]"),
    })
}
