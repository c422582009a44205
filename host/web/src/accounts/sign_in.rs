//! Signing in and out, and changing one's own password.

use watchkeep_core::access::{AccessChange, Directory, PasswordLife, Role, Scope, Session, SessionOf, User};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::ids::Digest;

use http::StatusCode;

use super::SESSIONS_MAX;
use super::password::{must_be_good, one_time};
use crate::access::SignIn;
use crate::caller::{Caller, Credential, is_over};
use crate::host::{Host, HostError, Write};
use crate::problem::Problem;
use crate::router::App;

/// The name that the admin token stands for.
const ADMIN: &str = "admin";

/// A session that began.
pub(crate) struct Begun {
    /// What the cookie holds.
    pub(crate) cookie: String,
    pub(crate) password: PasswordLife,
}

/// Begins a session for whoever knows the password. Every refusal is the same, and takes as long: it does not tell whether
/// there is such a user.
pub(crate) async fn sign_in(app: &App, name: &str, password: &str) -> Result<Begun, Problem> {
    let Some(attempt) = app.door.attempts.begin(app.caller.from, name) else {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "too many attempts to sign in failed; hint: wait half a minute, and try once more",
        ));
    };
    let directory = app.host.directory();
    let user = directory.users.get(name).cloned();
    let access = app.host.access();
    let is_admin_token = user.is_none()
        && name == ADMIN
        && access.admin_token.as_ref().is_some_and(|token| token.is(password));
    // Computed whoever it is.
    let is_users = app.door.hashing.is_of(user.as_deref(), password.to_owned()).await?;
    // Between the reading and the end of the hashing, somebody may have disabled the user.
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let user = directory.users.get(name).filter(|now| {
        is_users
            && now.disabled_at.is_none()
            && user.is_some_and(|before| before.password_hash == now.password_hash)
    });
    let cookie = text_of(&app.host.random()?);
    let now = app.host.now();
    let key = Digest::of(cookie.as_bytes());
    let (of, role, life) = match (user, &access.admin_token) {
        (Some(user), _) => (SessionOf::User(user.name.clone()), user.role, user.password),
        (None, Some(token)) if is_admin_token => {
            (SessionOf::AdminToken(token.bound_to(&cookie)), Role::Admin, PasswordLife::Chosen)
        }
        (None, _) => {
            failed(app, name).await;
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "wrong-password",
                "the name or the password is wrong; hint: an admin gives you a new one with `watchkeep user passwd NAME`",
            ));
        }
    };
    app.door.attempts.went_well(attempt);
    let mut changes = old_sessions(&directory, now);
    // Whoever signs in again, with the same browser, leaves no session behind.
    if let Credential::Session { key, .. } = &app.caller.credential {
        changes.push(AccessChange::RemoveSession(*key));
    }
    changes.push(AccessChange::PutSession(Session { key, of, began_at: now, seen_at: now }));
    let who = Author {
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        by_way_of: "password".to_owned(),
        from: app.caller.author().from,
    };
    app.host.write(Write::Access(changes), AuditEntry::new(now, who, "session.begin", name)).await?;
    Ok(Begun { cookie, password: life })
}

/// Notes a failure. Attempts are bounded, and so are the entries. A name that nobody has is not written down: people type
/// passwords there.
async fn failed(app: &App, name: &str) {
    if !app.door.attempts.is_logged() {
        return;
    }
    let known = app.host.directory().users.contains_key(name) || name == ADMIN;
    let shown = if known { name } else { "(no such user)" };
    let entry =
        AuditEntry::new(app.host.now(), Caller::nobody(app.caller.from).author(), "session.refuse", shown);
    if let Err(error) = app.host.write(Write::Access(Vec::new()), entry).await {
        tracing::warn!(%error, "a failed attempt to sign in is not in the audit log");
    }
}

/// Sessions that are over, and the oldest if there are too many.
pub(super) fn old_sessions(directory: &Directory, now: watchkeep_core::time::Wall) -> Vec<AccessChange> {
    let over = |session: &&std::sync::Arc<Session>| is_over(session, now);
    let mut gone: Vec<Digest> = directory.sessions.values().filter(over).map(|session| session.key).collect();
    if gone.is_empty() && directory.sessions.len() >= SESSIONS_MAX {
        gone.extend(
            directory.sessions.values().min_by_key(|session| session.seen_at).map(|session| session.key),
        );
    }
    gone.into_iter().map(AccessChange::RemoveSession).collect()
}

pub(crate) async fn sign_out(app: &App) -> Result<(), Problem> {
    let Credential::Session { key, .. } = &app.caller.credential else {
        return Err(Problem::refused("nobody has signed in here, so nobody can sign out"));
    };
    let entry =
        AuditEntry::new(app.host.now(), app.caller.author(), "session.end", app.caller.name.to_string());
    Ok(app.host.write(Write::Access(vec![AccessChange::RemoveSession(*key)]), entry).await?)
}

/// Changes the caller's own password. Every session of the user ends, and a new one begins.
pub(crate) async fn change_password(app: &App, old: &str, new: &str) -> Result<Begun, Problem> {
    let Some(name) = app.caller.user() else {
        return Err(Problem::refused(
            "only somebody who signed in with a password of their own can change it",
        ));
    };
    must_be_good(new, name)?;
    let Some(attempt) = app.door.attempts.begin(app.caller.from, name) else {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "too many attempts failed; hint: wait half a minute, and try once more",
        ));
    };
    let before = app.host.directory().users.get(name).cloned();
    if !app.door.hashing.is_of(before.as_deref(), old.to_owned()).await? {
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong-password", "the present password is wrong"));
    }
    app.door.attempts.went_well(attempt);
    if old == new {
        return Err(Problem::invalid("the new password is the old one; hint: choose another"));
    }
    let password_hash = app.door.hashing.hash(new.to_owned(), app.host.random()?).await?;
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let user = directory.users.get(name).filter(|user| {
        user.disabled_at.is_none() && before.is_some_and(|before| before.password_hash == user.password_hash)
    });
    let user =
        user.ok_or_else(|| Problem::refused("the account was changed meanwhile; hint: sign in again"))?;
    let now = app.host.now();
    let cookie = text_of(&app.host.random()?);
    let mut changes = super::manage::sessions_of(&directory, name);
    changes.push(AccessChange::PutUser(User {
        password_hash,
        password: PasswordLife::Chosen,
        ..(**user).clone()
    }));
    let (key, of) = (Digest::of(cookie.as_bytes()), SessionOf::User(name.to_owned()));
    changes.push(AccessChange::PutSession(Session { key, of, began_at: now, seen_at: now }));
    let entry = AuditEntry::new(now, app.caller.author(), "user.password", name);
    app.host.write(Write::Access(changes), entry).await?;
    Ok(Begun { cookie, password: PasswordLife::Chosen })
}

/// Random bytes as text that fits into a cookie and a token.
pub(super) fn text_of(random: &[u8; 32]) -> String {
    Digest(*random).to_string()
}

/// Where people must sign in and nobody can yet: makes the user `admin`, and returns the password, to be printed once. It
/// must be changed at the first sign-in. `None` if somebody can sign in already.
///
/// # Errors
/// If the host has no randomness, or cannot write.
pub async fn first_admin(host: &dyn Host) -> Result<Option<String>, HostError> {
    let access = host.access();
    if access.sign_in != SignIn::Always || access.admin_token.is_some() || !host.directory().users.is_empty()
    {
        return Ok(None);
    }
    let password = one_time(&host.random()?);
    let hashing = super::Hashing::default();
    let password_hash = hashing
        .hash(password.clone(), host.random()?)
        .await
        .map_err(|problem| HostError::Unavailable { message: problem.detail })?;
    let user = User {
        name: ADMIN.to_owned(),
        role: Role::Admin,
        scope: Scope::everything(),
        password_hash,
        password: PasswordLife::OneTime,
        created_at: host.now(),
        disabled_at: None,
    };
    let who = Author { name: "host".to_owned(), by_way_of: "host".to_owned(), ..Author::default() };
    let entry = AuditEntry::new(host.now(), who, "user.add", ADMIN).to("admin, one-time password");
    host.write(Write::Access(vec![AccessChange::PutUser(user)]), entry).await?;
    Ok(Some(password))
}
