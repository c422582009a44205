//! `[calendars.NAME]`.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;
use watchkeep_core::calendar::{Calendar, CalendarError, Opening, holidays_from_ics, parse_days};
use watchkeep_core::ids::CalendarName;

use crate::config::{ClosedBy, Closing};
use crate::each::Placeholders;
use crate::files::read_alone;
use crate::gather::Gathered;
use crate::keys::CALENDAR;
use crate::names::ALWAYS;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, check_name, refuse_unknown_keys, texts_of, wrong_kind};
use crate::source::Sources;
use crate::tree::{Entry, Node, Value};

pub(crate) type Calendars = BTreeMap<String, Arc<Calendar>>;
pub(crate) type Closings = BTreeMap<CalendarName, Closing>;

/// Reads all calendars. `zone` is for those that name none.
pub(crate) fn read(
    gathered: &Gathered<'_>,
    zone: Tz,
    sources: &mut Sources,
    problems: &mut Problems,
) -> (Calendars, Closings) {
    let root = KeyPath::Root;
    let all = root.key("calendars");
    let mut calendars = Calendars::new();
    let mut closings = Closings::new();
    for (name, entry) in gathered.named("calendars") {
        let path = all.key(name);
        if name == ALWAYS {
            let message = format!("`{ALWAYS}` is the calendar that is always open");
            problems.push(Draft::error(entry.key, &path, message).hint("give the calendar another name"));
        } else if check_name(name, entry.key, &path, problems)
            && let Some(closing) = calendar(name, entry, zone, &path, sources, problems)
        {
            calendars.insert(name.to_owned(), Arc::clone(&closing.calendar));
            closings.insert(CalendarName::from(name), closing);
        }
    }
    (calendars, closings)
}

fn calendar(
    name: &str,
    entry: &Entry,
    zone: Tz,
    path: &KeyPath<'_>,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Closing> {
    let Value::Table(table) = &entry.node.value else {
        problems.push(wrong_kind(&entry.node, path, "a table"));
        return None;
    };
    refuse_unknown_keys(&CALENDAR, table, path, problems);
    let layers = [table];
    let reader =
        Reader { section: &CALENDAR, layers: &layers, path: *path, placeholders: Placeholders::Literal };
    let before = problems.len();
    let zone = reader.zone("time_zone", problems).unwrap_or(zone);
    let weekly = match reader.entry("hours") {
        Some(hours) => weekly(&hours.node, &path.key("hours"), problems),
        None => Default::default(),
    };
    let mut closed_by = holidays(&reader, sources, problems);
    let mut exceptions: BTreeMap<NaiveDate, Vec<Opening>> =
        closed_by.keys().map(|date| (*date, Vec::new())).collect();
    if let Some(given) = reader.entry("exceptions") {
        for (date, openings) in by_date(&given.node, &path.key("exceptions"), problems) {
            closed_by.remove(&date);
            if openings.is_empty() {
                closed_by.insert(date, ClosedBy::Exception);
            }
            exceptions.insert(date, openings);
        }
    }
    match Calendar::new(CalendarName::from(name), zone, weekly, exceptions) {
        Ok(calendar) => Some(Closing { calendar: Arc::new(calendar), closed_by }),
        // What else was wrong with it explains why.
        Err(CalendarError::NeverOpen(_)) if problems.len() > before => None,
        Err(CalendarError::NeverOpen(_)) => {
            let draft = Draft::error(entry.key, path, format!("the calendar `{name}` is never open"));
            problems.push(draft.hint("give it `hours`, such as `hours = { mon-fri = [\"08:00-18:00\"] }`"));
            None
        }
    }
}

fn weekly(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> [Vec<Opening>; 7] {
    let mut week: [Vec<Opening>; 7] = Default::default();
    let mut given: [Option<&Entry>; 7] = [None; 7];
    let Value::Table(table) = &node.value else {
        let draft = wrong_kind(node, path, "a table of days");
        problems.push(draft.hint("write it as `hours = { mon-fri = [\"08:00-18:00\"] }`"));
        return week;
    };
    for (text, entry) in table.in_text_order() {
        let path = path.key(text);
        let days = match parse_days(text) {
            Ok(days) => days,
            Err(error) => {
                let draft = Draft::error(entry.key, &path, format!("`{text}` {}", error.problem));
                problems.push(draft.hint(error.hint));
                continue;
            }
        };
        let openings = openings(&entry.node, &path, problems);
        for day in days {
            let at = day.num_days_from_monday() as usize;
            if let Some(first) = given[at] {
                let draft = Draft::error(entry.key, &path, format!("{day} has hours twice"));
                problems.push(
                    draft.hint("put all hours of a day into one list").note(first.key, "first given here"),
                );
            } else {
                given[at] = Some(entry);
                week[at].clone_from(&openings);
            }
        }
    }
    week
}

/// The opening hours, in order; none may overlap another.
fn openings(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Vec<Opening> {
    let mut openings: Vec<Opening> = Vec::new();
    for text in texts_of(node, path, problems).unwrap_or_default() {
        match Opening::parse(&text.value) {
            Ok(opening)
                if openings.iter().any(|other| opening.from < other.to && other.from < opening.to) =>
            {
                let message = format!("`{}` overlaps other hours of the same day", text.value);
                problems.push(Draft::error(text.span, path, message).hint("join the two"));
            }
            Ok(opening) => openings.push(opening),
            Err(error) => {
                let draft = Draft::error(text.span, path, format!("`{}` {}", error.text, error.problem));
                problems.push(draft.hint(error.hint));
            }
        }
    }
    openings.sort();
    openings
}

fn date(text: &str) -> Option<NaiveDate> {
    // chrono would accept `2026-1-1` as well, but TOML's own dates would not.
    NaiveDate::from_str(text).ok().filter(|date| text.len() == 10 && date.year() > 0)
}

fn refuse_date(node_span: crate::source::Span, text: &str, path: &KeyPath<'_>, problems: &mut Problems) {
    let draft = Draft::error(node_span, path, format!("`{text}` is not a date"));
    problems.push(draft.hint("write it as `\"2026-12-25\"`"));
}

fn holidays(
    reader: &Reader<'_>,
    sources: &mut Sources,
    problems: &mut Problems,
) -> BTreeMap<NaiveDate, ClosedBy> {
    let Some(entry) = reader.entry("holidays") else { return BTreeMap::new() };
    let path = reader.path.key("holidays");
    match &entry.node.value {
        Value::List(list) => {
            let mut dates = BTreeMap::new();
            for node in list {
                match &node.value {
                    Value::Text(text) | Value::Moment(text) => match date(text) {
                        Some(date) => {
                            dates.insert(date, ClosedBy::Holidays);
                        }
                        None => refuse_date(node.span, text, &path, problems),
                    },
                    _ => problems.push(wrong_kind(node, &path, "dates")),
                }
            }
            dates
        }
        Value::Text(name) => {
            let file = sources.folder(entry.node.span.file).join(name);
            let Some(text) = read_alone(&file, entry.node.span.into(), &path, problems) else {
                return BTreeMap::new();
            };
            let dates = holidays_from_ics(&text);
            sources.add(file, text);
            match dates {
                Ok(dates) => {
                    let by = |holiday| ClosedBy::Event { file: name.clone(), holiday };
                    dates.into_iter().map(|(date, holiday)| (date, by(holiday))).collect()
                }
                Err(error) => {
                    let message = format!("`{name}`, line {}: {}", error.line, error.problem);
                    problems.push(Draft::error(entry.node.span, &path, message).hint(error.hint));
                    BTreeMap::new()
                }
            }
        }
        _ => {
            let draft = wrong_kind(&entry.node, &path, "dates or the name of an `.ics` file");
            problems.push(draft.hint("write it as `[\"2026-12-25\"]` or `\"holidays.ics\"`"));
            BTreeMap::new()
        }
    }
}

fn by_date(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Vec<(NaiveDate, Vec<Opening>)> {
    let Value::Table(table) = &node.value else {
        let draft = wrong_kind(node, path, "a table of dates");
        problems.push(draft.hint("write it as `exceptions = { 2026-12-24 = [\"08:00-12:00\"] }`"));
        return Vec::new();
    };
    let mut all = Vec::new();
    for (text, entry) in table.iter() {
        let path = path.key(text);
        let openings = openings(&entry.node, &path, problems);
        match date(text) {
            Some(date) => all.push((date, openings)),
            None => refuse_date(entry.key, text, &path, problems),
        }
    }
    all
}
