//! The page of an alert that is over: its whole life, and what came next.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use watchkeep_core::ids::CheckName;
use watchkeep_core::report::State;
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::life::{Life, Step, find, steps};
use super::render;
use super::rows::{alert_link, check_link};
use super::words::{Moment, Part, span, timed, web_link};
use crate::problem::Problem;
use crate::router::App;

#[derive(Template)]
#[template(path = "over.html")]
struct OverPage {
    layout: Layout,
    title: String,
    href: String,
    /// The worst that it was.
    worst: &'static str,
    began: Moment,
    ended: Option<Moment>,
    lasted: String,
    /// What it said last.
    summary: Vec<Part>,
    /// Whether it ever fired.
    fired: bool,
    runbook: Option<String>,
    steps: Vec<Step>,
    next: Option<String>,
}

pub(super) async fn page(app: &App, id: &str, check: Option<CheckName>) -> Result<Response, Problem> {
    let Some(life) = find(app, id, check).await? else {
        let detail = "there is no such alert, or it was so long ago that its history is gone; hint: `/feed` shows what \
                      happened";
        return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", detail));
    };
    let now = app.host.now();
    let began = life.began().unwrap_or(now);
    let ended = life.ended().map(|end| end.at);
    let of = (&life.changes[0].alert, &life.key);
    let steps = steps(app, of, (began, ended), &life.changes).await?;
    let view = life.key.check().and_then(|check| app.host.check(check));
    render(&OverPage {
        title: life.key.to_string(),
        href: life.key.check().map_or_else(|| "/plugins".to_owned(), |check| check_link(check.as_str())),
        worst: worst(&life).as_str(),
        began: Moment::new(began, now),
        ended: ended.map(|at| Moment::new(at, now)),
        lasted: span(ended.unwrap_or(now).since(began)),
        summary: timed(&worst_summary(&life)),
        fired: fired(&life),
        runbook: view.and_then(|view| web_link(view.spec.runbook.as_deref()?)),
        steps,
        next: life.next.as_ref().map(|next| alert_link(next.as_str(), life.key.check())),
        layout: Layout::new(app, Here::Alerts),
    })
}

fn fired(life: &Life) -> bool {
    life.changes.iter().any(|change| change.kind == watchkeep_core::commit::TransitionKind::Firing)
}

fn worst(life: &Life) -> State {
    let badness = |state: &State| match state {
        State::Ok => 0,
        State::Unknown => 1,
        State::Warning => 2,
        State::Critical => 3,
    };
    life.changes.iter().map(|change| change.state).max_by_key(badness).unwrap_or(State::Unknown)
}

/// What was found when it was worst, at last.
fn worst_summary(life: &Life) -> String {
    let worst = worst(life);
    let found = life.changes.iter().rfind(|change| change.state == worst);
    found.map_or_else(String::new, |change| super::words::shortened(&change.summary, 4000))
}

/// When the steps of an open alert begin: with what was found first.
pub(super) fn of_open(life: Option<&Life>, since: Wall) -> Wall {
    life.and_then(Life::began).unwrap_or(since).min(since)
}
