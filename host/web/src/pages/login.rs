//! `/login` and `/logout`: forms that work without a script.

use askama::Template;
use axum::extract::Request;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use watchkeep_core::access::PasswordLife;

use super::acts::{Form, see};
use super::assets::{ASSETS, Assets};
use super::render;
use super::words::{Part, escaped, prose};
use crate::accounts;
use crate::api::query::Params;
use crate::caller::{Https, SESSION_MOST, can_sign_in, can_sign_in_here, cookie_name};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    assets: &'static Assets,
    name: String,
    next: String,
    problem: Option<Vec<Part>>,
    /// Whether there is anybody who could sign in.
    anybody: bool,
    /// Whether anybody could do so with a password.
    has_password: bool,
    /// Whether there is an admin token to sign in with.
    has_token: bool,
    /// What the OpenID provider is called, if there is one, and where the way there begins.
    provider: Option<String>,
    provider_path: String,
}

impl LoginPage {
    fn new(app: &App, name: &str, next: String, problem: Option<&Problem>) -> Self {
        let (access, directory) = (app.host.access(), app.host.directory());
        Self {
            assets: &ASSETS,
            name: name.chars().take(100).collect(),
            problem: problem.map(|problem| prose(&problem.detail)),
            anybody: can_sign_in(&access, &directory),
            has_password: can_sign_in_here(&access, &directory),
            has_token: access.admin_token.is_some(),
            provider: access.oidc.as_ref().map(|oidc| oidc.name.clone()),
            provider_path: match next.as_str() {
                "/" => "/login/oidc".to_owned(),
                next => format!("/login/oidc?next={}", escaped(next)),
            },
            next,
        }
    }
}

/// A page that loads another one: a browser that comes from elsewhere leaves the cookie out, and with the second step,
/// which comes from here, it sends it.
#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    assets: &'static Assets,
    path: String,
}

/// Whether the request wants a page to be looked at.
pub(crate) fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Sends whoever wants a page and has not signed in to where that is done, and back afterwards.
pub(crate) fn to_sign_in(request: &Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = local(Some(path));
    let from = request.headers().get(HeaderName::from_static("sec-fetch-site"));
    if from.is_some_and(|site| site == "cross-site") {
        return again(path);
    }
    if path == "/" { see("/login") } else { see(&format!("/login?next={}", escaped(&path))) }
}

/// Loads the path in a second step.
pub(super) fn again(path: String) -> Response {
    match (AgainPage { assets: &ASSETS, path }).render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => see("/login"),
    }
}

/// A path of this host to go on to: what follows two slashes would be another host. Whatever else is given leads to the
/// first page.
pub(super) fn local(next: Option<&str>) -> String {
    let is_local = |path: &&str| {
        path.starts_with('/')
            && !path[1..].starts_with(['/', '\\'])
            && !path.contains(|c: char| c.is_control() || c == '\\')
            && !path.starts_with("/login")
            && !path.starts_with("/logout")
    };
    next.filter(is_local).unwrap_or("/").to_owned()
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["next"])?;
    let next = local(params.one("next"));
    if app.caller.is_signed_in() {
        return Ok(see(&next));
    }
    render(&LoginPage::new(&app, "", next, None))
}

/// The page again, with what is wrong.
pub(super) fn refused_page(
    app: &App,
    name: &str,
    next: String,
    problem: &Problem,
) -> Result<Response, Problem> {
    let mut response = render(&LoginPage::new(app, name, next, Some(problem)))?;
    *response.status_mut() = problem.status;
    if problem.status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    }
    Ok(response)
}

pub(crate) async fn sign_in(State(app): State<App>, form: Form) -> Result<Response, Problem> {
    let name = form.one("name").unwrap_or_default();
    let next = local(form.one("next"));
    match accounts::sign_in(&app, name, form.secret("password")).await {
        Ok(begun) => {
            let next = if begun.password == PasswordLife::OneTime { "/password" } else { &next };
            let mut response = see(next);
            give(&mut response, app.caller.way.https, &begun.cookie);
            Ok(response)
        }
        Err(problem) => refused_page(&app, name, next, &problem),
    }
}

pub(crate) async fn sign_out(State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    accounts::sign_out(&app).await?;
    let mut response = see("/login");
    set(&mut response, app.caller.way.https, "", 0);
    Ok(response)
}

/// Gives the browser its cookie.
pub(super) fn give(response: &mut Response, https: Https, cookie: &str) {
    set(response, https, cookie, SESSION_MOST.as_secs());
}

fn set(response: &mut Response, https: Https, cookie: &str, seconds: u64) {
    let secure = match https {
        Https::Yes => "; Secure",
        Https::No => "",
    };
    let name = cookie_name(https);
    let text = format!("{name}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_a_path_of_this_host_or_to_the_first_page() {
        for (next, goes) in [
            ("/alerts?q=x", "/alerts?q=x"),
            ("/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\\b", "/"),
            ("https://evil.example/", "/"),
            ("evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/\t/evil.example", "/"),
            ("/login?next=/login", "/"),
            ("/logout", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(Some(next)), goes, "{next}");
        }
        assert_eq!(local(None), "/");
    }
}
