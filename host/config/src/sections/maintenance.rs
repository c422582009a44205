//! `[[maintenance]]`: times when notifications are held back, once or repeatedly.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::ids::WindowId;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowError, WindowKind};

use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::MAINTENANCE;
use crate::names::KnownNames;
use crate::problems::{Draft, KeyPath, NoHint, Problems};
use crate::reader::{Reader, as_text, refuse_unknown_keys};
use crate::values::End;

/// The author of the windows in the config.
const AUTHOR: &str = "config";

pub(crate) fn read(gathered: &Gathered<'_>, zone: Tz, problems: &mut Problems) -> Vec<Arc<Window>> {
    let mut given = KnownNames::new("maintenance window");
    let elements = gathered.many("maintenance").iter();
    elements.filter_map(|element| window(element, zone, &mut given, problems)).map(Arc::new).collect()
}

fn window(
    element: &Element<'_>,
    zone: Tz,
    given: &mut KnownNames,
    problems: &mut Problems,
) -> Option<Window> {
    let root = KeyPath::Root;
    let all = root.key("maintenance");
    let shown = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
    let path = all.key(shown);
    refuse_unknown_keys(&MAINTENANCE, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &MAINTENANCE, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    let before = problems.len();
    let matchers = reader.matchers(problems);
    let matchers_are_whole = problems.len() == before;
    let zone = reader.zone("time_zone", problems).unwrap_or(zone);
    let when = when(&reader, element, zone, problems);
    let comment = reader.text("comment", problems).map(|text| text.value).unwrap_or_default();
    let announcement = reader.text("announcement", problems).map(|text| text.value);
    let name = name?;
    let window = Window {
        id: WindowId::from(format!("config:{}", name.value).as_str()),
        kind: WindowKind::Maintenance,
        matchers,
        // An error in its time is reported; its matchers are checked all the same.
        when: when.clone().unwrap_or(When::Once { from: Wall::from_millis(0), until: Wall::from_millis(1) }),
        author: AUTHOR.to_owned(),
        comment,
        announcement,
        // No clock is read here, and an unchanged window must be the same at every reload.
        made_at: Wall::from_millis(0),
    };
    // One that is over is not an error: configs live long.
    match window.check(Wall::from_millis(i64::MIN)) {
        Err(WindowError::NoMatcher | WindowError::MatchesEverything) if !matchers_are_whole => return None,
        Err(error) => {
            refuse(&error, &reader, element, problems);
            return None;
        }
        Ok(()) => {}
    }
    when.filter(|_| is_first && matchers_are_whole).map(|when| Window { when, ..window })
}

fn refuse(error: &WindowError, reader: &Reader<'_>, element: &Element<'_>, problems: &mut Problems) {
    let at = |key: &'static str, message: &str| -> Draft<NoHint> {
        let span = reader.entry(key).map_or(element.span, |entry| entry.node.span);
        Draft::error(span, &reader.path.key(key), message)
    };
    const NAME_SOMETHING: &str = "say what it is about, as in `match = ['team=\"web\"']`";
    problems.push(match error {
        WindowError::NoMatcher => {
            at("match", "the window has no matcher, so it would hide every alert").hint(NAME_SOMETHING)
        }
        WindowError::MatchesEverything => {
            at("match", "every matcher fits what has no such label, so it would hide every alert")
                .hint("add one that names a value, as in `'team=\"web\"'`")
        }
        WindowError::EndsBeforeStart => {
            at("until", "the window ends before it begins").hint("write an `until` that is after `from`")
        }
        WindowError::LastsNoTime => {
            at("lasts", "the window lasts no time").hint("write a span such as `\"2h\"`")
        }
        WindowError::TooLong { days } => {
            at("until", &format!("the window is longer than the {days} days that one may last"))
                .hint("make it shorter, or disable what it is about: there everybody sees it")
        }
        WindowError::IsOver => at("until", "the window is over").hint("write an end that is still to come"),
    });
}

fn when(reader: &Reader<'_>, element: &Element<'_>, zone: Tz, problems: &mut Problems) -> Option<When> {
    let entry = |key: &'static str| reader.entry(key).map(|entry| (key, entry.key));
    let once = entry("from").or_else(|| entry("until"));
    let recurring = entry("schedule").or_else(|| entry("lasts"));
    let missing = |key: &str, hint: &str, problems: &mut Problems| {
        let draft = Draft::error(element.span, &reader.path, format!("the window has no `{key}`"));
        problems.push(draft.hint(hint));
    };
    match (once, recurring) {
        (Some((one, first)), Some((other, second))) => {
            let message = format!("`{one}` and `{other}` exclude each other");
            let draft = Draft::error(second, &reader.path.key(other), message);
            let hint = "keep `from` and `until` for once, or `schedule` and `lasts` for again and again";
            problems.push(draft.hint(hint).note(first, "the other one"));
            None
        }
        (None, None) => {
            let draft = Draft::error(element.span, &reader.path, "the window does not say when it is");
            problems.push(draft.hint("add `from` and `until`, or `schedule` and `lasts`"));
            None
        }
        (Some(_), None) => {
            if reader.entry("from").is_none() {
                missing("from", "add `from = \"2026-12-24 22:00\"`", problems);
            }
            if reader.entry("until").is_none() {
                missing("until", "add `until = \"2026-12-25 02:00\"`", problems);
            }
            let from = reader.moment("from", zone, End::From, problems);
            let until = reader.moment("until", zone, End::Until, problems);
            Some(When::Once { from: from?.value, until: until?.value })
        }
        (None, Some(_)) => {
            if reader.entry("schedule").is_none() {
                missing("schedule", "add `schedule = \"0 2 * * sun\"`: its beginnings", problems);
            }
            if reader.entry("lasts").is_none() {
                missing("lasts", "add `lasts = \"2h\"`", problems);
            }
            let starts = reader.cron("schedule", zone, problems);
            let lasts: Option<Duration> = reader.span("lasts", problems);
            Some(When::Recurring { starts: starts?, lasts: lasts?, ended: None })
        }
    }
}
