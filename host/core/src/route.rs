//! The route tree (rule R1). Answers as Alertmanager does: a route whose matchers all match passes the alert to
//! its children, in order, up to and including the first that matches without `continue`; a route of which no
//! child matched keeps it.

use crate::ids::RouteName;
use crate::labels::Labels;
use crate::setup::{GroupBy, Route};

/// The routes that keep an alert with these labels, in the order of the tree.
pub fn matching<'a>(root: &'a Route, labels: &Labels) -> Vec<&'a Route> {
    let mut kept = Vec::new();
    descend(root, labels, &mut kept);
    kept
}

fn descend<'a>(route: &'a Route, labels: &Labels, kept: &mut Vec<&'a Route>) {
    if !route.matchers.iter().all(|matcher| matcher.matches(labels)) {
        return;
    }
    let before = kept.len();
    for child in &route.children {
        let so_far = kept.len();
        descend(child, labels, kept);
        if kept.len() > so_far && !child.continues {
            break;
        }
    }
    if kept.len() == before {
        kept.push(route);
    }
}

/// The route of that name.
pub fn named<'a>(root: &'a Route, name: &RouteName) -> Option<&'a Route> {
    if root.name == *name {
        return Some(root);
    }
    root.children.iter().find_map(|child| named(child, name))
}

/// Labels that follow an alert's level. `["..."]` leaves them out, so that an alert stays in its group when it
/// gets worse.
const CHANGING: [&str; 2] = ["state", "severity"];

/// What tells groups of this route apart: the labels it groups by that the alert has.
pub fn group_labels(group_by: &GroupBy, labels: &Labels) -> Labels {
    match group_by {
        GroupBy::Labels(names) => {
            labels.iter().filter(|(name, _)| names.iter().any(|by| by == name)).collect()
        }
        GroupBy::Nothing => labels.iter().filter(|(name, _)| !CHANGING.contains(name)).collect(),
    }
}
