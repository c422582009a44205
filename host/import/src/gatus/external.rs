//! External endpoints: something else reports their state. Here, they become heartbeats.

use super::known;
use crate::NewKey;
use crate::draft::{Draft, Work, clean};
use crate::given::EnvText;
use crate::model::{EntryKind, NoteKind};
use crate::span;
use crate::tree::Node;

pub(super) fn external(work: &mut Work, node: &Node, place: &str, new_key: NewKey<'_>) {
    let name = node.text("name").unwrap_or_default();
    let every = node.get("heartbeat").and_then(|beat| beat.text("interval"));
    let Some(every) = every.and_then(|every| span::parse(&every)).filter(|every| *every > 0) else {
        work.lost(
            place,
            "it has no `heartbeat.interval`: a heartbeat is told when no ping comes, which needs a span",
        );
        return;
    };
    if known(&name).is_err() {
        work.lost(place, "its name comes from the environment");
        return;
    }
    let wanted = node.text("group").map_or_else(|| name.clone(), |group| format!("{group}.{name}"));
    let mut draft = work.draft(EntryKind::Heartbeat, &wanted, place);
    let token = node.text("token").map(|token| EnvText::expanding(&token));
    key(work, &mut draft, token, new_key);
    draft.key("every", every_of(every));
    draft.key("grace", "0s");
    if let Some(group) = node.text("group") {
        draft.label("group", &clean(&group));
    }
    draft.enabled(node.flag("enabled") != Some(false));
    let alerts = node.list("alerts").iter().filter_map(|alert| alert.count("failure-threshold"));
    if let Some(count) = alerts.min().map(|count| count.clamp(1, 100)).filter(|count| *count != 1) {
        draft.key("failure_threshold", count);
    }
    work.keep(draft);
}

/// The interval of a heartbeat, which is at least a second.
pub(crate) fn every_of(millis: u64) -> String {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    span::write(millis.clamp(1_000, 366 * DAY))
}

/// The key for pings: the old token if it is long enough to be one.
pub(crate) fn key(work: &mut Work, draft: &mut Draft, token: Option<EnvText>, new_key: NewKey<'_>) {
    let is_key = |token: &str| {
        (16..=128).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let given = match token {
        Some(EnvText::Plain(token)) if is_key(&token) && work.is_new_key(&token) => EnvText::Plain(token),
        Some(EnvText::Variable(name)) if work.is_new_key(&format!("${name}")) => EnvText::Variable(name),
        _ => {
            draft.differs("it has a new key: the old token is that of another one, or is none of 16 to 128 letters and digits");
            EnvText::Plain(new_key())
        }
    };
    let hint = format!("{}-key", draft.name);
    if let Some(value) = draft.secret(&mut work.secrets, ("its key", &hint), &given, &[]) {
        draft.key("key", value);
    }
    let place = draft.place.clone();
    work.note(NoteKind::ToDo, &place, "whoever reports it pings `/ping/KEY` now, or `/ping/KEY/fail`");
}
