//! What admins do about users.

use std::sync::Arc;

use watchkeep_core::access::{AccessChange, Directory, PasswordLife, Role, Scope, SessionOf, User};
use watchkeep_core::audit_log::AuditEntry;

use super::password::{must_be_good, one_time};
use super::{USERS_MAX, scope};
use crate::host::Write;
use crate::problem::Problem;
use crate::router::App;

const NAME_CHARACTERS_MAX: usize = 64;
/// Names that the audit log uses for what is nobody's.
const RESERVED: [&str; 2] = ["host", "nobody"];

/// A user to be added.
pub(crate) struct NewUser<'a> {
    pub(crate) name: &'a str,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    /// `None`: the host makes a one-time password.
    pub(crate) password: Option<&'a str>,
}

/// A role and a scope as people write them. What an admin does concerns the whole host.
pub(crate) fn role_and_scope<'a>(
    role: &str,
    matchers: impl IntoIterator<Item = &'a str>,
) -> Result<(Role, Scope), Problem> {
    let known = Role::parse(role).ok_or_else(|| {
        let shown: String = role.chars().take(64).collect();
        Problem::invalid(format!("`{shown}` is not a role; hint: there is `viewer`, `operator`, `admin`"))
    })?;
    let scope = scope(matchers)?;
    if known == Role::Admin && !scope.is_everything() {
        return Err(Problem::invalid(
            "an admin has no scope, because reloads, plugins and people concern the whole host; hint: give the role `operator`",
        ));
    }
    Ok((known, scope))
}

/// How somebody stands, for the audit log.
pub(super) fn words(role: Role, scope: &Scope) -> String {
    if scope.is_everything() { role.as_str().to_owned() } else { format!("{} of {scope}", role.as_str()) }
}

/// All sessions of a user, to be ended.
pub(super) fn sessions_of(directory: &Directory, name: &str) -> Vec<AccessChange> {
    let of_user = |of: &SessionOf| matches!(of, SessionOf::User(user) if user == name);
    let sessions = directory.sessions.values().filter(|session| of_user(&session.of));
    sessions.map(|session| AccessChange::RemoveSession(session.key)).collect()
}

pub(super) fn good_name(field: &str, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let fits = |c: char| c.is_alphanumeric() || " ._@+-".contains(c);
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARACTERS_MAX || !name.chars().all(fits) {
        return Err(Problem::invalid(format!(
            "`{field}` is 1 to {NAME_CHARACTERS_MAX} letters, digits, spaces and `._@+-`"
        )));
    }
    if RESERVED.contains(&name) {
        return Err(Problem::invalid(format!(
            "`{name}` is a name that the audit log uses for what is nobody's"
        )));
    }
    Ok(name.to_owned())
}

/// Adds a user, and returns the password if the host made it.
pub(crate) async fn add_user(app: &App, new: NewUser<'_>) -> Result<Option<String>, Problem> {
    let name = good_name("name", new.name)?;
    let made = match new.password {
        Some(password) => {
            must_be_good(password, &name)?;
            None
        }
        None => Some(one_time(&app.host.random()?)),
    };
    let password = made.clone().or_else(|| new.password.map(str::to_owned)).unwrap_or_default();
    let password_hash = app.door.hashing.hash(password, app.host.random()?).await?;
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    if directory.users.contains_key(&name) {
        return Err(Problem::refused(format!("there is a user `{name}` already")));
    }
    if directory.users.len() >= USERS_MAX {
        return Err(Problem::refused(format!("there are {USERS_MAX} users already; hint: remove some")));
    }
    let now = app.host.now();
    let life = if made.is_some() { PasswordLife::OneTime } else { PasswordLife::Chosen };
    let entry =
        AuditEntry::new(now, app.caller.author(), "user.add", name.clone()).to(words(new.role, &new.scope));
    let user = User {
        name,
        role: new.role,
        scope: new.scope,
        password_hash,
        password: life,
        created_at: now,
        disabled_at: None,
    };
    app.host.write(Write::Access(vec![AccessChange::PutUser(user)]), entry).await?;
    Ok(made)
}

fn known(directory: &Directory, name: &str) -> Result<Arc<User>, Problem> {
    directory.users.get(name).cloned().ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        Problem::not_found(&format!("user `{shown}`"))
    })
}

/// Keeps people from locking themselves out. The control socket is always there.
fn not_oneself(app: &App, name: &str) -> Result<(), Problem> {
    if app.caller.user() == Some(name) {
        return Err(Problem::refused(format!(
            "`{name}` is you; hint: another admin does that, or `watchkeep user` on the host"
        )));
    }
    Ok(())
}

/// Gives a user another role and scope. Sessions go on, with what they may do from now on.
pub(crate) async fn set_role(app: &App, name: &str, role: Role, scope: Scope) -> Result<(), Problem> {
    not_oneself(app, name)?;
    let _turn = app.door.turn.lock().await;
    let user = known(&app.host.directory(), name)?;
    let entry = AuditEntry::new(app.host.now(), app.caller.author(), "user.role", name)
        .from(words(user.role, &user.scope))
        .to(words(role, &scope));
    let change = AccessChange::PutUser(User { role, scope, ..(*user).clone() });
    Ok(app.host.write(Write::Access(vec![change]), entry).await?)
}

/// Gives a user another password and ends all sessions. Without one the host makes a one-time password and returns it.
pub(crate) async fn set_password(
    app: &App,
    name: &str,
    new: Option<&str>,
) -> Result<Option<String>, Problem> {
    known(&app.host.directory(), name)?;
    let made = match new {
        Some(password) => {
            must_be_good(password, name)?;
            None
        }
        None => Some(one_time(&app.host.random()?)),
    };
    let password = made.clone().or_else(|| new.map(str::to_owned)).unwrap_or_default();
    let password_hash = app.door.hashing.hash(password, app.host.random()?).await?;
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let user = known(&directory, name)?;
    let life = if made.is_some() { PasswordLife::OneTime } else { PasswordLife::Chosen };
    let mut changes = sessions_of(&directory, name);
    changes.push(AccessChange::PutUser(User { password_hash, password: life, ..(*user).clone() }));
    let entry = AuditEntry::new(app.host.now(), app.caller.author(), "user.password", name);
    app.host.write(Write::Access(changes), entry).await?;
    Ok(made)
}

pub(crate) async fn disable(app: &App, name: &str) -> Result<(), Problem> {
    not_oneself(app, name)?;
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let user = known(&directory, name)?;
    if user.disabled_at.is_some() {
        return Err(Problem::refused(format!("`{name}` is disabled already")));
    }
    let now = app.host.now();
    let mut changes = sessions_of(&directory, name);
    changes.push(AccessChange::PutUser(User { disabled_at: Some(now), ..(*user).clone() }));
    let entry =
        AuditEntry::new(now, app.caller.author(), "user.disable", name).from("enabled").to("disabled");
    Ok(app.host.write(Write::Access(changes), entry).await?)
}

pub(crate) async fn enable(app: &App, name: &str) -> Result<(), Problem> {
    let _turn = app.door.turn.lock().await;
    let user = known(&app.host.directory(), name)?;
    if user.disabled_at.is_none() {
        return Err(Problem::refused(format!("`{name}` is not disabled")));
    }
    let change = AccessChange::PutUser(User { disabled_at: None, ..(*user).clone() });
    let entry = AuditEntry::new(app.host.now(), app.caller.author(), "user.enable", name)
        .from("disabled")
        .to("enabled");
    Ok(app.host.write(Write::Access(vec![change]), entry).await?)
}

pub(crate) async fn remove_user(app: &App, name: &str) -> Result<(), Problem> {
    not_oneself(app, name)?;
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let user = known(&directory, name)?;
    let mut changes = sessions_of(&directory, name);
    changes.push(AccessChange::RemoveUser(name.to_owned()));
    let entry = AuditEntry::new(app.host.now(), app.caller.author(), "user.remove", name)
        .from(words(user.role, &user.scope));
    Ok(app.host.write(Write::Access(changes), entry).await?)
}
