//! The script's side of `snapshots` and `pictures`.

use super::script::with;
use crate::bindings::imports::watchkeep::plugin::snapshots::Series;
use crate::pictures::PictureError;
use crate::snapshots::{Snapshot, SnapshotError};

/// What an earlier run attached.
#[derive(Clone, Debug)]
pub(super) struct StoredSnapshot {
    pub(super) series: String,
    pub(super) snapshot: Snapshot,
    pub(super) bytes: Vec<u8>,
    pub(super) accepted: bool,
}

type Found = Result<Option<Snapshot>, SnapshotError>;

/// The route of a series: `front` for the check itself, `lobby/front` for another.
fn route(series: &Series) -> String {
    series.check.as_ref().map_or_else(|| series.name.clone(), |check| format!("{check}/{}", series.name))
}

fn of(
    series: &Series,
    choose: impl for<'a> FnOnce(Vec<&'a StoredSnapshot>) -> Option<&'a StoredSnapshot>,
) -> Found {
    let route = route(series);
    with(|script| {
        let chosen = choose(script.kept.iter().filter(|kept| kept.series == route).collect());
        Ok(chosen.map(|kept| kept.snapshot.clone()))
    })
}

pub(crate) fn snapshots_latest(series: &Series) -> Found {
    of(series, |all| all.into_iter().max_by_key(|kept| kept.snapshot.at))
}

pub(crate) fn snapshots_nearest(series: &Series, at: u64, within: u64) -> Found {
    let away = |kept: &&StoredSnapshot| kept.snapshot.at.abs_diff(at);
    of(series, |all| all.into_iter().filter(|kept| away(kept) <= within).min_by_key(away))
}

pub(crate) fn snapshots_reference(series: &Series) -> Found {
    of(series, |all| all.into_iter().rfind(|kept| kept.accepted))
}

pub(crate) fn snapshots_read(id: &str) -> Result<Vec<u8>, SnapshotError> {
    let found = with(|script| script.kept.iter().find(|kept| kept.snapshot.id == id).cloned());
    found.map(|kept| kept.bytes).ok_or(SnapshotError::NotFound)
}

pub(crate) fn pictures_read(id: &str, size_max: u64) -> Result<Vec<u8>, PictureError> {
    let Some(bytes) = with(|script| script.pictures.get(id).cloned()) else {
        return Err(PictureError::NotFound);
    };
    let size = bytes.len() as u64;
    if size > size_max {
        let message = format!("the picture has {size} bytes, {size_max} were asked for at most");
        return Err(PictureError::Limit(message));
    }
    Ok(bytes)
}
