//! One page of a folder's entries. A folder has no order of its own, so that all names are read for every page; only
//! a page of them is held.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, FileType, statat};
use rustix::io::Errno;

use super::entry;
use super::found::{Facts, Found, Problem, problem};
use crate::contract::files::Entry;

/// How many names are read between two looks at the clock.
const LOOK_AFTER: usize = 1_024;
/// The most names that one folder may have.
const NAMES_MAX: usize = 1_000_000;

/// The first `max` entries after `after`. Names that are not UTF-8 are shown with U+FFFD, and cannot be asked for.
pub(super) fn page(
    found: &Found,
    path: &str,
    after: Option<&str>,
    max: usize,
    deadline: Instant,
) -> Result<Vec<Entry>, Problem> {
    let folder = found.open(FileType::Directory)?;
    let other = |error: Errno| problem(error, &found.path);
    let above = path.trim_end_matches('/');
    let mut first: BTreeMap<String, CString> = BTreeMap::new();
    for (at, read) in Dir::read_from(&folder).map_err(other)?.enumerate() {
        if at > NAMES_MAX {
            return Err(Problem::TooMany(format!(
                "more than {NAMES_MAX} names in `{}`",
                found.path.display()
            )));
        }
        if at % LOOK_AFTER == LOOK_AFTER - 1 && Instant::now() > deadline {
            return Err(Problem::TimeIsOver);
        }
        let name = read.map_err(other)?.file_name().to_owned();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let shown = name.to_string_lossy();
        let shown = if above.is_empty() { shown.into_owned() } else { format!("{above}/{shown}") };
        if after.is_none_or(|after| shown.as_str() > after) {
            first.insert(shown, name);
            if first.len() > max {
                first.pop_last();
            }
        }
    }
    let mut entries = Vec::with_capacity(first.len());
    for (shown, name) in first {
        match statat(&folder, &*name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let facts = Facts::of(&stat);
                if !found.is_closed(facts.identity) {
                    entries.push(entry(shown, &facts));
                }
            }
            // It has been removed meanwhile.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(other(error)),
        }
    }
    Ok(entries)
}
