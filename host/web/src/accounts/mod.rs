//! Signing in and out, and who may do what: people, tokens, sessions. What is decided here is written through the host,
//! each change with its entry in the audit log.

mod attempts;
mod manage;
pub(crate) mod oidc;
mod password;
mod sign_in;
mod tokens;

use tokio::sync::Mutex;
use watchkeep_core::access::Scope;

use crate::problem::Problem;
use attempts::Attempts;
use password::Hashing;

pub(crate) use manage::{
    NewUser, add_user, disable, enable, remove_user, role_and_scope, set_password, set_role,
};
pub(crate) use password::CHARACTERS_MIN;
pub use sign_in::first_admin;
pub(crate) use sign_in::{change_password, sign_in, sign_out};
pub(crate) use tokens::{NewToken, add_token, revoke_token};

/// The most users, and the most tokens.
const USERS_MAX: usize = 10_000;
const TOKENS_MAX: usize = 10_000;
/// The most sessions at once; beyond that the one that was used longest ago ends.
const SESSIONS_MAX: usize = 20_000;
/// The most matchers of a scope.
const MATCHERS_MAX: usize = 16;

/// What all requests share that sign in or change who may do what.
#[derive(Default)]
pub(crate) struct Door {
    attempts: Attempts,
    oidc: oidc::Doorway,
    hashing: Hashing,
    /// One change at a time: each begins with how things are.
    turn: Mutex<()>,
}

/// A scope as people write it: matchers.
pub(crate) fn scope<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Scope, Problem> {
    let texts: Vec<&str> = texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
    if texts.len() > MATCHERS_MAX {
        return Err(Problem::invalid(format!("a scope has at most {MATCHERS_MAX} matchers")));
    }
    Scope::parse(texts).map_err(|error| Problem::invalid(error.to_string()))
}
