//! What an agent of version 3 reports in place of an answer.

use watchkeep_sdk::Fault;

use crate::oid::Oid;

/// `usmStatsNotInTimeWindows.0`.
pub(crate) const NOT_IN_TIME: &[u32] = &[1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0];
const OF_USERS: &[u32] = &[1, 3, 6, 1, 6, 3, 15, 1, 1];
const OF_MESSAGES: &[u32] = &[1, 3, 6, 1, 6, 3, 11, 2, 1];
const OF_CONTEXTS: &[u32] = &[1, 3, 6, 1, 6, 3, 12, 1];

/// Nothing is judged: the agent answers, and not this question.
pub(crate) fn fault(about: &Oid) -> Fault {
    let numbers = about.numbers().strip_suffix(&[0]).unwrap_or(about.numbers());
    let config = |said: &str| Fault::config(format!("the agent {said}"));
    let inconclusive = |said: &str| Fault::inconclusive(format!("the agent {said}"));
    match numbers.split_last() {
        Some((1, OF_USERS)) => config(
            "does not take this user at this level (unsupported security level); hint: it may have the user without \
             `privacy` or `authentication`",
        ),
        Some((2, OF_USERS)) => inconclusive(
            "says that the time in the question is wrong, also when it is the agent's own (not in time window); hint: its \
             engine may have lost count of its starts, or another one has the same engine id",
        ),
        Some((3, OF_USERS)) => config("does not know the user (unknown user name); hint: see `user.name`"),
        Some((4, OF_USERS)) => inconclusive("says that it is another engine by now (unknown engine id)"),
        Some((5, OF_USERS)) => config(
            "does not take the signature (wrong digest); hint: see `protocol` and `password` of `user.authentication`",
        ),
        Some((6, OF_USERS)) => config(
            "cannot decrypt the question (decryption error); hint: see `protocol` and `password` of `user.privacy`",
        ),
        Some((1, OF_MESSAGES)) => config("does not know the user-based security model"),
        Some((4 | 5, OF_CONTEXTS)) => config("does not know the context; hint: see `user.context`"),
        _ => inconclusive(&format!("reports `{}` in place of an answer", about.text())),
    }
}
