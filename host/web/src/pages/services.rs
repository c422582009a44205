//! Services on the overview: each is several checks, shown as one tile.

use watchkeep_core::labels::Labels;
use watchkeep_core::report::State;
use watchkeep_core::service::{Health, ServiceMetrics, ServiceSpec, Together, labels_of, newest};
use watchkeep_core::setup::Setup;
use watchkeep_core::view::CheckView;

use super::charts::Unit;
use super::words::escaped;

pub(crate) struct Tile {
    pub(super) name: String,
    /// How it looks: the state with the same shape and colour.
    pub(super) look: &'static str,
    pub(super) health: &'static str,
    /// How many of its checks are not well, or how many it has.
    pub(super) checks: String,
    /// What its checks read from it, as (name, value).
    pub(super) numbers: Vec<(&'static str, String)>,
    pub(super) href: String,
    pub(super) chosen: bool,
}

/// A tile for each service that has checks here, worst first and then in the order of the config.
pub(super) fn tiles(setup: &Setup, checks: &[CheckView], chosen: Option<&str>) -> Vec<Tile> {
    if setup.services.is_empty() {
        return Vec::new();
    }
    // Made once for all services: there may be ten thousand checks.
    let labelled: Vec<(Labels, &CheckView)> =
        checks.iter().map(|view| (labels_of(&view.spec), view)).collect();
    let mut tiles: Vec<(Health, Tile)> =
        setup.services.iter().filter_map(|service| tile(service, &labelled, chosen)).collect();
    tiles.sort_by_key(|(health, _)| *health);
    tiles.into_iter().map(|(_, tile)| tile).collect()
}

fn tile(
    service: &ServiceSpec,
    checks: &[(Labels, &CheckView)],
    chosen: Option<&str>,
) -> Option<(Health, Tile)> {
    let own: Vec<&CheckView> =
        checks.iter().filter(|(labels, _)| service.fits(labels)).map(|(_, view)| *view).collect();
    if own.is_empty() {
        return None;
    }
    let health = service.health(own.iter().copied());
    let well = own.iter().filter(|view| view.state == State::Ok).count();
    let name = service.name.to_string();
    let is_chosen = chosen == Some(name.as_str());
    let tile = Tile {
        look: match health {
            Health::Down => "critical",
            Health::Degraded => "warning",
            Health::Unknown => "unknown",
            Health::Healthy => "ok",
        },
        health: health.as_str(),
        checks: match (well, own.len()) {
            (_, 1) => "1 check".to_owned(),
            (well, all) if well == all => format!("{all} checks"),
            (well, all) => format!("{well} of {all} checks ok"),
        },
        numbers: numbers(&service.metrics, &own),
        // A second click undoes the choice.
        href: if is_chosen { "/".to_owned() } else { format!("/?service={}", escaped(&name)) },
        chosen: is_chosen,
        name,
    };
    Some((health, tile))
}

fn numbers(metrics: &ServiceMetrics, own: &[&CheckView]) -> Vec<(&'static str, String)> {
    let ServiceMetrics { average, p95, p99, request_rate, error_rate } = metrics;
    let named = [
        ("average", average, Together::Highest),
        ("p95", p95, Together::Highest),
        ("p99", p99, Together::Highest),
        ("requests", request_rate, Together::Sum),
        ("errors", error_rate, Together::Highest),
    ];
    let told = named.into_iter().filter_map(|(name, metric, together)| {
        let metric = metric.as_ref()?;
        // What is not read is said to be missing: an empty place would look as if all were well.
        let value = newest(metric, together, own.iter().copied())
            .map_or_else(|| "no value".to_owned(), |(value, unit)| Unit::of(unit, metric).written(value));
        Some((name, value))
    });
    told.collect()
}
