//! Which pictures somebody has accepted, and the form that accepts another: a part of the check's page. Which of its series a
//! plugin compares with what was accepted, only the plugin knows.

use watchkeep_core::ids::{CheckName, short_hash};
use watchkeep_core::setup::CheckSpec;

use super::snapshots::shown;
use super::words::{Moment, escaped, shortened, size};
use crate::host::SnapshotFacts;
use crate::problem::Problem;
use crate::router::App;

/// Of the newest snapshots so many are looked through for the series that there are.
const SNAPSHOTS_MAX: usize = 500;
const SERIES_MAX: usize = 20;

/// A series of a check that reads its earlier snapshots.
pub(super) struct Reference {
    /// As the form sends it.
    pub(super) series: String,
    /// The id of its fold. It is the series' own: one that is open stays open when another series comes before it.
    pub(super) fold: String,
    /// Where the form goes.
    pub(super) action: String,
    pub(super) newest: Kept,
    pub(super) accepted: Option<Kept>,
    /// Whether both are pictures that a browser may show, and differ: then they stand beside each other.
    pub(super) is_comparable: bool,
    /// Whether the newest is what was accepted.
    pub(super) is_newest: bool,
}

pub(super) struct Kept {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) id: String,
    pub(super) size: String,
    pub(super) at: Moment,
}

/// Each series with its newest snapshot, by name, so that none moves under a hand; none of a plugin that compares nothing.
pub(crate) async fn references(app: &App, spec: &CheckSpec) -> Result<Vec<Reference>, Problem> {
    let plugins = app.host.plugins();
    let plugin = plugins.iter().find(|plugin| plugin.name == spec.plugin);
    if !plugin.and_then(|plugin| plugin.life.live()).is_some_and(|live| live.reads_snapshots) {
        return Ok(Vec::new());
    }
    let mut found: Vec<Reference> = Vec::new();
    for facts in app.host.snapshots(spec.name.clone(), SNAPSHOTS_MAX).await? {
        let Some(series) = &facts.series else { continue };
        if found.len() < SERIES_MAX && !found.iter().any(|known| known.series == *series) {
            found.push(reference(app, &spec.name, series, &facts).await?);
        }
    }
    found.sort_by(|one, other| one.series.cmp(&other.series));
    Ok(found)
}

async fn reference(
    app: &App,
    check: &CheckName,
    series: &str,
    newest: &SnapshotFacts,
) -> Result<Reference, Problem> {
    let accepted = app.host.accepted_snapshot(check.clone(), series.to_owned()).await?;
    let is_newest = accepted.as_ref().is_some_and(|accepted| accepted.digest == newest.digest);
    let pictures = accepted.iter().chain([newest]).filter(|facts| shown(&facts.media_type).is_some()).count();
    Ok(Reference {
        is_comparable: pictures == 2 && !is_newest,
        series: series.to_owned(),
        fold: format!("accept-{}", short_hash(&[series.as_bytes()])),
        action: format!("/checks/{}/snapshots/accept", escaped(check.as_str())),
        newest: kept(app, newest),
        is_newest,
        accepted: accepted.as_ref().map(|accepted| kept(app, accepted)),
    })
}

fn kept(app: &App, facts: &SnapshotFacts) -> Kept {
    Kept {
        name: shortened(&facts.name, 120),
        href: format!("/snapshots/{}", facts.digest),
        id: facts.digest.to_string(),
        size: size(facts.size_bytes),
        at: Moment::new(facts.at, app.host.now()),
    }
}
