//! Uptime Kuma: the backup that version 1 writes, and the list of monitors that version 2 gives to clients.

mod kinds;
mod web;

use std::collections::BTreeMap;

use crate::NewKey;
use crate::draft::{Draft, Work};
use crate::error::ImportError;
use crate::model::{EntryKind, Import, NoteKind, Tool};
use crate::secrets::may_hold_secret;
use crate::span;
use crate::tools::wrong_tool;
use crate::tree::{Node, parse_json};

/// Reads a backup.
///
/// # Errors
/// If it is not JSON, or not Uptime Kuma's.
pub fn kuma(text: &str, new_key: NewKey<'_>) -> Result<Import, ImportError> {
    let root = parse_json(text)?;
    let monitors = monitors(&root).ok_or_else(|| wrong_tool(Tool::Kuma, &root))?;
    let mut work = Work::new(Tool::Kuma);
    let around = Around { groups: groups(&monitors), notifications: notifications(&root) };
    for (place, monitor) in &monitors {
        import(&mut work, monitor, place, &around, new_key);
    }
    rest(&mut work, &root);
    work.into_import()
}

/// The monitors, each with its place: from a list, or from a table by their numbers.
fn monitors(root: &Node) -> Option<Vec<(String, &Node)>> {
    let (name, all) = match root.get("monitorList") {
        Some(list) => ("monitorList", list),
        None => ("monitors", root),
    };
    let is_monitor = |node: &Node| node.get("type").is_some() && node.get("name").is_some();
    let found: Vec<(String, &Node)> = if all.is_table() {
        all.entries().iter().map(|(id, node)| (id.clone(), node)).collect()
    } else {
        all.items().iter().enumerate().map(|(at, node)| (at.to_string(), node)).collect()
    };
    let is_whole =
        name == "monitorList" || !found.is_empty() && found.iter().all(|(_, node)| is_monitor(node));
    is_whole.then(|| {
        found
            .into_iter()
            .map(|(at, node)| {
                let shown = node.text("name").map(|name| format!(" \"{name}\"")).unwrap_or_default();
                (format!("{name}[{at}]{shown}"), node)
            })
            .collect()
    })
}

struct Around {
    /// The names of groups, by their numbers.
    groups: BTreeMap<String, String>,
    notifications: BTreeMap<String, String>,
}

/// Reads the groups. A group within another gets the names of both.
fn groups(monitors: &[(String, &Node)]) -> BTreeMap<String, String> {
    let is_group = |node: &&Node| node.text("type").as_deref() == Some("group");
    let all: BTreeMap<String, &Node> = monitors
        .iter()
        .map(|(_, node)| *node)
        .filter(is_group)
        .filter_map(|node| Some((node.text("id")?, node)))
        .collect();
    all.iter().map(|(id, node)| (id.clone(), path(&all, node))).collect()
}

fn path<'n>(groups: &BTreeMap<String, &'n Node>, mut node: &'n Node) -> String {
    const DEPTH_MAX: usize = 8;
    let mut names = Vec::new();
    for _ in 0..DEPTH_MAX {
        names.push(node.text("name").unwrap_or_default());
        match node.text("parent").and_then(|parent| groups.get(&parent)) {
            Some(parent) => node = parent,
            None => break,
        }
    }
    names.reverse();
    names.join("/")
}

fn notifications(root: &Node) -> BTreeMap<String, String> {
    let all = root.list("notificationList").iter();
    all.filter_map(|node| Some((node.text("id")?, node.text("name")?))).collect()
}

fn rest(work: &mut Work, root: &Node) {
    for (at, node) in root.list("notificationList").iter().enumerate() {
        let name = node.text("name").unwrap_or_default();
        let by_default = if node.is_on("isDefault") { ", which new monitors have" } else { "" };
        let text =
            format!("write a [[receiver]] and a [[route]] that match the label `notifications`{by_default}");
        work.note(NoteKind::ToDo, &format!("notificationList[{at}] \"{name}\""), text);
    }
    for (at, _) in root.list("proxyList").iter().enumerate() {
        work.lost(&format!("proxyList[{at}]"), "no check goes through a proxy");
    }
}

fn import(work: &mut Work, monitor: &Node, place: &str, around: &Around, new_key: NewKey<'_>) {
    let kind = monitor.text("type").unwrap_or_default();
    let name = monitor.text("name").unwrap_or_default();
    if kind == "group" {
        work.note(NoteKind::Differs, place, "a group; its members have its name as the label `group`");
        return;
    }
    let entry = if kind == "push" { EntryKind::Heartbeat } else { EntryKind::Check };
    let mut draft = work.draft(entry, &name, place);
    let turned = monitor.is_on("upsideDown");
    if turned && kind != "port" {
        work.give_up(&draft, "it is upside down: that its target is down is well there, and never here");
        return;
    }
    let is_kept = match kind.as_str() {
        "http" | "keyword" | "json-query" => web::http(work, &mut draft, monitor, &kind),
        "websocket-upgrade" => web::websocket(work, &mut draft, monitor),
        "port" => kinds::port(work, &mut draft, monitor, turned),
        "ping" => kinds::ping(work, &mut draft, monitor),
        "dns" => kinds::dns(work, &mut draft, monitor),
        "push" => kinds::push(work, &mut draft, monitor, new_key),
        "mqtt" => kinds::mqtt(work, &mut draft, monitor),
        "grpc-keyword" => kinds::grpc(work, &mut draft, monitor),
        "redis" => kinds::redis(work, &mut draft, monitor),
        "smtp" => kinds::smtp(work, &mut draft, monitor),
        _ => {
            work.give_up(&draft, format!("a monitor of the type `{kind}`, for which there is no plugin yet"));
            false
        }
    };
    if is_kept {
        common(&mut draft, monitor, around, entry);
        work.keep(draft);
    }
}

fn common(draft: &mut Draft, monitor: &Node, around: &Around, entry: EntryKind) {
    let is_active = monitor.flag("active") != Some(false) && monitor.flag("forceInactive") != Some(true);
    draft.enabled(is_active);
    if entry == EntryKind::Check {
        timing(draft, monitor);
    }
    if let Some(group) = monitor.text("parent").and_then(|parent| around.groups.get(&parent)) {
        draft.label("group", group);
    }
    for tag in monitor.list("tags") {
        let value = tag.text("value").unwrap_or_else(|| "true".to_owned());
        if let Some(name) = tag.text("name").filter(|_| !crate::secrets::has_login(&value)) {
            draft.label(&name, &value);
        }
    }
    let told = monitor.get("notificationIDList").map(told).unwrap_or_default();
    let told: Vec<&str> =
        told.iter().filter_map(|id| around.notifications.get(id)).map(String::as_str).collect();
    if !told.is_empty() {
        draft.label("notifications", &told.join(","));
    }
    if monitor.text("description").is_some_and(|text| !may_hold_secret(&text)) {
        draft.remark(&monitor.text("description").unwrap_or_default());
    }
    if monitor.count("resendInterval").is_some_and(|count| count > 0) {
        draft.lost(
            "`resendInterval`; how often people are reminded is said by `repeat_interval` of a [[route]]",
        );
    }
    if monitor.text("proxyId").is_some() {
        draft.lost("its proxy: no check goes through one");
    }
    let conditions = monitor.get("conditions");
    if conditions
        .is_some_and(|node| !node.items().is_empty() || node.word().is_some_and(|text| text.len() > 2))
    {
        draft.lost("its `conditions`");
    }
}

/// The numbers of notifications, from a list or a table of flags.
fn told(node: &Node) -> Vec<String> {
    if node.is_table() {
        return node.entries().iter().filter(|(id, _)| node.is_on(id)).map(|(id, _)| id.clone()).collect();
    }
    node.items().iter().filter_map(Node::word).collect()
}

fn timing(draft: &mut Draft, monitor: &Node) {
    let seconds = |key: &str| {
        monitor.number(key).filter(|seconds| *seconds > 0.0).map(|seconds| (seconds * 1_000.0) as u64)
    };
    let interval = seconds("interval").unwrap_or(span::seconds(60));
    draft.interval(interval);
    let retries = monitor.count("maxretries").unwrap_or(0);
    if let (Some(retry), true) = (seconds("retryInterval"), retries > 0) {
        draft.retry_interval(retry.min(interval));
    }
    draft.failure_threshold(retries.saturating_add(1));
    draft.success_threshold(1);
}

/// The timeout, in seconds in the source.
fn timeout(monitor: &Node) -> Option<u64> {
    monitor.number("timeout").filter(|seconds| *seconds > 0.0).map(|seconds| (seconds * 1_000.0) as u64)
}
