//! `/status-pages`: what people outside are shown, for those who post notes on it.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use watchkeep_core::note::{Note, Stage};
use watchkeep_core::status::page_state;
use watchkeep_core::status_page::StatusPageSpec;

use super::acts::{Form, see};
use super::layout::{Here, Layout};
use super::render;
use super::words::{Moment, Part, escaped, prose};
use crate::api::query::{Named, Params};
use crate::caller::Writer;
use crate::notes::{self, NoteRequest};
use crate::problem::Problem;
use crate::router::{App, State};
use crate::status::{Piece, pieces, states};

/// How many of the newest notes that ended are shown of each page.
const ENDED_MAX: usize = 10;
const HERE: &str = "/status-pages";

#[derive(Template)]
#[template(path = "status-pages.html")]
struct StatusPagesPage {
    layout: Layout,
    pages: Vec<PageRow>,
    stages: [&'static str; 4],
}

struct PageRow {
    name: String,
    title: String,
    path: String,
    post: String,
    needs_token: bool,
    /// How many get letters; `None` where none are sent.
    subscribers: Option<String>,
    look: &'static str,
    state: &'static str,
    components: Vec<(String, &'static str, &'static str)>,
    open: Vec<NoteRow>,
    ended: Vec<NoteRow>,
    asked: Asked,
}

/// What somebody typed, and what is wrong with it.
#[derive(Default)]
struct Asked {
    title: String,
    text: String,
    stage: String,
    by: String,
    problem: Option<Vec<Part>>,
}

struct NoteRow {
    id: String,
    title: String,
    stage: &'static str,
    changed: Moment,
    entries: Vec<(Moment, &'static str, Vec<Piece>, String)>,
}

impl NoteRow {
    fn of(app: &App, note: &Note) -> Self {
        let now = app.host.now();
        let entries = note.entries.iter().rev().map(|entry| {
            (Moment::new(entry.at, now), entry.stage.as_str(), pieces(&entry.text), entry.by.clone())
        });
        Self {
            id: note.id.to_string(),
            title: note.title.clone(),
            stage: note.stage().as_str(),
            changed: Moment::new(note.changed_at(), now),
            entries: entries.collect(),
        }
    }
}

impl PageRow {
    fn of(app: &App, spec: &StatusPageSpec, asked: Asked) -> Self {
        let components = states(&*app.host, spec, &app.host.setup());
        let state = page_state(components.iter().map(|(_, state, _)| *state));
        let notes = app.host.notes().of(&spec.name);
        let rows = |ended: bool, max: usize| -> Vec<NoteRow> {
            let wanted = notes.iter().filter(|note| note.has_ended() == ended).take(max);
            wanted.map(|note| NoteRow::of(app, note)).collect()
        };
        let name = escaped(spec.name.as_str()).to_string();
        Self {
            title: spec.title.clone(),
            path: format!("/status/{name}"),
            post: format!("{HERE}/{name}/notes"),
            needs_token: spec.token.is_some(),
            subscribers: spec
                .subscriptions
                .as_ref()
                .map(|_| told(app.host.subscribers().confirmed(&spec.name).count())),
            look: look(state),
            state: state.as_str(),
            components: components
                .into_iter()
                .map(|(component, state, _)| (component.title, look(state), state.as_str()))
                .collect(),
            open: rows(false, usize::MAX),
            ended: rows(true, ENDED_MAX),
            name: spec.name.to_string(),
            asked,
        }
    }
}

fn told(subscribers: usize) -> String {
    match subscribers {
        0 => "nobody gets letters yet".to_owned(),
        1 => "1 address gets letters".to_owned(),
        more => format!("{more} addresses get letters"),
    }
}

/// As the pages inside draw states.
const fn look(state: watchkeep_core::status::PublicState) -> &'static str {
    use watchkeep_core::status::PublicState;
    match state {
        PublicState::Down => "critical",
        PublicState::Degraded => "warning",
        PublicState::Unknown => "unknown",
        PublicState::Maintenance => "paused",
        PublicState::Operational => "ok",
    }
}

pub(crate) async fn page(app: State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    show(&app, None, StatusCode::OK)
}

fn show(app: &App, asked: Option<(&str, Asked)>, status: StatusCode) -> Result<Response, Problem> {
    let setup = app.host.setup();
    let mut asked = asked;
    let mut rows = Vec::with_capacity(setup.status_pages.len());
    for spec in &setup.status_pages {
        let own = asked.take_if(|(name, _)| *name == spec.name.as_str()).map(|(_, own)| own);
        rows.push(PageRow::of(app, spec, own.unwrap_or_default()));
    }
    let page = StatusPagesPage {
        layout: Layout::new(app, Here::StatusPages),
        pages: rows,
        stages: Stage::ALL.map(Stage::as_str),
    };
    Ok((status, render(&page)?).into_response())
}

fn asked(form: &Form) -> NoteRequest {
    NoteRequest {
        title: form.text("title"),
        text: form.text("text"),
        stage: form.text("stage"),
        by: form.text("by"),
    }
}

/// Posts the note. If something is wrong with it, nothing that was typed is lost.
pub(crate) async fn post_note(
    app: State<App>,
    Named(name): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let request = asked(&form);
    match notes::post(&app, &name, &writer, &request).await {
        Ok(_) => Ok(see(HERE)),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let typed = Asked {
                title: request.title.unwrap_or_default(),
                text: request.text.unwrap_or_default(),
                stage: request.stage.unwrap_or_default(),
                by: request.by.unwrap_or_default(),
                problem: Some(prose(&problem.detail)),
            };
            show(&app, Some((&name, typed)), problem.status)
        }
    }
}

pub(crate) async fn follow(
    app: State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    notes::follow(&app, &id, &writer, &asked(&form)).await?;
    Ok(see(HERE))
}

pub(crate) async fn remove(app: State<App>, Named(id): Named, _: Form) -> Result<Response, Problem> {
    notes::remove(&app, &id).await?;
    Ok(see(HERE))
}
