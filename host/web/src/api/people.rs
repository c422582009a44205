//! Users and tokens: who may do what. No answer has a hash or, but for the one that made it, a secret.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use watchkeep_core::access::{ApiToken, Directory, PasswordLife, Scope, SessionOf, User};
use watchkeep_core::time::Wall;

use super::body::{Body, Span, moment};
use super::json::{List, time};
use super::query::{Named, Params};
use crate::accounts::{self, NewToken, NewUser, role_and_scope};
use crate::caller::is_over;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct UserItem {
    name: String,
    role: &'static str,
    scope: Vec<String>,
    disabled_at: Option<String>,
    must_change_password: bool,
    created_at: String,
    /// When one of its sessions was last used; `null` without a session.
    seen_at: Option<String>,
    sessions: usize,
}

#[derive(Serialize)]
pub(crate) struct TokenItem {
    id: String,
    name: String,
    role: &'static str,
    scope: Vec<String>,
    created_at: String,
    by: String,
    expires_at: Option<String>,
    used_at: Option<String>,
}

/// What is said once.
#[derive(Serialize)]
pub(crate) struct Made {
    name: String,
    /// The one-time password, if the host made it.
    password: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct TokenMade {
    #[serde(flatten)]
    item: TokenItem,
    /// The token. The host does not keep it.
    token: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AddUser {
    name: String,
    role: String,
    scope: Vec<String>,
    /// If it is missing, the host makes a one-time password.
    password: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SetRole {
    role: String,
    scope: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SetPassword {
    password: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AddToken {
    name: String,
    role: String,
    scope: Vec<String>,
    expires_at: Option<String>,
    r#for: Option<Span>,
}

pub(crate) fn matchers(scope: &Scope) -> Vec<String> {
    scope.matchers().iter().map(ToString::to_string).collect()
}

/// When each user was last seen, and in how many sessions.
pub(crate) fn seen(directory: &Directory, now: Wall) -> BTreeMap<&str, (Wall, usize)> {
    let mut seen: BTreeMap<&str, (Wall, usize)> = BTreeMap::new();
    for session in directory.sessions.values().filter(|session| !is_over(session, now)) {
        if let SessionOf::User(name) = &session.of {
            let (at, count) = seen.entry(name).or_insert((session.seen_at, 0));
            (*at, *count) = ((*at).max(session.seen_at), *count + 1);
        }
    }
    seen
}

fn user_item(user: &User, seen: Option<&(Wall, usize)>) -> UserItem {
    UserItem {
        name: user.name.clone(),
        role: user.role.as_str(),
        scope: matchers(&user.scope),
        disabled_at: user.disabled_at.map(time),
        must_change_password: user.password == PasswordLife::OneTime,
        created_at: time(user.created_at),
        seen_at: seen.map(|(at, _)| time(*at)),
        sessions: seen.map_or(0, |(_, count)| *count),
    }
}

fn token_item(token: &ApiToken) -> TokenItem {
    TokenItem {
        id: token.id.clone(),
        name: token.name.clone(),
        role: token.role.as_str(),
        scope: matchers(&token.scope),
        created_at: time(token.created_at),
        by: token.by.clone(),
        expires_at: token.expires_at.map(time),
        used_at: token.used_at.map(time),
    }
}

pub(crate) async fn users(State(app): State<App>, params: Params) -> Result<Json<List<UserItem>>, Problem> {
    params.only(&[])?;
    let directory = app.host.directory();
    let seen = seen(&directory, app.host.now());
    let items = directory.users.values().map(|user| user_item(user, seen.get(user.name.as_str())));
    Ok(Json(List::whole(items.collect())))
}

pub(crate) async fn tokens(State(app): State<App>, params: Params) -> Result<Json<List<TokenItem>>, Problem> {
    params.only(&[])?;
    let directory = app.host.directory();
    Ok(Json(List::whole(directory.tokens.values().map(|token| token_item(token)).collect())))
}

/// The user as it is afterwards.
fn user_after(app: &App, name: &str) -> Result<Json<UserItem>, Problem> {
    let directory = app.host.directory();
    let user = directory.users.get(name).ok_or_else(|| Problem::not_found("this user"))?;
    let seen = seen(&directory, app.host.now());
    Ok(Json(user_item(user, seen.get(name))))
}

pub(crate) async fn add_user(
    State(app): State<App>,
    params: Params,
    Body(asked): Body<AddUser>,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let (role, scope) = role_and_scope(&asked.role, asked.scope.iter().map(String::as_str))?;
    let new = NewUser { name: &asked.name, role, scope, password: asked.password.as_deref() };
    let password = accounts::add_user(&app, new).await?;
    Ok((StatusCode::CREATED, Json(Made { name: asked.name.trim().to_owned(), password })).into_response())
}

pub(crate) async fn set_role(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
    Body(asked): Body<SetRole>,
) -> Result<Json<UserItem>, Problem> {
    params.only(&[])?;
    let (role, scope) = role_and_scope(&asked.role, asked.scope.iter().map(String::as_str))?;
    accounts::set_role(&app, &name, role, scope).await?;
    user_after(&app, &name)
}

pub(crate) async fn set_password(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
    Body(asked): Body<SetPassword>,
) -> Result<Json<Made>, Problem> {
    params.only(&[])?;
    let password = accounts::set_password(&app, &name, asked.password.as_deref()).await?;
    Ok(Json(Made { name, password }))
}

pub(crate) async fn disable(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<UserItem>, Problem> {
    params.only(&[])?;
    accounts::disable(&app, &name).await?;
    user_after(&app, &name)
}

pub(crate) async fn enable(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<UserItem>, Problem> {
    params.only(&[])?;
    accounts::enable(&app, &name).await?;
    user_after(&app, &name)
}

pub(crate) async fn remove_user(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<StatusCode, Problem> {
    params.only(&[])?;
    accounts::remove_user(&app, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn add_token(
    State(app): State<App>,
    params: Params,
    Body(asked): Body<AddToken>,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let (role, scope) = role_and_scope(&asked.role, asked.scope.iter().map(String::as_str))?;
    let expires_at = match (&asked.expires_at, asked.r#for) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("`expires_at` and `for` say the same; hint: give one"));
        }
        (Some(at), None) => Some(moment("expires_at", at)?),
        (None, Some(span)) => Some(app.host.now() + span.0),
        (None, None) => None,
    };
    let new = NewToken { name: &asked.name, role, scope, expires_at };
    let (token, text) = accounts::add_token(&app, new).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { item: token_item(&token), token: text })).into_response())
}

pub(crate) async fn revoke(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<StatusCode, Problem> {
    params.only(&[])?;
    accounts::revoke_token(&app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
