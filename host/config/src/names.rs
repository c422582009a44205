//! What exists under which name, so that references can be resolved.

use std::collections::BTreeMap;

use crate::each::EachEntry;
use crate::keys::Named;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::Placed;
use crate::source::Span;
use crate::text::nearest;

/// The calendar that every config has.
pub(crate) const ALWAYS: &str = "always";

#[derive(Debug, Default)]
pub(crate) struct Names {
    calendars: Vec<String>,
    sites: Vec<String>,
    plugins: Vec<String>,
    templates: Vec<String>,
    checks: Vec<String>,
    receivers: Vec<String>,
    people: Vec<String>,
    actions: Vec<String>,
    routes: Vec<String>,
    services: Vec<String>,
    escalations: Vec<String>,
    roots: Vec<String>,
    commands: Vec<String>,
}

impl Names {
    pub(crate) fn set<'n>(&mut self, named: Named, names: impl IntoIterator<Item = &'n str>) {
        let list = self.list_mut(named);
        list.clear();
        list.extend(names.into_iter().map(str::to_owned));
        list.sort_unstable();
    }
    pub(crate) fn has(&self, named: Named, name: &str) -> bool {
        self.list(named).binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }
    /// Whether the name exists; if not, reports it with the name that was probably meant.
    pub(crate) fn check(
        &self,
        named: Named,
        name: &Placed<String>,
        path: &KeyPath<'_>,
        problems: &mut Problems,
    ) -> bool {
        let list = self.list(named);
        if list.binary_search(&name.value).is_ok() || named == Named::Calendar && name.value == ALWAYS {
            return true;
        }
        let (noun, header) = words(named);
        let draft = Draft::error(name.span, path, format!("unknown {noun} `{}`", name.value)).may_follow();
        problems.push(match nearest(&name.value, list.iter().map(String::as_str)) {
            Some(near) => draft.hint(format!("did you mean `{near}`?")),
            None => draft.hint(hint(named, header, list)),
        });
        false
    }
    fn list(&self, named: Named) -> &Vec<String> {
        match named {
            Named::Calendar => &self.calendars,
            Named::Site => &self.sites,
            Named::Plugin => &self.plugins,
            Named::Template => &self.templates,
            Named::Check => &self.checks,
            Named::Receiver => &self.receivers,
            Named::Person => &self.people,
            Named::Action => &self.actions,
            Named::Route => &self.routes,
            Named::Service => &self.services,
            Named::Escalation => &self.escalations,
            Named::Root => &self.roots,
            Named::Command => &self.commands,
        }
    }
    fn list_mut(&mut self, named: Named) -> &mut Vec<String> {
        match named {
            Named::Calendar => &mut self.calendars,
            Named::Site => &mut self.sites,
            Named::Plugin => &mut self.plugins,
            Named::Template => &mut self.templates,
            Named::Check => &mut self.checks,
            Named::Receiver => &mut self.receivers,
            Named::Person => &mut self.people,
            Named::Action => &mut self.actions,
            Named::Route => &mut self.routes,
            Named::Service => &mut self.services,
            Named::Escalation => &mut self.escalations,
            Named::Root => &mut self.roots,
            Named::Command => &mut self.commands,
        }
    }
}

const fn words(named: Named) -> (&'static str, &'static str) {
    match named {
        Named::Calendar => ("calendar", "[calendars.NAME]"),
        Named::Site => ("site", "[site.NAME]"),
        Named::Plugin => ("plugin", ""),
        Named::Template => ("template", "[template.NAME]"),
        Named::Check => ("check", "[[check]]"),
        Named::Receiver => ("receiver", "[[receiver]]"),
        Named::Person => ("person", "[person.NAME]"),
        Named::Action => ("action", "[[action]]"),
        Named::Route => ("route", "[[route]]"),
        Named::Service => ("service", "[[service]]"),
        Named::Escalation => ("escalation", "[[escalation.NAME]]"),
        Named::Root => ("root", "[roots]"),
        Named::Command => ("command", "[commands.NAME]"),
    }
}

fn hint(named: Named, header: &str, list: &[String]) -> String {
    const SHOWN_MAX: usize = 8;
    let shown = list.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match named {
        _ if list.is_empty() => format!("there is none yet: give it as `{header}`"),
        _ if list.len() > SHOWN_MAX => format!("there are {shown} and {} more", list.len() - SHOWN_MAX),
        _ => format!("there are {shown}"),
    }
}

/// What was first given each name; a second one is reported with both places.
#[derive(Debug)]
pub(crate) struct KnownNames {
    noun: &'static str,
    first: BTreeMap<String, (Span, String)>,
}

impl KnownNames {
    pub(crate) fn new(noun: &'static str) -> Self {
        Self { noun, first: BTreeMap::new() }
    }
    /// Whether it is the first of its name. `entry` is the entry of `each` that made the name.
    pub(crate) fn is_first(
        &mut self,
        name: &Placed<String>,
        entry: Option<&EachEntry<'_>>,
        path: &KeyPath<'_>,
        problems: &mut Problems,
    ) -> bool {
        let span = entry.map_or(name.span, |entry| entry.span);
        let by = entry.map(|entry| format!(" by the entry `{}`", entry.key)).unwrap_or_default();
        let Some((first, first_by)) = self.first.get(&name.value) else {
            self.first.insert(name.value.clone(), (span, by));
            return true;
        };
        let message = format!("the {} `{}` is given twice{by}", self.noun, name.value);
        let draft = Draft::error(span, path, message).hint("names are unique across all files: rename one");
        problems.push(draft.note(*first, format!("first given here{first_by}")));
        false
    }
}
