//! API tokens: `wk_`, an id, a secret. The host keeps a hash of the secret, so a token is shown once.

use watchkeep_core::access::{AccessChange, ApiToken, Role, Scope};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

use super::TOKENS_MAX;
use super::manage::{good_name, words};
use super::sign_in::text_of;
use crate::caller::TOKEN_PREFIX;
use crate::host::Write;
use crate::problem::Problem;
use crate::router::App;

/// How many letters of an id there are.
const ID_LETTERS: usize = 12;

/// A token to be made.
pub(crate) struct NewToken<'a> {
    pub(crate) name: &'a str,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Wall>,
}

/// Makes a token; returns what is kept of it, and the token itself.
pub(crate) async fn add_token(app: &App, new: NewToken<'_>) -> Result<(ApiToken, String), Problem> {
    let name = good_name("name", new.name)?;
    let now = app.host.now();
    if new.expires_at.is_some_and(|expires| expires <= now) {
        return Err(Problem::invalid("the token would have expired already; hint: give a later moment"));
    }
    let id: String = text_of(&app.host.random()?).chars().take(ID_LETTERS).collect();
    let secret = text_of(&app.host.random()?);
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    if directory.tokens.values().any(|token| token.name == name) {
        return Err(Problem::refused(format!(
            "there is a token `{name}` already; hint: revoke it, or choose another name"
        )));
    }
    if directory.tokens.len() >= TOKENS_MAX {
        return Err(Problem::refused(format!("there are {TOKENS_MAX} tokens already; hint: revoke some")));
    }
    let token = ApiToken {
        id: id.clone(),
        name: name.clone(),
        secret_hash: Digest::of(secret.as_bytes()),
        role: new.role,
        scope: new.scope,
        created_at: now,
        by: app.caller.name.to_string(),
        expires_at: new.expires_at,
        used_at: None,
    };
    let until = token.expires_at.map(|at| format!(", until {at}")).unwrap_or_default();
    let entry = AuditEntry::new(now, app.caller.author(), "token.add", format!("{name} ({id})"))
        .to(format!("{}{until}", words(token.role, &token.scope)));
    app.host.write(Write::Access(vec![AccessChange::PutToken(token.clone())]), entry).await?;
    Ok((token, format!("{TOKEN_PREFIX}{id}_{secret}")))
}

/// Ends a token, by its id or its name.
pub(crate) async fn revoke_token(app: &App, id: &str) -> Result<(), Problem> {
    let _turn = app.door.turn.lock().await;
    let directory = app.host.directory();
    let token = directory.tokens.get(id).or_else(|| directory.tokens.values().find(|token| token.name == id));
    let token = token.cloned().ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("token `{shown}`"))
    })?;
    let on = format!("{} ({})", token.name, token.id);
    let entry = AuditEntry::new(app.host.now(), app.caller.author(), "token.revoke", on)
        .from(words(token.role, &token.scope));
    let change = AccessChange::RemoveToken(token.id.clone());
    Ok(app.host.write(Write::Access(vec![change]), entry).await?)
}
