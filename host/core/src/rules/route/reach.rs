//! Which routes of a config an alert can reach, and which matchers an alert can match. One that nothing ever matches is
//! most often misspelled, and means a page that nobody gets.
//!
//! The alerts that are tried are those that the config makes possible: those of every check (for itself, a finding and
//! an event), of every plugin, and of the host. Labels that only a plugin's reports bring are not known here, and the
//! warning says so. The label `finding` is taken to have any value.

use std::collections::BTreeSet;

use crate::ids::{FindingKey, PluginName, RouteName};
use crate::labels::Labels;
use crate::matcher::{Fit, Matcher};
use crate::model::keys::{AlertKey, HostProblem};
use crate::model::setup::{CheckSpec, Route, Setup, Work};
use crate::report::{Judgement, Severity};
use crate::rules::notice;

/// How many comparisons of a matcher with an alert are made in all: far more than the configs of people need, in less
/// than a second. A larger config gets no warnings beyond them.
const COMPARISONS_MAX: usize = 4_000_000;

/// Why no alert of this config reaches a route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreached {
    /// No alert matches these of its matchers, given by their places.
    NeverFits(Vec<usize>),
    /// Each of its matchers matches some alert, but all of them together match none that the route above passes on.
    NeverTogether,
    /// An earlier route takes all that would come here, and has no `continue`.
    TakenBy(RouteName),
}

/// The alerts that a config makes possible.
#[derive(Debug)]
pub struct Possible {
    alerts: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    labels: Labels,
    /// Whether its label `finding` may have any value.
    any_finding: bool,
}

impl Sample {
    fn fit(&self, matcher: &Matcher) -> Fit {
        if self.any_finding && matcher.label() == FINDING {
            matcher.fits_some()
        } else {
            matcher.fits(&self.labels)
        }
    }
    fn fits(&self, matchers: &[Matcher]) -> Fit {
        matchers.iter().map(|matcher| self.fit(matcher)).min().unwrap_or(Fit::Always)
    }
}

const FINDING: &str = "finding";

/// Alerts, reduced to the labels that matchers ask about: the others make no difference.
#[derive(Debug)]
struct Gathering<'m> {
    asked: BTreeSet<&'m str>,
    seen: BTreeSet<(Labels, bool)>,
    alerts: Vec<Sample>,
}

impl Gathering<'_> {
    fn add(&mut self, key: &AlertKey, labels: &Labels) {
        let any_finding = matches!(key, AlertKey::Finding(..));
        let labels: Labels = labels.iter().filter(|(name, _)| self.asked.contains(name)).collect();
        if self.seen.insert((labels.clone(), any_finding)) {
            self.alerts.push(Sample { labels, any_finding });
        }
    }
    fn check(&mut self, spec: &CheckSpec) {
        let own = AlertKey::Check(spec.name.clone());
        for key in [&own, &AlertKey::Finding(spec.name.clone(), FindingKey::from("any"))] {
            for level in LEVELS {
                self.add(key, &notice::labels(key, spec, None, level));
            }
        }
        let not_judged = AlertKey::NotJudged(spec.name.clone());
        self.add(&not_judged, &notice::labels(&not_judged, spec, None, Judgement::Warning));
        if matches!(spec.work, Work::Plugin) {
            for severity in [Severity::Info, Severity::Warning, Severity::Error] {
                self.add(&own, &notice::labels_of_event(spec, severity));
            }
        }
    }
    /// A plugin with an owner is left out: what its owner is told does not go through the tree.
    fn plugin(&mut self, plugin: &PluginName, setup: &Setup) {
        if !setup.owner_routes.contains_key(plugin) {
            self.add(&AlertKey::Plugin(plugin.clone()), &notice::labels_of_plugin(plugin, setup));
        }
    }
}

const LEVELS: [Judgement; 2] = [Judgement::Warning, Judgement::Critical];

impl Possible {
    /// `None` if there are no checks, or too many comparisons. `matchers` are all that will be asked about.
    pub fn of<'m>(setup: &Setup, matchers: impl IntoIterator<Item = &'m Matcher>) -> Option<Self> {
        let matchers: Vec<&Matcher> = matchers.into_iter().collect();
        let asked = matchers.iter().map(|matcher| matcher.label()).collect();
        let mut all = Gathering { asked, seen: BTreeSet::new(), alerts: Vec::new() };
        for spec in setup.checks.values() {
            all.check(spec);
            if matches!(spec.work, Work::Plugin) {
                all.plugin(&spec.plugin, setup);
            }
            if all.alerts.len() * matchers.len() > COMPARISONS_MAX {
                return None;
            }
        }
        for receiver in setup.receivers.values() {
            all.plugin(&receiver.plugin, setup);
        }
        for (problem, level) in
            HostProblem::ALL.into_iter().flat_map(|problem| LEVELS.map(|level| (problem, level)))
        {
            all.add(&AlertKey::Host(problem), &notice::host_labels(problem, level));
        }
        (!setup.checks.is_empty()).then_some(Self { alerts: all.alerts })
    }

    /// Labels of the checks' metrics in place of alerts: a rule's matchers are compared with these.
    pub fn of_metrics(setup: &Setup) -> Option<Self> {
        let with_metrics = setup.checks.values().filter(|spec| matches!(spec.work, Work::Plugin));
        let labels: BTreeSet<Labels> =
            with_metrics.map(|spec| notice::labels_of_check(spec, None, Judgement::Ok)).collect();
        let alerts: Vec<Sample> =
            labels.into_iter().map(|labels| Sample { labels, any_finding: false }).collect();
        (!alerts.is_empty()).then_some(Self { alerts })
    }

    /// Whether some alert matches all of them. If none does, the places of those that no alert matches even alone, if
    /// any.
    pub fn fits(&self, matchers: &[Matcher]) -> Result<(), Vec<usize>> {
        if self.alerts.iter().any(|alert| alert.fits(matchers) != Fit::Never) {
            return Ok(());
        }
        let never = |matcher: &Matcher| self.alerts.iter().all(|alert| alert.fit(matcher) == Fit::Never);
        Err(matchers
            .iter()
            .enumerate()
            .filter(|(_, matcher)| never(matcher))
            .map(|(place, _)| place)
            .collect())
    }

    /// The routes that no alert reaches, in the order of the tree, without those below one that is listed.
    pub fn unreached(&self, root: &Route) -> Vec<(RouteName, Unreached)> {
        let mut way = Way::of(root);
        for alert in &self.alerts {
            way.walk(alert);
            if way.is_reached_whole() {
                return Vec::new();
            }
        }
        let mut told = Vec::new();
        way.unreached(self, &mut told);
        told
    }
}

/// A route and what has come to it.
struct Way<'r> {
    route: &'r Route,
    below: Vec<Way<'r>>,
    reached: bool,
    /// A route that took what would have come here.
    taken_by: Option<&'r RouteName>,
}

impl<'r> Way<'r> {
    fn of(route: &'r Route) -> Self {
        let below = route.children.iter().map(Way::of).collect();
        Self { route, below, reached: false, taken_by: None }
    }
    /// Walks like `route::taken`, and also notes what never gets so far.
    fn walk(&mut self, alert: &Sample) -> Fit {
        let fit = alert.fits(&self.route.matchers);
        if fit == Fit::Never {
            return fit;
        }
        self.reached = true;
        let mut taken_by = None;
        for child in &mut self.below {
            match taken_by {
                None => {
                    if child.walk(alert) == Fit::Always && !child.route.continues {
                        taken_by = Some(&child.route.name);
                    }
                }
                Some(by) if child.taken_by.is_none() && alert.fits(&child.route.matchers) != Fit::Never => {
                    child.taken_by = Some(by);
                }
                Some(_) => {}
            }
        }
        fit
    }
    fn is_reached_whole(&self) -> bool {
        self.reached && self.below.iter().all(Way::is_reached_whole)
    }
    fn unreached(&self, possible: &Possible, told: &mut Vec<(RouteName, Unreached)>) {
        if self.reached {
            self.below.iter().for_each(|child| child.unreached(possible, told));
            return;
        }
        let why = match (self.taken_by, possible.fits(&self.route.matchers)) {
            (Some(by), _) => Unreached::TakenBy(by.clone()),
            (None, Err(never)) if !never.is_empty() => Unreached::NeverFits(never),
            (None, Ok(()) | Err(_)) => Unreached::NeverTogether,
        };
        told.push((self.route.name.clone(), why));
    }
}
