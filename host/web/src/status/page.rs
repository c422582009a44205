//! The page that people open. It is whole without a script and says everything in words beside its colours.

use std::sync::LazyLock;

use askama::Template;
use chrono_tz::Tz;
use watchkeep_core::ids::Digest;
use watchkeep_core::note::Note;
use watchkeep_core::status::{Announcement, Occurs, Problem, PublicState};
use watchkeep_core::status_page::moment;
use watchkeep_core::time::Wall;

use super::days::{Day, percent};
use super::kept::Shown;
use super::text::{Piece, pieces};
use super::view::{ComponentView, HISTORY, PageView};
use crate::api::json::time;
use crate::pages::{escaped, latency};

/// The most problems that are over.
const PAST_MAX: usize = 50;

pub(super) const STYLE: &str = include_str!("../../assets/status.css");

/// Changes with the style, so that no old one is used.
static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| Digest::of(STYLE.as_bytes()).short());

pub(super) fn style_version() -> &'static str {
    &STYLE_VERSION
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    title: String,
    description: String,
    /// The page's own path.
    path: String,
    style_version: &'static str,
    look: &'static str,
    says: &'static str,
    open_notes: Vec<NoteRow>,
    now: Vec<MaintenanceRow>,
    ahead: Vec<MaintenanceRow>,
    components: Vec<ComponentRow>,
    past_problems: Vec<PastRow>,
    past_notes: Vec<NoteRow>,
    as_of: Moment,
    zone: String,
    is_indexed: bool,
    sends_letters: bool,
}

/// A moment, for programs and in the page's zone.
struct Moment {
    iso: String,
    text: String,
}

impl Moment {
    fn of(at: Wall, zone: Tz) -> Self {
        Self { iso: time(at), text: moment(at, zone) }
    }
}

struct NoteRow {
    title: String,
    stage: &'static str,
    /// Newest first.
    entries: Vec<EntryRow>,
}

struct EntryRow {
    stage: &'static str,
    at: Moment,
    text: Vec<Piece>,
}

impl NoteRow {
    fn of(note: &Note, zone: Tz) -> Self {
        let entries = note.entries.iter().rev().map(|entry| EntryRow {
            stage: entry.stage.as_str(),
            at: Moment::of(entry.at, zone),
            text: pieces(&entry.text),
        });
        Self { title: note.title.clone(), stage: note.stage().as_str(), entries: entries.collect() }
    }
}

/// A problem that is over.
struct PastRow {
    title: String,
    was: &'static str,
    from: Option<Moment>,
    until: Moment,
}

/// The problems that ended lately, newest first.
fn past_problems(view: &PageView) -> Vec<PastRow> {
    let zone = view.spec.zone;
    let ended = view.components.iter().flat_map(|component| {
        component.problems.iter().filter_map(move |problem| Some((component, problem, problem.ended?)))
    });
    let mut ended: Vec<_> = ended.filter(|(.., at)| *at > view.now - HISTORY).collect();
    ended.sort_by_key(|(.., at)| std::cmp::Reverse(*at));
    ended.truncate(PAST_MAX);
    let row = |(component, problem, ended): (&ComponentView, &Problem, Wall)| PastRow {
        title: component.title.clone(),
        was: was(problem.worst),
        from: problem.began.map(|began| Moment::of(began, zone)),
        until: Moment::of(ended, zone),
    };
    ended.into_iter().map(row).collect()
}

/// What a problem was at its worst.
pub(super) const fn was(worst: PublicState) -> &'static str {
    match worst {
        PublicState::Down => "down",
        PublicState::Degraded
        | PublicState::Maintenance
        | PublicState::Unknown
        | PublicState::Operational => "degraded",
    }
}

struct MaintenanceRow {
    text: Vec<Piece>,
    from: Moment,
    until: Moment,
    about: String,
}

impl MaintenanceRow {
    fn of(announced: &Announcement, zone: Tz) -> Self {
        Self {
            text: pieces(&announced.text),
            from: Moment::of(announced.from, zone),
            until: Moment::of(announced.until, zone),
            about: announced.about.join(", "),
        }
    }
}

struct ComponentRow {
    title: String,
    look: &'static str,
    says: &'static str,
    since: Option<Moment>,
    bars: Vec<Bar>,
    uptime: String,
    /// What the bars say, in a sentence.
    said: String,
    /// Days that were not whole, newest first.
    low_days: Vec<(String, String)>,
    latency: Option<(String, String)>,
}

/// One day. Its height says as much as its colour.
struct Bar {
    x: usize,
    y: u32,
    height: u32,
    look: &'static str,
    said: String,
}

impl ComponentRow {
    fn of(component: &ComponentView, zone: Tz) -> Self {
        let low: Vec<&Day> =
            component.days.iter().rev().filter(|day| day.part.is_some_and(|part| part < 1.0)).collect();
        let unknown = component.days.iter().filter(|day| day.part.is_none()).count();
        let said = format!(
            "{} in the last 90 days; {} below 100 %, {} not known",
            percent(component.uptime),
            days(low.len()),
            days(unknown)
        );
        Self {
            title: component.title.clone(),
            look: look(component.state),
            says: component.state.as_str(),
            since: component.since.map(|since| Moment::of(since, zone)),
            bars: component.days.iter().enumerate().map(|(place, day)| bar(place, day)).collect(),
            uptime: percent(component.uptime),
            said,
            low_days: low.into_iter().map(|day| (shown(day), percent(day.part))).collect(),
            latency: component.latency.map(|(half, most)| (latency(half), latency(most))),
        }
    }
}

fn days(count: usize) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn shown(day: &Day) -> String {
    day.date.format("%-d %b %Y").to_string()
}

fn bar(place: usize, day: &Day) -> Bar {
    let (look, height) = match day.part {
        None => ("none", 6),
        Some(part) if part >= 1.0 => ("up", 32),
        Some(part) if part >= 0.95 => ("low", 24),
        Some(_) => ("bad", 16),
    };
    Bar {
        x: place * 10,
        y: 32 - height,
        height,
        look,
        said: format!("{}: {}", shown(day), percent(day.part)),
    }
}

const fn look(state: PublicState) -> &'static str {
    match state {
        PublicState::Operational => "ok",
        PublicState::Degraded => "degraded",
        PublicState::Down => "down",
        PublicState::Maintenance => "maintenance",
        PublicState::Unknown => "unknown",
    }
}

/// What the whole page says first.
fn says(page: &PageView) -> &'static str {
    match page.state {
        PublicState::Operational => "All systems are operational",
        PublicState::Degraded => "Some systems are degraded",
        PublicState::Down => "Some systems are down",
        PublicState::Maintenance => "Maintenance is under way",
        PublicState::Unknown if page.components.is_empty() => "There is nothing to show yet",
        PublicState::Unknown => "The state of some systems is not known",
    }
}

/// `None` if it cannot be rendered, which the log says.
pub(super) fn render(view: &PageView, shown: Shown) -> Option<String> {
    let zone = view.spec.zone;
    let notes = |ended: bool| -> Vec<NoteRow> {
        let wanted = view.notes.iter().filter(|note| note.has_ended() == ended);
        wanted.map(|note| NoteRow::of(note, zone)).collect()
    };
    let maintenance = |occurs: Occurs| -> Vec<MaintenanceRow> {
        let wanted = view.announcements.iter().filter(|announced| announced.occurs == occurs);
        wanted.map(|announced| MaintenanceRow::of(announced, zone)).collect()
    };
    let page = StatusPage {
        title: view.spec.title.clone(),
        description: view.spec.description.clone().unwrap_or_default(),
        path: format!("/status/{}", escaped(view.spec.name.as_str())),
        style_version: &STYLE_VERSION,
        look: look(view.state),
        says: says(view),
        open_notes: notes(false),
        now: maintenance(Occurs::Now),
        ahead: maintenance(Occurs::Ahead),
        components: view.components.iter().map(|component| ComponentRow::of(component, zone)).collect(),
        past_problems: past_problems(view),
        past_notes: notes(true),
        as_of: Moment::of(view.now, zone),
        zone: zone.name().to_owned(),
        is_indexed: shown == Shown::ToAll,
        sends_letters: view.spec.subscriptions.is_some(),
    };
    match page.render() {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::error!(%error, "a status page could not be rendered");
            None
        }
    }
}
