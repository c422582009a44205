//! A refusal as a page, for people whose browser made the request.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderMap, header};

use super::assets::{ASSETS, Assets};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    assets: &'static Assets,
    status: u16,
    title: &'static str,
    detail: &'a str,
}

/// The problem as a page; `None` if the client wants something other than a page.
pub(crate) fn as_page(problem: &Problem, asked: &HeaderMap) -> Option<Response> {
    let wants_page = asked.get(header::ACCEPT)?.to_str().ok()?.contains("text/html");
    let page = ErrorPage {
        assets: &ASSETS,
        status: problem.status.as_u16(),
        title: problem.title(),
        detail: &problem.detail,
    };
    let text = wants_page.then(|| page.render().ok()).flatten()?;
    Some((problem.status, Html(text)).into_response())
}
