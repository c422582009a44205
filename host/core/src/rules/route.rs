//! The route tree (rule R1), and beside it the routes of plugins' owners (rule A2).
//!
//! The tree works as Alertmanager's does. A route whose matchers all match passes the alert to its children, in order,
//! up to and including the first that matches without `continue`. If no child matches, the route keeps the alert.
//!
//! When a plugin itself fails, that is its owner's business. If an owner is named, the tree is not asked. Such an alert
//! is recognised by the derived labels `kind` and `plugin`, which nobody can set (rule A13).

pub mod reach;

use std::sync::Arc;

use crate::ids::{PluginName, ReceiverName, RouteName};
use crate::labels::Labels;
use crate::model::keys::AlertKey;
use crate::model::setup::{Escalation, GroupBy, Route, Setup};

/// The routes that an alert with these labels takes, in the order of the tree. Empty only without a tree.
pub fn taken<'a>(setup: &'a Setup, labels: &Labels) -> Vec<&'a Route> {
    if labels.get("kind") == AlertKey::PLUGIN
        && let Some(route) = setup.owner_routes.get(labels.get("plugin"))
    {
        return vec![route];
    }
    setup.root.as_deref().map_or_else(Vec::new, |root| matching(root, labels))
}

/// The escalation of the route of that name.
pub(crate) fn escalation<'a>(setup: &'a Setup, name: &RouteName) -> Option<&'a Arc<Escalation>> {
    let escalation = named(setup, name)?.escalation.as_ref()?;
    setup.escalations.get(escalation)
}

/// The route of that name.
pub fn named<'a>(setup: &'a Setup, name: &RouteName) -> Option<&'a Route> {
    let in_tree = setup.root.as_deref().and_then(|root| below(root, name));
    in_tree.or_else(|| setup.owner_routes.values().map(|route| &**route).find(|route| route.name == *name))
}

/// The route that tells a plugin's owner that the plugin fails. It waits, repeats and keeps hours as the root does. Its
/// name contains a space, so no route of a config can have it. A group belongs to one route, so plugins never share a
/// group.
pub fn of_owner(plugin: &PluginName, receivers: Vec<ReceiverName>, root: &Route) -> Route {
    Route {
        name: RouteName::from(format!("owner of {plugin}").as_str()),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["plugin".to_owned()]),
        group_wait: root.group_wait,
        group_interval: root.group_interval,
        repeat_interval: root.repeat_interval,
        notify_hours: root.notify_hours.clone(),
        receivers,
        escalation: None,
        children: Vec::new(),
    }
}

fn matching<'a>(root: &'a Route, labels: &Labels) -> Vec<&'a Route> {
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

fn below<'a>(route: &'a Route, name: &RouteName) -> Option<&'a Route> {
    if route.name == *name {
        return Some(route);
    }
    route.children.iter().find_map(|child| below(child, name))
}

/// Labels that follow an alert's level. `["..."]` leaves them out, so that an alert stays in its group when it
/// gets worse.
const CHANGING: [&str; 2] = ["state", "severity"];

/// What distinguishes the groups of a route: those of the labels it groups by that the alert has.
pub fn group_labels(group_by: &GroupBy, labels: &Labels) -> Labels {
    match group_by {
        GroupBy::Labels(names) => {
            labels.iter().filter(|(name, _)| names.iter().any(|by| by == name)).collect()
        }
        GroupBy::Nothing => labels.iter().filter(|(name, _)| !CHANGING.contains(name)).collect(),
    }
}
