//! `/password`: one's own password.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::acts::{Form, see};
use super::assets::{ASSETS, Assets};
use super::login::give;
use super::render;
use super::words::{Part, prose};
use crate::accounts::{self, CHARACTERS_MIN};
use crate::api::query::Params;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    assets: &'static Assets,
    name: String,
    characters_min: usize,
    /// Whether nothing else can be done before.
    must_change: bool,
    problem: Option<Vec<Part>>,
}

fn show(app: &App, problem: Option<&Problem>) -> Result<Response, Problem> {
    let Some(name) = app.caller.user() else {
        return Err(Problem::refused(
            "only somebody who signed in with a password of their own can change it; hint: the admin token is changed in the config",
        ));
    };
    let page = PasswordPage {
        assets: &ASSETS,
        name: name.to_owned(),
        characters_min: CHARACTERS_MIN,
        must_change: app.caller.must_change_password(),
        problem: problem.map(|problem| prose(&problem.detail)),
    };
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    Ok((status, render(&page)?).into_response())
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    show(&app, None)
}

pub(crate) async fn change(State(app): State<App>, form: Form) -> Result<Response, Problem> {
    let (old, new, again) = (form.secret("old"), form.secret("new"), form.secret("again"));
    if new != again {
        return show(&app, Some(&Problem::invalid("the two new passwords are not the same")));
    }
    match accounts::change_password(&app, old, new).await {
        Ok(begun) => {
            let mut response = see("/");
            give(&mut response, app.caller.way.https, &begun.cookie);
            Ok(response)
        }
        Err(problem) => show(&app, Some(&problem)),
    }
}
