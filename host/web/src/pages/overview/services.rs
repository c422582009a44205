//! The grid of services: how each is, and the numbers that its checks read from it.

use watchkeep_core::service::{Health, ServiceSpec, Together, labels, newest};
use watchkeep_core::view::CheckView;

use crate::pages::charts::Unit;
use crate::pages::words::escaped;

pub(crate) struct ServiceCell {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) health: &'static str,
    /// The look of its state, and its shape.
    pub(crate) look: &'static str,
    /// As in `2 of 5 checks critical`.
    pub(crate) said: String,
    /// What its checks read from it, with what it is called.
    pub(crate) numbers: Vec<(&'static str, String)>,
}

/// The services, worst first and then as the config has them, each with its checks.
pub(super) fn cells(services: &[std::sync::Arc<ServiceSpec>], checks: &[CheckView]) -> Vec<ServiceCell> {
    if services.is_empty() {
        return Vec::new();
    }
    let mut members: Vec<Vec<&CheckView>> = vec![Vec::new(); services.len()];
    for view in checks {
        let labels = labels(&view.spec);
        for (service, members) in services.iter().zip(&mut members) {
            if service.has(&labels) {
                members.push(view);
            }
        }
    }
    let mut cells: Vec<(Health, ServiceCell)> =
        services.iter().zip(&members).map(|(service, members)| cell(service, members)).collect();
    cells.sort_by_key(|(health, _)| *health);
    cells.into_iter().map(|(_, cell)| cell).collect()
}

fn cell(service: &ServiceSpec, members: &[&CheckView]) -> (Health, ServiceCell) {
    let health = service.health(members.iter().copied());
    let bad = members.iter().filter(|view| crate::filter::DisplayState::of(view).is_bad()).count();
    let of = |name: &'static str, metric: &Option<String>, together| {
        let metric = metric.as_deref()?;
        let written = match newest(metric, together, members.iter().copied()) {
            Some((value, unit)) => Unit::of(unit, metric).written(value),
            None => "–".to_owned(),
        };
        Some((name, written))
    };
    let metrics = &service.metrics;
    let numbers = [
        of("average", &metrics.average, Together::Highest),
        of("p95", &metrics.p95, Together::Highest),
        of("p99", &metrics.p99, Together::Highest),
        of("requests", &metrics.request_rate, Together::Sum),
        of("errors", &metrics.error_rate, Together::Highest),
    ];
    let cell = ServiceCell {
        name: service.name.to_string(),
        href: format!("/?service={}", escaped(service.name.as_str())),
        health: health.as_str(),
        look: match health {
            Health::Down => "critical",
            Health::Degraded => "warning",
            Health::Unknown => "unknown",
            Health::Healthy => "ok",
        },
        said: match (members.len(), bad) {
            (0, _) => "no check".to_owned(),
            (1, 0) => "its check is well".to_owned(),
            (1, _) => "its check is not well".to_owned(),
            (all, 0) => format!("all {all} checks are well"),
            (all, bad) => format!("{bad} of {all} checks not well"),
        },
        numbers: numbers.into_iter().flatten().collect(),
    };
    (health, cell)
}
