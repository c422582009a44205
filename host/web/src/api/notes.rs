//! Status pages, as those inside see them, and the notes on them.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use watchkeep_core::note::{Note, NoteEntry};
use watchkeep_core::status::page_state;
use watchkeep_core::status_page::StatusPageSpec;

use super::body::Body;
use super::json::{List, time};
use super::query::{Named, Params};
use crate::caller::Writer;
use crate::notes::{self, NoteRequest};
use crate::pages::escaped;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::status::states;

#[derive(Serialize)]
pub(crate) struct PageItem {
    name: String,
    title: String,
    path: String,
    url: Option<String>,
    /// Whether it is shown by a token only. The token itself is in no answer.
    needs_token: bool,
    state: &'static str,
    components: Vec<ComponentItem>,
    open_notes: usize,
}

#[derive(Serialize)]
struct ComponentItem {
    title: String,
    /// Its part of the addresses of badges.
    slug: String,
    state: &'static str,
    since: Option<String>,
    checks: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct NoteItem {
    id: String,
    page: String,
    title: String,
    stage: &'static str,
    posted_at: String,
    changed_at: String,
    /// Oldest first.
    entries: Vec<EntryItem>,
}

#[derive(Serialize)]
struct EntryItem {
    at: String,
    stage: &'static str,
    text: String,
    by: String,
}

impl PageItem {
    fn of(app: &App, spec: &StatusPageSpec) -> Self {
        let components = states(&*app.host, spec, &app.host.setup());
        Self {
            name: spec.name.to_string(),
            title: spec.title.clone(),
            path: format!("/status/{}", escaped(spec.name.as_str())),
            url: spec.url.clone(),
            needs_token: spec.token.is_some(),
            state: page_state(components.iter().map(|(_, state, _)| *state)).as_str(),
            components: components
                .into_iter()
                .map(|(component, state, since)| ComponentItem {
                    title: component.title,
                    slug: component.slug,
                    state: state.as_str(),
                    since: since.map(time),
                    checks: component.checks.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            open_notes: app.host.notes().of(&spec.name).iter().filter(|note| !note.has_ended()).count(),
        }
    }
}

impl NoteItem {
    pub(crate) fn of(note: &Note) -> Self {
        let entry = |entry: &NoteEntry| EntryItem {
            at: time(entry.at),
            stage: entry.stage.as_str(),
            text: entry.text.clone(),
            by: entry.by.clone(),
        };
        Self {
            id: note.id.to_string(),
            page: note.page.to_string(),
            title: note.title.clone(),
            stage: note.stage().as_str(),
            posted_at: time(note.posted_at()),
            changed_at: time(note.changed_at()),
            entries: note.entries.iter().map(entry).collect(),
        }
    }
}

pub(crate) async fn pages(app: State<App>, params: Params) -> Result<Json<List<PageItem>>, Problem> {
    params.only(&[])?;
    let setup = app.host.setup();
    Ok(Json(List::whole(setup.status_pages.iter().map(|page| PageItem::of(&app, page)).collect())))
}

pub(crate) async fn list(
    app: State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<NoteItem>>, Problem> {
    params.only(&[])?;
    let page = notes::page(&app, &name)?;
    let found = app.host.notes().of(&page.name);
    Ok(Json(List::whole(found.iter().map(|note| NoteItem::of(note)).collect())))
}

pub(crate) async fn post(
    app: State<App>,
    Named(name): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<NoteRequest>,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let note = notes::post(&app, &name, &writer, &asked).await?;
    Ok((StatusCode::CREATED, Json(NoteItem::of(&note))).into_response())
}

pub(crate) async fn follow(
    app: State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<NoteRequest>,
) -> Result<Json<NoteItem>, Problem> {
    params.only(&[])?;
    Ok(Json(NoteItem::of(&notes::follow(&app, &id, &writer, &asked).await?)))
}

pub(crate) async fn end(
    app: State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<NoteRequest>,
) -> Result<Json<NoteItem>, Problem> {
    params.only(&[])?;
    Ok(Json(NoteItem::of(&notes::end(&app, &id, &writer, &asked).await?)))
}

pub(crate) async fn remove(
    app: State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<NoteItem>, Problem> {
    params.only(&[])?;
    Ok(Json(NoteItem::of(&*notes::remove(&app, &id).await?)))
}
