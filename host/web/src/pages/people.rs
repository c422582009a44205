//! `/people`: who may do what: users and tokens.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use watchkeep_core::access::{PasswordLife, Role, Scope};

use super::acts::{Form, see};
use super::layout::{Here, Layout};
use super::render;
use super::words::{Moment, Part, escaped, prose};
use crate::accounts::{self, NewToken, NewUser, role_and_scope};
use crate::api::people::{matchers, seen};
use crate::api::query::{Named, Params};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    layout: Layout,
    users: Vec<UserRow>,
    tokens: Vec<TokenRow>,
    roles: [&'static str; 3],
    /// What is shown once: whose it is, and the secret.
    made: Option<(String, String)>,
    problem: Option<Vec<Part>>,
}

struct UserRow {
    name: String,
    /// Where its forms go.
    path: String,
    role: &'static str,
    scope: Vec<String>,
    standing: &'static str,
    disabled: bool,
    /// Whether it is the one who looks: nobody locks themselves out.
    is_caller: bool,
    seen: Option<Moment>,
    sessions: usize,
}

struct TokenRow {
    id: String,
    name: String,
    role: &'static str,
    scope: Vec<String>,
    by: String,
    expires: Option<Moment>,
    expired: bool,
    used: Option<Moment>,
}

fn show(app: &App, made: Option<(String, String)>, problem: Option<&Problem>) -> Result<Response, Problem> {
    let (directory, now) = (app.host.directory(), app.host.now());
    let seen = seen(&directory, now);
    let users = directory.users.values().map(|user| UserRow {
        name: user.name.clone(),
        path: format!("/people/users/{}", escaped(&user.name)),
        role: user.role.as_str(),
        scope: matchers(&user.scope),
        standing: match (user.disabled_at, user.password) {
            (Some(_), _) => "disabled",
            (None, PasswordLife::OneTime) => "has to choose a password",
            (None, PasswordLife::Chosen) => "",
        },
        disabled: user.disabled_at.is_some(),
        is_caller: app.caller.user() == Some(user.name.as_str()),
        seen: seen.get(user.name.as_str()).map(|(at, _)| Moment::new(*at, now)),
        sessions: seen.get(user.name.as_str()).map_or(0, |(_, count)| *count),
    });
    let tokens = directory.tokens.values().map(|token| TokenRow {
        id: token.id.clone(),
        name: token.name.clone(),
        role: token.role.as_str(),
        scope: matchers(&token.scope),
        by: token.by.clone(),
        expires: token.expires_at.map(|at| Moment::new(at, now)),
        expired: token.expires_at.is_some_and(|at| at <= now),
        used: token.used_at.map(|at| Moment::new(at, now)),
    });
    let page = PeoplePage {
        users: users.collect(),
        tokens: tokens.collect(),
        roles: Role::ALL.map(Role::as_str),
        made,
        problem: problem.map(|problem| prose(&problem.detail)),
        layout: Layout::new(app, Here::People),
    };
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    Ok((status, render(&page)?).into_response())
}

/// The page with what went wrong, or back to it.
fn done(app: &App, outcome: Result<(), Problem>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) => Ok(see("/people")),
        Err(problem) => show(app, None, Some(&problem)),
    }
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    show(&app, None, None)
}

fn given(form: &Form) -> Result<(Role, Scope), Problem> {
    role_and_scope(form.one("role").unwrap_or_default(), form.one("scope").unwrap_or_default().lines())
}

pub(crate) async fn add_user(State(app): State<App>, form: Form) -> Result<Response, Problem> {
    let name = form.one("name").unwrap_or_default();
    let made = match given(&form) {
        Ok((role, scope)) => accounts::add_user(&app, NewUser { name, role, scope, password: None }).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(password) => {
            show(&app, password.map(|password| (format!("The one-time password of {name}"), password)), None)
        }
        Err(problem) => show(&app, None, Some(&problem)),
    }
}

pub(crate) async fn set_role(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    let outcome = match given(&form) {
        Ok((role, scope)) => accounts::set_role(&app, &name, role, scope).await,
        Err(problem) => Err(problem),
    };
    done(&app, outcome)
}

pub(crate) async fn new_password(
    State(app): State<App>,
    Named(name): Named,
    _form: Form,
) -> Result<Response, Problem> {
    match accounts::set_password(&app, &name, None).await {
        Ok(password) => {
            show(&app, password.map(|password| (format!("The one-time password of {name}"), password)), None)
        }
        Err(problem) => show(&app, None, Some(&problem)),
    }
}

pub(crate) async fn disable(
    State(app): State<App>,
    Named(name): Named,
    _form: Form,
) -> Result<Response, Problem> {
    let outcome = accounts::disable(&app, &name).await;
    done(&app, outcome)
}

pub(crate) async fn enable(
    State(app): State<App>,
    Named(name): Named,
    _form: Form,
) -> Result<Response, Problem> {
    let outcome = accounts::enable(&app, &name).await;
    done(&app, outcome)
}

pub(crate) async fn remove(
    State(app): State<App>,
    Named(name): Named,
    _form: Form,
) -> Result<Response, Problem> {
    let outcome = accounts::remove_user(&app, &name).await;
    done(&app, outcome)
}

pub(crate) async fn add_token(State(app): State<App>, form: Form) -> Result<Response, Problem> {
    let name = form.one("name").unwrap_or_default();
    let made = async {
        let (role, scope) = given(&form)?;
        let expires_at = form.span("for")?.map(|span| app.host.now() + span.0);
        accounts::add_token(&app, NewToken { name, role, scope, expires_at }).await
    };
    match made.await {
        Ok((_, token)) => show(&app, Some((format!("The token {name}"), token)), None),
        Err(problem) => show(&app, None, Some(&problem)),
    }
}

pub(crate) async fn revoke(
    State(app): State<App>,
    Named(id): Named,
    _form: Form,
) -> Result<Response, Problem> {
    let outcome = accounts::revoke_token(&app, &id).await;
    done(&app, outcome)
}
