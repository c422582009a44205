//! Searches what leaves the host on behalf of a guest for secrets that the call may attach. A secret goes nowhere that
//! it is not bound to, however it came into the text. Somebody who does not know a secret can write it by chance only
//! if it can be guessed, so a refusal answers no question. Secrets that can be guessed are looked for only in what a
//! server said, not in what the guest wrote.

use percent_encoding::percent_decode;
use watchkeep_core::grant::{Denial, Scheme, decide_secret};

use super::failure::Problem;
use super::secret::denied;
use crate::call::{CallContext, OverBudget};
use crate::contract::transport::{FailureKind, Phase};
use crate::http::mask::Known;

/// Where something goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    Endpoint {
        scheme: Scheme,
        host: &'a str,
        port: u16,
    },
    /// A destination to which no secret can be bound, with what it is.
    Other(&'a str),
}

/// Whose words the text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    ByGuest,
    /// Said by a server that may have been sent secrets.
    ByServer,
}

/// Whether these texts may go there. Gives way to others meanwhile, because they may be long.
pub(crate) async fn check(
    state: &mut CallContext,
    to: Destination<'_>,
    said: Said,
    texts: &[&[u8]],
) -> Result<(), Problem> {
    if state.mask.known().is_empty() {
        return Ok(());
    }
    let mut pace = state.pace();
    let mask = state.mask.clone();
    for known in mask.known() {
        let Some(denial) = unbound(known, to) else { continue };
        for text in texts {
            if stands(known, said, text) {
                return Err(denied(state, denial));
            }
            match pace.step().await {
                Ok(()) => {}
                Err(OverBudget) => return Err(over_budget(state)),
            }
        }
    }
    Ok(())
}

/// The same for short texts.
pub(crate) fn check_words(
    state: &mut CallContext,
    to: Destination<'_>,
    texts: &[&[u8]],
) -> Result<(), Problem> {
    let mask = state.mask.clone();
    let found = mask.known().iter().find_map(|known| {
        let denial = unbound(known, to)?;
        texts.iter().any(|text| stands(known, Said::ByGuest, text)).then_some(denial)
    });
    found.map_or(Ok(()), |denial| Err(denied(state, denial)))
}

fn stands(known: &Known, said: Said, text: &[u8]) -> bool {
    let stands =
        |text: &[u8]| known.stands_in(text) || (said == Said::ByServer && known.stands_alone_in(text));
    if stands(text) {
        return true;
    }
    // Any character may be escaped, in a URL and in what is made from one.
    text.contains(&b'%') && stands(&percent_decode(text).collect::<Vec<u8>>())
}

fn unbound(known: &Known, to: Destination<'_>) -> Option<Denial> {
    let name = &known.name;
    match to {
        Destination::Endpoint { scheme, host, port } => {
            decide_secret(name, &known.secret.to, scheme, host, port).err()
        }
        Destination::Other(what) => Some(Denial {
            message: format!("secret `{name}` in {what}"),
            hint: "secrets go where they are attached by their names, to origins that they are bound to"
                .to_owned(),
        }),
    }
}

/// The call has computed for long enough.
pub(crate) fn over_budget(state: &mut CallContext) -> Problem {
    let message = format!("the call used up its CPU time of {:?}", state.limits.cpu);
    let message = state.meet(watchkeep_core::limits::Limit::Cpu, message);
    Problem::new(FailureKind::Limit, Phase::Policy, message)
}
