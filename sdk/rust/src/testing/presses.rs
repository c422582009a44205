//! The script's side of `replies`.

use super::script::with;
use crate::replies::Invitation;

/// Who answers a press: the token and the service's id of who pressed, to the sentence for that person.
pub(super) type Taker = std::rc::Rc<dyn Fn(&str, &str) -> Result<String, String>>;

pub(crate) fn replies_invite(alert: &str) -> Option<Invitation> {
    with(|script| script.invitations.get(alert).cloned())
}

pub(crate) fn replies_take(token: &str, person: &str) -> Result<String, String> {
    let taker = with(|script| {
        script.taken.push((token.to_owned(), person.to_owned()));
        script.taker.clone()
    });
    match taker {
        Some(Took(taker)) => taker(token, person),
        None => Ok("Acknowledged.".to_owned()),
    }
}

/// A `Taker` that can be printed.
#[derive(Clone)]
pub(super) struct Took(pub(super) Taker);

impl std::fmt::Debug for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Took")
    }
}
