//! The pages: rendered here, complete without scripts. The one script loads the same pages again and replaces their
//! parts. Links only look, and forms act: nothing changes by GET. All text is escaped by the templates; no template
//! marks anything as safe.

pub(crate) mod account;
pub(crate) mod acts;
pub(crate) mod alert;
pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod audit;
mod charts;
pub(crate) mod check;
pub(crate) mod config;
mod csrf;
pub(crate) mod deliveries;
mod error;
pub(crate) mod feed;
pub(crate) mod groups;
mod layout;
mod life;
pub(crate) mod login;
pub(crate) mod oidc;
mod over;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod pipelines;
pub(crate) mod plugins;
pub(crate) mod reference;
mod references;
pub(crate) mod reputation;
mod rows;
pub(crate) mod silences;
pub(crate) mod snapshots;
pub(crate) mod sparkline;
pub(crate) mod status_pages;
mod targets;
pub(crate) mod words;

use askama::Template;
use axum::extract::Request;
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;

use crate::admission::refused;
use crate::problem::Problem;
use crate::router::{App, State};

pub(crate) use csrf::with_csrf;
pub(crate) use error::as_page;
pub(crate) use login::{to_sign_in, wants_page};
pub(crate) use words::{capitalized, escaped, latency, shortened, web_link};

pub(crate) async fn not_found(State(app): State<App>, request: Request) -> Problem {
    if !app.caller.is_signed_in() {
        return refused(&*app.host, &app.caller, request.method(), None);
    }
    Problem::not_found(&format!("`{}`", shortened(request.uri().path(), 200)))
}

fn render(template: &impl Template) -> Result<Response, Problem> {
    match template.render() {
        Ok(text) => Ok(Html(text).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the page could not be rendered"))
        }
    }
}
