//! Whether the machine has to be started anew, by which signs, and since when.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::{RebootSign, RebootState};
use watchkeep_sdk::wording::span;
use watchkeep_sdk::{clipped, kv};

use crate::config::System;
use crate::counters::unkept;
use crate::words;

/// The key in `kv`: since when a restart is needed, in milliseconds.
const KEY: &str = "reboot";
/// The most names in a sentence.
const NAMES_SHOWN: usize = 5;

pub(crate) fn finding(config: &System, told: &RebootState, now: u64) -> Result<Finding, Stop> {
    let mut complaints = Complaints::default();
    let needed = needed_for(told, now)?;
    let mut opening = format!("kernel {} runs", clipped(&told.kernel));
    match needed {
        None => opening.push_str(", no restart is needed"),
        Some(needed) => {
            let signs: Vec<String> = told.signs.iter().map(said).collect();
            let mut said = format!("a restart is needed: {}", signs.join(", "));
            if needed >= Duration::from_secs(60) {
                said.push_str(&format!(" ({} ago)", span(needed)));
            }
            let beyond = |limit: &Duration| needed >= *limit;
            let longer = |limit: Duration| format!("; that is longer ago than {}", span(limit));
            match config.reboot_critical_after.filter(beyond) {
                Some(limit) => complaints.critical(said + &longer(limit)),
                None if needed >= config.reboot_warning_after => complaints.warning(said),
                None => opening.push_str(&format!("; {said}")),
            }
        }
    }
    let found =
        words::finding(KEY.to_owned(), opening, &complaints).metric("system_reboot_needed", needed.is_some());
    Ok(match needed {
        Some(needed) => found.with(Metric::new("system_reboot_needed_for", needed.as_secs_f64(), "seconds")),
        None => found,
    })
}

/// For how long a restart has been needed. The mark is written anew with every package, so the first time counts that
/// was ever seen.
fn needed_for(told: &RebootState, now: u64) -> Result<Option<Duration>, Stop> {
    if told.signs.is_empty() {
        kv::delete(KEY).map_err(|_| unkept())?;
        return Ok(None);
    }
    let kept = kv::get_text(KEY).and_then(|kept| kept.parse().ok());
    let stated = told.signs.iter().filter_map(|sign| sign.since);
    let since = stated.chain(kept).chain([now]).min().unwrap_or(now);
    kv::set(KEY, since.to_string()).map_err(|_| unkept())?;
    Ok(Some(Duration::from_millis(now - since)))
}

fn said(sign: &RebootSign) -> String {
    let names: Vec<String> = sign.names.iter().take(NAMES_SHOWN).map(|name| clipped(name)).collect();
    let mut names = names.join(", ");
    if sign.names.len() > NAMES_SHOWN {
        names.push_str(&format!(" and {} more", sign.names.len() - NAMES_SHOWN));
    }
    match (&*sign.kind, sign.names.is_empty()) {
        ("marked", true) => "packages have asked for it".to_owned(),
        ("marked", false) => format!("packages have asked for it ({names})"),
        ("newer-kernel", _) => format!("kernel {names} is installed"),
        ("modules-gone", _) => format!(
            "the running kernel is no longer installed, so that it cannot load modules (there is {names})"
        ),
        // A later host knows more.
        (other, _) => format!("{} ({names})", clipped(other)),
    }
}
