//! A service: several checks shown as one. Its health is told by how many of its checks are critical; how fast it is and
//! how much it does, by what its checks read from it.

use std::num::NonZeroU32;

use crate::ids::ServiceName;
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::outcome::Outcome;
use crate::report::{Metric, State};
use crate::setup::CheckSpec;
use crate::view::{CheckStatus, CheckView};

#[derive(Clone, PartialEq, Debug)]
pub struct ServiceSpec {
    pub name: ServiceName,
    /// What status pages call it; its name, if nothing else was chosen.
    pub display: Option<String>,
    /// All must match a check's labels, which include `check` and `plugin`.
    pub matchers: Vec<Matcher>,
    /// So many critical checks are an outage; `None` is more than half of those that were judged.
    pub down_at: Option<NonZeroU32>,
    pub metrics: ServiceMetrics,
}

/// The names of metrics that a service's checks read from the service itself. How long our own probes took says
/// nothing about its users' requests.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ServiceMetrics {
    pub average: Option<String>,
    pub p95: Option<String>,
    pub p99: Option<String>,
    pub request_rate: Option<String>,
    pub error_rate: Option<String>,
}

/// Worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Health {
    Down,
    Degraded,
    /// None of its checks has been judged.
    Unknown,
    Healthy,
}

impl Health {
    pub const fn as_str(self) -> &'static str {
        match self {
            Health::Down => "Down",
            Health::Degraded => "Degraded",
            Health::Unknown => "Unknown",
            Health::Healthy => "Healthy",
        }
    }
}

impl ServiceSpec {
    /// Whether a check with these labels, which are those of `labels`, is one of its checks.
    pub fn has(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Paused checks, and those that have not run yet, do not count. Whatever is not well degrades it.
    pub fn health<'v>(&self, checks: impl IntoIterator<Item = &'v CheckView>) -> Health {
        let counted = checks.into_iter().filter(|view| counts(view)).map(|view| view.state);
        health_of(self.down_at, &counted.collect::<Vec<State>>())
    }
}

/// What the states of several checks say together. `down_at` is as in [`ServiceSpec`].
pub fn health_of(down_at: Option<NonZeroU32>, states: &[State]) -> Health {
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    let critical = count(State::Critical);
    let is_down = match down_at {
        Some(at) => critical >= at.get() as usize,
        None => critical * 2 > states.len() - count(State::Unknown),
    };
    if states.is_empty() || count(State::Unknown) == states.len() {
        Health::Unknown
    } else if is_down {
        Health::Down
    } else if count(State::Ok) < states.len() {
        Health::Degraded
    } else {
        Health::Healthy
    }
}

/// What the matchers of services are asked about.
pub fn labels(check: &CheckSpec) -> Labels {
    check.labels.with([("check", check.name.as_str()), ("plugin", check.plugin.as_str())])
}

/// Whether the check says anything now: it runs, and has run.
pub fn counts(view: &CheckView) -> bool {
    match view.status {
        CheckStatus::Paused => false,
        CheckStatus::Active | CheckStatus::Running { .. } | CheckStatus::Closed | CheckStatus::NoPlugin => {
            view.last.is_some()
        }
    }
}

/// What several checks say together about one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Together {
    /// The worst of them: of durations and shares.
    Highest,
    /// All of them: of requests per second.
    Sum,
}

/// The newest value of a metric over the checks of a service, and its unit; `None` if none of them reports it. Of a
/// check that reports it several times, each counts.
pub fn newest<'v>(
    name: &str,
    together: Together,
    checks: impl IntoIterator<Item = &'v CheckView>,
) -> Option<(f64, &'v str)> {
    let mut found: Option<(f64, &str)> = None;
    for metric in checks.into_iter().flat_map(metrics).filter(|metric| metric.name == name) {
        let value = match (found, together) {
            (None, _) => metric.value,
            (Some((before, _)), Together::Highest) => before.max(metric.value),
            (Some((before, _)), Together::Sum) => before + metric.value,
        };
        found = Some((value, &metric.unit));
    }
    found
}

fn metrics(view: &CheckView) -> &[Metric] {
    match view.last.as_ref().map(|row| &row.outcome) {
        Some(Outcome::Report(report)) => &report.metrics,
        Some(Outcome::Failed(_)) | None => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::commit::ResultRow;
    use crate::flapping::Flaps;
    use crate::ids::RunId;
    use crate::report::Report;
    use crate::setup::Schedule;
    use crate::time::Wall;

    fn service(down_at: Option<u32>) -> ServiceSpec {
        ServiceSpec {
            name: "API".into(),
            display: None,
            matchers: vec![Matcher::parse(r#"service="api""#).unwrap()],
            down_at: down_at.and_then(NonZeroU32::new),
            metrics: ServiceMetrics::default(),
        }
    }

    fn check(state: State, metrics: Vec<Metric>) -> CheckView {
        let spec = CheckSpec::plain("a".into(), "http".into(), Schedule::Interval(Duration::from_secs(60)));
        let report = Report {
            state,
            summary: String::new(),
            details: None,
            metrics,
            findings: Vec::new(),
            events: Vec::new(),
            attachments: Vec::new(),
            labels: Labels::default(),
        };
        let at = Wall::from_millis(0);
        let row = ResultRow {
            run: RunId { check: "a".into(), scheduled_at: at },
            sequence: 1,
            location: "here".into(),
            finished_at: at,
            since: at,
            took: Duration::ZERO,
            late: Duration::ZERO,
            generation: None,
            outcome: Outcome::Report(Arc::new(report)),
            flaps: Flaps::default(),
        };
        CheckView {
            spec: Arc::new(spec),
            state,
            since: Some(at),
            last: Some(Arc::new(row)),
            next_run: None,
            status: CheckStatus::Active,
            skipped: 0,
        }
    }

    fn health(down_at: Option<u32>, states: &[State]) -> Health {
        let checks: Vec<CheckView> = states.iter().map(|state| check(*state, Vec::new())).collect();
        service(down_at).health(&checks)
    }

    #[test]
    fn a_service_is_down_when_more_than_half_of_what_was_judged_is() {
        use State::{Critical, Ok, Unknown, Warning};
        for (states, health_of) in [
            (&[Ok, Ok, Ok][..], Health::Healthy),
            (&[Ok, Ok, Warning], Health::Degraded),
            (&[Ok, Ok, Unknown], Health::Degraded),
            (&[Ok, Critical], Health::Degraded),
            (&[Ok, Critical, Critical], Health::Down),
            (&[Critical], Health::Down),
            (&[Critical, Unknown, Unknown], Health::Down),
            (&[Unknown, Unknown], Health::Unknown),
            (&[], Health::Unknown),
        ] {
            assert_eq!(health(None, states), health_of, "{states:?}");
        }
    }

    #[test]
    fn the_count_from_which_it_is_down_can_be_given() {
        use State::{Critical, Ok};
        assert_eq!(health(Some(1), &[Ok, Ok, Critical]), Health::Down);
        assert_eq!(health(Some(3), &[Critical, Critical]), Health::Degraded);
    }

    #[test]
    fn what_does_not_run_says_nothing_about_it() {
        let mut paused = check(State::Critical, Vec::new());
        paused.status = CheckStatus::Paused;
        let mut new = check(State::Unknown, Vec::new());
        new.last = None;
        let well = check(State::Ok, Vec::new());
        assert_eq!(service(None).health([&paused, &new, &well]), Health::Healthy);
        assert_eq!(service(None).health([&paused, &new]), Health::Unknown);
    }

    #[test]
    fn a_service_has_the_checks_that_its_matchers_name() {
        let mut view = check(State::Ok, Vec::new());
        assert!(!service(None).has(&labels(&view.spec)));
        Arc::make_mut(&mut view.spec).labels = [("service", "api")].into_iter().collect();
        assert!(service(None).has(&labels(&view.spec)));
        let by_plugin =
            ServiceSpec { matchers: vec![Matcher::parse(r#"plugin="http""#).unwrap()], ..service(None) };
        assert!(by_plugin.has(&labels(&view.spec)));
    }

    #[test]
    fn numbers_of_several_checks_are_added_or_the_worst_is_told() {
        let metric = |value: f64| Metric {
            name: "requests".into(),
            value,
            unit: "per second".into(),
            bounds: None,
            labels: Labels::default(),
        };
        let checks = [check(State::Ok, vec![metric(2.0), metric(5.0)]), check(State::Ok, vec![metric(3.0)])];
        assert_eq!(newest("requests", Together::Sum, &checks), Some((10.0, "per second")));
        assert_eq!(newest("requests", Together::Highest, &checks), Some((5.0, "per second")));
        assert_eq!(newest("errors", Together::Sum, &checks), None);
    }
}
