//! Notes of status pages as people post them: read, refused with a sentence, or written. The page and the API share it.

use std::sync::Arc;

use serde::Deserialize;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::{NoteId, short_hash};
use watchkeep_core::note::{ENTRIES_MAX, Note, NoteChange, NoteEntry, OPEN_MAX, Stage};
use watchkeep_core::status_page::StatusPageSpec;

use crate::api::body::{by, public_line, public_text};
use crate::caller::Writer;
use crate::host::Write;
use crate::problem::Problem;
use crate::router::App;

/// The most characters of a title, and of a text.
const TITLE_MAX: usize = 200;
const TEXT_MAX: usize = 4000;
/// What a note says when it is ended without a word.
const RESOLVED: &str = "This is resolved.";

/// An entry that is asked for; for a new note with its title.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NoteRequest {
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
    /// `investigating` for a new note, else as it was, unless it says something else.
    pub(crate) stage: Option<String>,
    pub(crate) by: Option<String>,
}

impl NoteRequest {
    fn entry(&self, app: &App, writer: &Writer, before: Stage) -> Result<NoteEntry, Problem> {
        let stage = match self.stage.as_deref().filter(|word| !word.is_empty()) {
            None => before,
            Some(word) => Stage::parse(word).ok_or_else(|| {
                let known = Stage::ALL.map(Stage::as_str).join("`, `");
                let shown: String = word.chars().take(64).collect();
                Problem::invalid(format!("`{shown}` is not a stage; hint: there is `{known}`"))
            })?,
        };
        let text = public_text("text", self.text.as_deref().unwrap_or_default(), TEXT_MAX)?;
        if text.is_empty() {
            return Err(Problem::invalid("`text` is empty; hint: say what people outside should know"));
        }
        Ok(NoteEntry { at: app.host.now(), stage, text, by: by(self.by.as_deref(), writer)? })
    }
}

/// The page, if the caller sees all of it.
pub(crate) fn page(app: &App, name: &str) -> Result<Arc<StatusPageSpec>, Problem> {
    let setup = app.host.setup();
    let found = setup.status_pages.iter().find(|page| page.name.as_str() == name).cloned();
    found.ok_or_else(|| gone("status page", name))
}

pub(crate) fn find(app: &App, id: &str) -> Result<Arc<Note>, Problem> {
    app.host.notes().find(&NoteId::from(id)).cloned().ok_or_else(|| gone("note", id))
}

fn gone(what: &str, name: &str) -> Problem {
    let shown: String = name.chars().take(64).collect();
    Problem::not_found(&format!("{what} `{shown}`"))
}

pub(crate) async fn post(
    app: &App,
    name: &str,
    writer: &Writer,
    asked: &NoteRequest,
) -> Result<Note, Problem> {
    let page = page(app, name)?;
    let title = public_line("title", asked.title.as_deref().unwrap_or_default(), TITLE_MAX)?;
    let entry = asked.entry(app, writer, Stage::Investigating)?;
    let _turn = app.notes.lock().await;
    let notes = app.host.notes();
    let open = notes.of(&page.name).iter().filter(|note| !note.has_ended()).count();
    if open >= OPEN_MAX {
        return Err(Problem::refused(format!(
            "there are {open} notes on `{}` that have not ended; hint: end some",
            page.name
        )));
    }
    let at = entry.at.millis().to_be_bytes();
    let parts = [&at[..], page.name.as_str().as_bytes(), title.as_bytes(), entry.text.as_bytes()];
    let id = NoteId::new(format!("n-{}", short_hash(&parts)));
    let note = Note { id, page: page.name.clone(), title, entries: vec![entry] };
    let mut changes = notes.beyond(&page.name);
    changes.push(NoteChange::Put(note.clone()));
    let entry = audit(app, "note.post", &note).to(said(&note));
    app.host.write(Write::Notes(changes), entry).await?;
    Ok(note)
}

/// Adds an entry. One that says `resolved` ends the note, and a later one begins it again.
pub(crate) async fn follow(
    app: &App,
    id: &str,
    writer: &Writer,
    asked: &NoteRequest,
) -> Result<Note, Problem> {
    if asked.title.is_some() {
        return Err(Problem::invalid("a note keeps its `title`; hint: post another note"));
    }
    let _turn = app.notes.lock().await;
    let mut note = Note::clone(&*find(app, id)?);
    let entry = asked.entry(app, writer, note.stage())?;
    if note.entries.len() >= ENTRIES_MAX {
        return Err(Problem::refused(format!(
            "note `{}` has {ENTRIES_MAX} entries already; hint: end it, and post another",
            note.id
        )));
    }
    let before = said(&note);
    note.entries.push(entry);
    let entry = audit(app, "note.follow", &note).from(before).to(said(&note));
    app.host.write(Write::Notes(vec![NoteChange::Put(note.clone())]), entry).await?;
    Ok(note)
}

pub(crate) async fn end(app: &App, id: &str, writer: &Writer, asked: &NoteRequest) -> Result<Note, Problem> {
    if asked.stage.is_some() {
        return Err(Problem::invalid("a note that is ended is `resolved`; hint: leave out `stage`"));
    }
    if find(app, id)?.has_ended() {
        return Err(Problem::refused(format!("note `{id}` has ended already")));
    }
    let asked = NoteRequest {
        text: Some(asked.text.clone().filter(|text| !text.trim().is_empty()).unwrap_or(RESOLVED.to_owned())),
        stage: Some(Stage::Resolved.as_str().to_owned()),
        title: asked.title.clone(),
        by: asked.by.clone(),
    };
    follow(app, id, writer, &asked).await
}

/// Takes a note away as if it had never been posted: for what should not have been said.
pub(crate) async fn remove(app: &App, id: &str) -> Result<Arc<Note>, Problem> {
    let _turn = app.notes.lock().await;
    let note = find(app, id)?;
    let entry = audit(app, "note.remove", &note).from(note.stage().as_str());
    app.host.write(Write::Notes(vec![NoteChange::Remove(note.id.clone())]), entry).await?;
    Ok(note)
}

fn audit(app: &App, what: &str, note: &Note) -> AuditEntry {
    let on = format!("{} on {}", note.id, note.page);
    AuditEntry::new(app.host.now(), app.caller.author(), what, on)
}

/// The title and the newest entry, for the audit log.
fn said(note: &Note) -> String {
    let text = note.entries.last().map_or("", |entry| entry.text.as_str());
    format!("{}: {}: {text}", note.title, note.stage().as_str())
}
