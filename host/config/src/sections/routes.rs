//! `[[route]]`: a tree by `under`, with inherited values filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::calendar::Calendar;
use watchkeep_core::ids::{EscalationName, ReceiverName, RouteName};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::setup::{GroupBy, Route};

use super::calendars::Calendars;
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::{Named, ROUTE};
use crate::names::{ALWAYS, KnownNames, Names};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys};
use crate::source::Span;

/// A route as it is written: what is `None` is inherited.
#[derive(Debug)]
struct Written {
    name: Placed<String>,
    under: Option<Placed<String>>,
    matchers: Vec<Matcher>,
    match_key: Option<Span>,
    continue_key: Option<Span>,
    continues: bool,
    group_by: Option<GroupBy>,
    group_wait: Option<Duration>,
    group_interval: Option<Duration>,
    repeat_interval: Option<Duration>,
    /// The hours; `Some(None)` is `always`.
    notify_hours: Option<Option<Arc<Calendar>>>,
    tells: Option<Tells>,
}

/// Receivers or an escalation: either is inherited, never both.
#[derive(Clone, Debug)]
enum Tells {
    Receivers(Vec<ReceiverName>),
    Escalation(EscalationName),
}

/// The root with everything below it; `None` if there is no route or the tree is broken.
pub(crate) fn read(
    gathered: &Gathered<'_>,
    calendars: &Calendars,
    names: &Names,
    problems: &mut Problems,
) -> Option<Route> {
    let elements = gathered.many("route");
    let mut given = KnownNames::new("route");
    let mut all = Vec::new();
    for element in elements {
        all.extend(route(element, calendars, names, &mut given, problems));
    }
    let roots: Vec<&Written> = all.iter().filter(|route| route.under.is_none()).collect();
    if let Some((first, others)) = roots.split_first() {
        for other in others {
            let message = format!("`{}` is a second root", other.name.value);
            let hint = format!("add `under = \"{}\"`: only one route is without `under`", first.name.value);
            tell(other, "under", problems, |path| {
                let draft = Draft::error(other.name.span, path, message).hint(hint);
                draft.note(first.name.span, "the first root").may_follow()
            });
        }
        root_takes_everything(first, problems);
    }
    circles(&all, problems);
    let root = roots.first()?;
    Some(Tree::new(&all).built(root, &above_root(), 0))
}

/// Reports a problem at a key of a route.
fn tell(route: &Written, key: &str, problems: &mut Problems, draft: impl FnOnce(&KeyPath<'_>) -> Draft) {
    let root = KeyPath::Root;
    let all = root.key("route");
    let own = all.key(&route.name.value);
    problems.push(draft(&own.key(key)));
}

fn root_takes_everything(root: &Written, problems: &mut Problems) {
    for (key, name) in [(root.match_key, "match"), (root.continue_key, "continue")] {
        if let Some(span) = key {
            let message = format!("the root takes every alert, so it has no `{name}`");
            tell(root, name, problems, |path| {
                Draft::error(span, path, message).hint("put it into a route `under` this one")
            });
        }
    }
}

/// How deep below the root a route may be: far deeper than any real tree, and a bound for walking it.
const DEPTH_MAX: usize = 64;

/// Reports routes that lead to no root although every parent exists, and endless chains.
fn circles(all: &[Written], problems: &mut Problems) {
    let by_name: BTreeMap<&str, &Written> =
        all.iter().map(|route| (route.name.value.as_str(), route)).collect();
    let mut told = BTreeSet::new();
    for route in all {
        let mut way: Vec<&Written> = vec![route];
        while let Some(parent) = way
            .last()
            .and_then(|last| last.under.as_ref())
            .and_then(|under| by_name.get(under.value.as_str()))
        {
            let name = |route: &Written| route.name.value.clone();
            if let Some(at) = way.iter().position(|other| other.name.value == parent.name.value) {
                let circle = &way[at..];
                if !circle.iter().any(|route| told.contains(&name(route))) {
                    told.extend(circle.iter().map(|route| name(route)));
                    tell_circle(circle, problems);
                }
                break;
            }
            if way.len() > DEPTH_MAX {
                let message = format!("the route is more than {DEPTH_MAX} below the root");
                tell(route, "under", problems, |path| {
                    Draft::error(route.name.span, path, message)
                        .hint("put it under a route nearer to the root")
                });
                break;
            }
            way.push(parent);
        }
    }
    let no_root = told.is_empty() && !all.is_empty() && all.iter().all(|route| route.under.is_some());
    if no_root {
        tell(&all[0], "under", problems, |path| {
            let draft = Draft::error(all[0].name.span, path, "no route is the root");
            draft.hint("take `under` out of one of them").may_follow()
        });
    }
}

fn tell_circle(circle: &[&Written], problems: &mut Problems) {
    let Some(first) = circle.first() else { return };
    let names = circle.iter().chain([first]).map(|route| route.name.value.as_str());
    let shown = names.collect::<Vec<_>>().join("` -> `");
    let span = first.under.as_ref().map_or(first.name.span, |under| under.span);
    let message = format!("routes are under each other: `{shown}`");
    let hint = "one of them has to be under a route that leads to the root";
    tell(first, "under", problems, |path| Draft::error(span, path, message).hint(hint));
}

fn route(
    element: &Element<'_>,
    calendars: &Calendars,
    names: &Names,
    given: &mut KnownNames,
    problems: &mut Problems,
) -> Option<Written> {
    let root = KeyPath::Root;
    let all = root.key("route");
    let shown = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
    let path = all.key(shown);
    refuse_unknown_keys(&ROUTE, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &ROUTE, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    // An unknown parent is reported, and still makes this route no root.
    let under = reader.text("under", problems);
    if let Some(under) = &under {
        names.check(Named::Route, under, &path.key("under"), problems);
    }
    let hours = reader.name("notify_hours", names, problems);
    let written = Written {
        name: name?,
        under,
        matchers: reader.matchers(problems),
        match_key: reader.entry("match").map(|entry| entry.key),
        continue_key: reader.entry("continue").map(|entry| entry.key),
        continues: reader.flag("continue", problems).unwrap_or(false),
        group_by: group_by(&reader, problems),
        group_wait: reader.span("group_wait", problems),
        group_interval: reader.span("group_interval", problems),
        repeat_interval: reader.span("repeat_interval", problems),
        notify_hours: hours.map(|name| match name.value.as_str() {
            ALWAYS => None,
            name => calendars.get(name).map(Arc::clone),
        }),
        tells: tells(&reader, names, problems),
    };
    is_first.then_some(written)
}

fn tells(reader: &Reader<'_>, names: &Names, problems: &mut Problems) -> Option<Tells> {
    if let (Some(receivers), Some(escalation)) = (reader.entry("receivers"), reader.entry("escalation")) {
        let message = "`receivers` and `escalation` exclude each other";
        let draft = Draft::error(escalation.key, &reader.path.key("escalation"), message);
        let hint = "keep one of the two; the receivers of the first step are told at once";
        problems.push(draft.hint(hint).note(receivers.key, "the other one"));
    }
    let receivers = reader.names("receivers", names, problems);
    let escalation = reader.name("escalation", names, problems);
    let receivers = receivers.map(|names| {
        Tells::Receivers(names.iter().map(|name| ReceiverName::from(name.value.as_str())).collect())
    });
    receivers.or_else(|| Some(Tells::Escalation(EscalationName::from(escalation?.value.as_str()))))
}

fn group_by(reader: &Reader<'_>, problems: &mut Problems) -> Option<GroupBy> {
    const NOTHING: &str = "...";
    let labels = reader.texts("group_by", problems)?;
    if let Some(dots) = labels.iter().find(|label| label.value == NOTHING) {
        if labels.len() > 1 {
            let message = "`...` groups nothing, so it stands alone";
            let draft = Draft::error(dots.span, &reader.path.key("group_by"), message);
            problems.push(draft.hint("take the labels out, or `...`"));
        }
        return Some(GroupBy::Nothing);
    }
    Some(GroupBy::Labels(labels.into_iter().map(|label| label.value).collect()))
}

struct Tree<'w> {
    below: BTreeMap<&'w str, Vec<&'w Written>>,
}

impl<'w> Tree<'w> {
    fn new(all: &'w [Written]) -> Self {
        let mut below: BTreeMap<&str, Vec<&Written>> = BTreeMap::new();
        for route in all {
            if let Some(under) = &route.under {
                below.entry(under.value.as_str()).or_default().push(route);
            }
        }
        Self { below }
    }
    /// A route deeper than `DEPTH_MAX` has been reported already.
    fn built(&self, route: &Written, above: &Route, depth: usize) -> Route {
        let (receivers, escalation) = match &route.tells {
            Some(Tells::Receivers(receivers)) => (receivers.clone(), None),
            Some(Tells::Escalation(name)) => (Vec::new(), Some(name.clone())),
            None => (above.receivers.clone(), above.escalation.clone()),
        };
        let mut built = Route {
            name: RouteName::from(route.name.value.as_str()),
            matchers: route.matchers.clone(),
            continues: route.continues,
            group_by: route.group_by.clone().unwrap_or_else(|| above.group_by.clone()),
            group_wait: route.group_wait.unwrap_or(above.group_wait),
            group_interval: route.group_interval.unwrap_or(above.group_interval),
            repeat_interval: route.repeat_interval.unwrap_or(above.repeat_interval),
            notify_hours: route.notify_hours.clone().unwrap_or_else(|| above.notify_hours.clone()),
            receivers,
            escalation,
            children: Vec::new(),
        };
        if depth < DEPTH_MAX {
            let children = self.below.get(route.name.value.as_str()).into_iter().flatten();
            built.children = children.map(|child| self.built(child, &built, depth + 1)).collect();
        }
        built
    }
}

/// What the root has by default (rule R1).
pub(crate) fn above_root() -> Route {
    Route {
        name: RouteName::from(""),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["check".to_owned()]),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
        notify_hours: None,
        receivers: Vec::new(),
        escalation: None,
        children: Vec::new(),
    }
}
