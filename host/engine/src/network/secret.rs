//! The secrets that a call may attach: those that its config names. What comes back is masked for all of them.

use watchkeep_core::grant::{Denial, Scheme, decide_secret};
use watchkeep_core::ids::SecretName;

use super::failure::Problem;
use super::tls::{Flaw, Identity};
use crate::call::CallContext;
use crate::contract::transport::{FailureKind, Phase};
use crate::ports::Secret;

/// The bytes stay with the host.
pub(crate) fn take(state: &mut CallContext, name: &SecretName) -> Result<Secret, Problem> {
    if !state.attachable.contains(name.as_str()) {
        return Err(denied(
            state,
            Denial {
                message: format!("secret `{name}`, which is not in the config"),
                hint: format!("write `{{ secret = \"{name}\" }}` where the plugin's config wants it"),
            },
        ));
    }
    let found = state.ports.as_ref().and_then(|ports| ports.secrets.secret(name));
    let secret = found.ok_or_else(|| Problem::invalid(format!("there is no secret `{name}`")))?;
    Ok(secret)
}

/// The client certificate that it holds.
pub(crate) fn identity(
    state: &mut CallContext,
    name: &SecretName,
    secret: &Secret,
) -> Result<Identity, Problem> {
    Identity::of_pem(&secret.value).map_err(|Flaw { problem, hint }| {
        unusable(state, name, &format!("is not a client certificate that can be shown: {problem}"), hint)
    })
}

/// The problem with a secret that is not what the plugin takes it for. The operator is told what is wrong; a guest gets
/// the same sentence, whatever is wrong with whichever secret.
pub(crate) fn unusable(state: &mut CallContext, name: &SecretName, problem: &str, hint: &str) -> Problem {
    state.refusals.unusable(format!("secret `{name}` {problem}"), hint);
    Problem::invalid(
        "a secret cannot be used where the request places it; the operator of this host is told why",
    )
}

/// Whether it may go to this origin.
pub(crate) fn decide(
    state: &mut CallContext,
    name: &SecretName,
    secret: &Secret,
    scheme: Scheme,
    host: &str,
    port: u16,
) -> Result<(), Problem> {
    decide_secret(name, &secret.to, scheme, host, port).map_err(|denial| denied(state, denial))
}

pub(super) fn denied(state: &mut CallContext, denial: Denial) -> Problem {
    let denial = state.refusals.deny(denial);
    Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string())
}
