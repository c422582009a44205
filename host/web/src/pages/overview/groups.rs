//! By what the list of checks is grouped, and its groups: worst first, each with its worst checks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchkeep_core::service::{ServiceSpec, labels};
use watchkeep_core::view::CheckView;

use super::{Link, ROWS_MAX};
use crate::filter::DisplayState;
use crate::pages::words::shortened;

/// The most groups of one page, and the fewest rows that each of them may show.
pub(super) const GROUPS_MAX: usize = 40;
const ROWS_OF_EACH_MIN: usize = ROWS_MAX / GROUPS_MAX;
/// The most labels to group by that are offered.
const LABELS_MAX: usize = 6;

/// What the list is grouped by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum By {
    State,
    Service,
    Plugin,
    Label(String),
}

impl By {
    pub(super) fn read(text: Option<&str>) -> Self {
        match text {
            None | Some("state") => By::State,
            Some("service") => By::Service,
            Some("plugin") => By::Plugin,
            Some(label) => By::Label(label.to_owned()),
        }
    }
    /// What stands for it in the address; empty for the usual one.
    pub(super) fn text(&self) -> &str {
        match self {
            By::State => "",
            By::Service => "service",
            By::Plugin => "plugin",
            By::Label(label) => label,
        }
    }
}

/// One way of grouping.
pub(crate) struct Choice {
    pub(crate) word: String,
    pub(crate) href: String,
    pub(crate) is_chosen: bool,
}

/// What the checks can be grouped by: labels that few checks have come last.
pub(super) fn choices(
    chosen: &By,
    found: &[(DisplayState, &CheckView)],
    services: &[Arc<ServiceSpec>],
    link: &Link,
) -> Vec<Choice> {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, view) in found {
        view.spec.labels.iter().for_each(|(name, _)| *used.entry(name).or_default() += 1);
    }
    let mut names: Vec<(&str, usize)> = used.into_iter().collect();
    // Places and clients are what people ask for first.
    names.sort_by_key(|(name, count)| (!["site", "client"].contains(name), usize::MAX - count));
    let mut ways = vec![By::State];
    ways.extend((!services.is_empty()).then_some(By::Service));
    ways.push(By::Plugin);
    let own = |name: &&(&str, usize)| !["state", "service", "plugin"].contains(&name.0);
    ways.extend(names.iter().filter(own).take(LABELS_MAX).map(|(name, _)| By::Label((*name).to_owned())));
    if !ways.contains(chosen) {
        ways.push(chosen.clone());
    }
    ways.into_iter()
        .map(|by| Choice {
            word: if by == By::State { "state".to_owned() } else { shortened(by.text(), 40) },
            href: link.grouped(&by),
            is_chosen: by == *chosen,
        })
        .collect()
}

/// Checks that belong together.
pub(super) struct Members<'v> {
    /// `None` for those that have no such label, and belong to no service.
    pub(super) name: Option<String>,
    /// Worst first.
    pub(super) checks: Vec<(DisplayState, &'v CheckView)>,
}

/// The groups of `found`, which is sorted worst first; the group with the worst check comes first.
pub(super) fn members<'v>(
    by: &By,
    found: &[(DisplayState, &'v CheckView)],
    services: &[Arc<ServiceSpec>],
) -> Vec<Members<'v>> {
    let mut groups: BTreeMap<Option<String>, Vec<(DisplayState, &'v CheckView)>> = BTreeMap::new();
    for (standing, view) in found {
        for name in names_of(by, *standing, view, services) {
            groups.entry(name).or_default().push((*standing, view));
        }
    }
    let mut groups: Vec<Members<'v>> =
        groups.into_iter().map(|(name, checks)| Members { name, checks }).collect();
    let bad = |group: &Members<'_>| group.checks.iter().filter(|(standing, _)| standing.is_bad()).count();
    groups.sort_by_cached_key(|group| {
        (group.checks.first().map(|(worst, _)| *worst), usize::MAX - bad(group), group.name.is_none())
    });
    groups
}

fn names_of(
    by: &By,
    standing: DisplayState,
    view: &CheckView,
    services: &[Arc<ServiceSpec>],
) -> BTreeSet<Option<String>> {
    let one = |name: Option<String>| BTreeSet::from([name]);
    match by {
        By::State => one(Some(standing.as_str().to_owned())),
        By::Plugin => one(Some(view.spec.plugin.to_string())),
        By::Label(label) => {
            let value = view.spec.labels.get(label);
            one((!value.is_empty()).then(|| value.to_owned()))
        }
        By::Service => {
            let labels = labels(&view.spec);
            let of = services.iter().filter(|service| service.has(&labels));
            let names: BTreeSet<_> = of.map(|service| Some(service.name.to_string())).collect();
            if names.is_empty() { one(None) } else { names }
        }
    }
}

/// How many rows each of so many groups may show, so that a page is never longer than the plain list.
pub(super) fn rows_of_each(groups: usize) -> usize {
    (ROWS_MAX / groups.max(1)).max(ROWS_OF_EACH_MIN)
}

/// As in `2 critical, 1 warning, 40 ok`.
pub(super) fn tally(checks: &[(DisplayState, &CheckView)]) -> String {
    let count = |wanted| checks.iter().filter(|(standing, _)| *standing == wanted).count();
    let parts = DisplayState::ALL
        .into_iter()
        .map(|standing| (count(standing), standing.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"));
    parts.collect::<Vec<_>>().join(", ")
}
