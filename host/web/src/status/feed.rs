//! `feed.xml`: what happened on a page, as Atom (RFC 4287). An entry's id is made of what is public about it and never
//! changes, so that a reader shows it once.

use askama::Template;
use watchkeep_core::ids::short_hash;
use watchkeep_core::status::{Occurs, Problem};
use watchkeep_core::time::Wall;

use super::page::was;
use super::text::printable;
use super::view::{ComponentView, HISTORY, PageView};
use crate::api::json::time;
use crate::pages::{capitalized, escaped};

/// The most entries.
const ENTRIES_MAX: usize = 100;
/// How long before it begins maintenance of the config counts as announced: nobody knows when it was written.
const AHEAD: std::time::Duration = std::time::Duration::from_secs(60 * 86_400);

#[derive(Template)]
#[template(path = "status-feed.xml")]
struct Feed {
    id: String,
    title: String,
    /// The page, and this feed.
    page: String,
    own: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    at: Wall,
    updated: String,
    title: String,
    text: String,
}

/// `None` if it cannot be rendered, which the log says.
pub(super) fn render(view: &PageView) -> Option<String> {
    let mut entries = notes(view);
    entries.extend(maintenance(view));
    entries.extend(problems(view));
    entries.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.id.cmp(&other.id)));
    entries.truncate(ENTRIES_MAX);
    // Without a `url` both links are relative to where the feed was read.
    let name = escaped(view.spec.name.as_str()).to_string();
    let page = view.spec.url.clone().unwrap_or_else(|| format!("../{name}"));
    let own = view.spec.url.as_ref().map_or_else(|| "feed.xml".to_owned(), |url| format!("{url}/feed.xml"));
    let feed = Feed {
        id: id(view, &["feed"]),
        title: printable(&view.spec.title),
        page,
        own,
        updated: entries.first().map_or_else(|| time(view.now - HISTORY), |entry| entry.updated.clone()),
        entries,
    };
    match feed.render() {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::error!(%error, "the feed of a status page could not be rendered");
            None
        }
    }
}

fn entry(view: &PageView, of: &[&str], at: Wall, title: &str, text: &str) -> Entry {
    Entry { id: id(view, of), at, updated: time(at), title: printable(title), text: printable(text) }
}

/// A UUID of version 8, which is any hash. The address of the page is part of it: pages of two hosts may have one name.
fn id(view: &PageView, of: &[&str]) -> String {
    let spec = &view.spec;
    let page = [spec.name.as_str(), spec.url.as_deref().unwrap_or_default()];
    let parts: Vec<&[u8]> = page.iter().chain(of).map(|part| part.as_bytes()).collect();
    let (one, other) = (short_hash(&parts), short_hash(&[&[0], parts.concat().as_slice()]));
    let digits = format!("{one}{other}");
    format!(
        "urn:uuid:{}-{}-8{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..32]
    )
}

/// Each entry of a note is one here, so that readers tell of it.
fn notes(view: &PageView) -> Vec<Entry> {
    let of = view.notes.iter().flat_map(|note| note.entries.iter().enumerate().map(move |item| (note, item)));
    of.map(|(note, (number, said))| {
        let title = format!("{}: {}", capitalized(said.stage.as_str()), note.title);
        entry(view, &["note", note.id.as_str(), &number.to_string()], said.at, &title, &said.text)
    })
    .collect()
}

fn maintenance(view: &PageView) -> Vec<Entry> {
    let of = view.announcements.iter().map(|announced| {
        let (from, until) = (time(announced.from), time(announced.until));
        let word = match announced.occurs {
            Occurs::Now | Occurs::Ahead => "Maintenance",
            Occurs::Over => "Maintenance is over",
        };
        let title = format!("{word}: {}", announced.about.join(", "));
        let text = format!("{}\n\nFrom {from} to {until}.", announced.text);
        // One that is over is told again, as something new.
        let (at, kind) = match announced.occurs {
            Occurs::Over => (announced.until, "over"),
            Occurs::Now | Occurs::Ahead => {
                (announced.made_at.max(announced.from - AHEAD).min(view.now), "ahead")
            }
        };
        entry(view, &["maintenance", kind, &announced.text, &from], at, &title, &text)
    });
    of.collect()
}

fn problems(view: &PageView) -> Vec<Entry> {
    let from = view.now - HISTORY;
    let of_component = |component: &ComponentView, problem: &Problem| {
        let Problem { began, ended, worst } = *problem;
        // The moment names it; the slug is made of the title.
        let key = began.or(ended).map(Wall::millis).unwrap_or_default().to_string();
        let slug = component.slug.as_str();
        let title = &component.title;
        let begin = began.filter(|at| *at > from).map(|at| {
            let title = format!("{title}: a problem began");
            entry(view, &["began", slug, &key], at, &title, "")
        });
        let end = ended.filter(|at| *at > from).map(|at| {
            let was = format!("It was {}.", was(worst));
            let title = format!("{title}: the problem is over");
            entry(view, &["ended", slug, &key], at, &title, &was)
        });
        begin.into_iter().chain(end)
    };
    let all = view.components.iter().flat_map(|component| {
        component.problems.iter().flat_map(move |problem| of_component(component, problem))
    });
    all.collect()
}
