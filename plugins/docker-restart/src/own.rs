//! When this action itself started each container last, so that its own restart is not taken for somebody else's.

use watchkeep_sdk::{kv, log};

const CONTAINERS_MAX: usize = 200;
const KEY: &str = "started";

/// Names and moments, oldest first.
fn all() -> Vec<(String, u64)> {
    let text = kv::get_text(KEY).unwrap_or_default();
    let line = |line: &str| {
        let (at, name) = line.split_once(' ')?;
        Some((name.to_owned(), at.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

pub(crate) fn is(name: &str, started: u64) -> bool {
    all().iter().any(|(kept, at)| kept == name && *at == started)
}

pub(crate) fn keep(name: &str, started: Option<u64>) {
    let Some(started) = started else { return };
    let mut all = all();
    all.retain(|(kept, _)| kept != name);
    all.push((name.to_owned(), started));
    let first = all.len().saturating_sub(CONTAINERS_MAX);
    let lines: Vec<String> = all[first..].iter().map(|(name, at)| format!("{at} {name}")).collect();
    if kv::set(KEY, lines.join("\n")).is_err() {
        log::warn("when it was started could not be kept");
    }
}
