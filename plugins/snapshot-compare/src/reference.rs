//! What the picture is compared with. A check that compared each night with the night before would be content again on the
//! second: the reference is what a reviewer accepted, and until then the first picture, which each run keeps anew.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::snapshots::Snapshot;

use watchkeep_sdk::picture::{missing, span_in_days};

/// The camera's pictures, night by night; what is accepted is one of them.
pub(crate) const SERIES: &str = "snapshot";
/// The first picture, attached again by each run: what is attached no more is removed after a time.
pub(crate) const FIRST: &str = "first";
/// When the first picture was taken.
const KEY: &str = "first";
/// What a run attaches is on disk a moment after its end, and the next run may be sooner; in milliseconds, and generous.
const KEPT_AFTER: u64 = 600_000;

pub(crate) enum Reference {
    Accepted(Picture),
    First(Picture),
    /// There was none so far.
    None,
    /// The first picture is gone before one was accepted.
    Gone,
}

pub(crate) struct Picture {
    pub(crate) id: String,
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn find() -> Result<Reference, Fault> {
    if let Some(accepted) = snapshots::series(SERIES).reference().map_err(missing)? {
        return Ok(Reference::Accepted(read(accepted)?));
    }
    let Some(began) = kv::get_text(KEY) else { return Ok(Reference::None) };
    let began: u64 = began.parse().unwrap_or(0);
    let Some(first) = snapshots::series(FIRST).latest().map_err(missing)? else {
        return match clock::now().saturating_sub(began) < KEPT_AFTER {
            true => Err(Fault::inconclusive(
                "the first picture is not on disk yet; the next run compares with it",
            )),
            false => Ok(Reference::Gone),
        };
    };
    let picture = read(first)?;
    Ok(Reference::First(Picture { at: began, ..picture }))
}

/// From now on there is one.
pub(crate) fn begin(now: u64) -> Result<(), Fault> {
    match kv::set(KEY, now.to_string()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault::other("when the first picture was taken could not be kept")),
    }
}

/// The picture that was taken so long before, unless it is the reference itself.
pub(crate) fn previous(
    before: Duration,
    within: Duration,
    reference: &str,
) -> Result<Option<Picture>, Fault> {
    let before = u64::try_from(before.as_millis()).unwrap_or(u64::MAX);
    let at = clock::now().saturating_sub(before);
    let found = snapshots::series(SERIES).nearest(at, within).map_err(missing)?;
    found.filter(|found| found.id != reference).map(read).transpose()
}

fn read(snapshot: Snapshot) -> Result<Picture, Fault> {
    let bytes = snapshot.read().map_err(missing)?;
    Ok(Picture { id: snapshot.id, at: snapshot.at, bytes })
}

impl Picture {
    pub(crate) fn age(&self) -> String {
        let age = Duration::from_millis(clock::now().saturating_sub(self.at));
        format!("taken {} ago", span_in_days(age))
    }
}
