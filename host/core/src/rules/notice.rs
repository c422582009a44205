//! How an alert is told: its labels, which routes match, and its notice.

use std::sync::Arc;

use crate::ids::PluginName;
use crate::labels::Labels;
use crate::model::alert::AlertRecord;
use crate::model::delivery::{AlertNotice, Picture};
use crate::model::keys::{AlertKey, Hold, HostProblem};
use crate::model::setup::{CheckSpec, Setup, Work};
use crate::model::state::State;
use crate::report::{Event, Finding, Judgement, Report, Severity, State as CheckState};
use crate::rules::tried;
use crate::time::Wall;

/// Labels that the host derives and that neither config nor report can set (rule A13).
pub const DERIVED: [&str; 6] = ["check", "plugin", "state", "severity", "kind", "finding"];

/// The labels that a route or a silence matches: the report's, overridden by the operator's, overridden by the derived
/// ones.
pub fn labels(key: &AlertKey, spec: &CheckSpec, reported: Option<&Labels>, level: Judgement) -> Labels {
    let own = spec.labels.iter();
    let given: Vec<(&str, &str)> = match reported {
        Some(reported) => reported.iter().chain(own).collect(),
        None => own.collect(),
    };
    let finding = match key {
        AlertKey::Finding(_, finding) => finding.as_str(),
        AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => "",
    };
    let state = state_of(key, level);
    derived(
        given,
        [
            ("check", spec.name.as_str()),
            ("plugin", spec.plugin.as_str()),
            ("state", state.as_str()),
            ("severity", severity_of(spec, state).as_str()),
            ("kind", key.kind()),
            ("finding", finding),
        ],
    )
}

/// The labels of an event: its report's and its own, overridden by the operator's, overridden by the derived ones.
pub(crate) fn event_labels(spec: &CheckSpec, reported: &Labels, event: &Event) -> Labels {
    let given = reported.iter().chain(event.labels.iter()).chain(spec.labels.iter()).collect();
    labels_of_events(given, spec, event.severity)
}

/// The labels of an event of which only the severity is known.
pub(crate) fn labels_of_event(spec: &CheckSpec, severity: Severity) -> Labels {
    labels_of_events(spec.labels.iter().collect(), spec, severity)
}

fn labels_of_events(given: Vec<(&str, &str)>, spec: &CheckSpec, severity: Severity) -> Labels {
    derived(
        given,
        [
            ("check", spec.name.as_str()),
            ("plugin", spec.plugin.as_str()),
            ("state", ""),
            ("severity", severity.as_str()),
            ("kind", "event"),
            ("finding", ""),
        ],
    )
}

/// The labels of an alert about the host itself.
pub(crate) fn host_labels(problem: HostProblem, level: Judgement) -> Labels {
    let state = level.state();
    derived(
        vec![("problem", problem.as_str())],
        [
            ("check", ""),
            ("plugin", ""),
            ("state", state.as_str()),
            ("severity", state.severity().as_str()),
            ("kind", AlertKey::Host(problem).kind()),
            ("finding", ""),
        ],
    )
}

/// The labels that the check's own alert would have at `level`: what a silence or a route would match.
pub fn labels_of_check(spec: &CheckSpec, report: Option<&Report>, level: Judgement) -> Labels {
    let key = AlertKey::Check(spec.name.clone());
    labels(&key, spec, report.map(|report| &report.labels), level)
}

/// The labels of the alert about a failing plugin.
pub fn labels_of_plugin(plugin: &PluginName, setup: &Setup) -> Labels {
    plugin_labels(&AlertKey::Plugin(plugin.clone()), setup, Judgement::Warning)
}

/// The labels of an alert about a failing plugin, with those that the plugin's section gives it (rule A2).
pub(crate) fn plugin_labels(key: &AlertKey, setup: &Setup, level: Judgement) -> Labels {
    let AlertKey::Plugin(plugin) = key else { return Labels::default() };
    let owner = setup.plugin_labels.get(plugin).cloned().unwrap_or_default();
    let state = state_of(key, level);
    derived(
        owner.iter().collect(),
        [
            ("check", ""),
            ("plugin", plugin.as_str()),
            ("state", state.as_str()),
            ("severity", state.severity().as_str()),
            ("kind", key.kind()),
            ("finding", ""),
        ],
    )
}

/// A rule states its severity (rule A13); for everything else it follows from the state.
fn severity_of(spec: &CheckSpec, state: CheckState) -> Severity {
    match (&spec.work, state) {
        (Work::Rule(rule), CheckState::Warning | CheckState::Critical) => rule.severity,
        (Work::Rule(_), CheckState::Ok | CheckState::Unknown) | (Work::Plugin | Work::Heartbeat(_), _) => {
            state.severity()
        }
    }
}

fn derived(given: Vec<(&str, &str)>, derived: [(&str, &str); 6]) -> Labels {
    given
        .into_iter()
        .filter(|(name, _)| !DERIVED.contains(name))
        .chain(derived.into_iter().filter(|(_, value)| !value.is_empty()))
        .collect()
}

/// The state that the alert states for its target. A target that is not judged is unknown.
pub fn state_of(key: &AlertKey, level: Judgement) -> CheckState {
    match key {
        AlertKey::Check(_) | AlertKey::Finding(..) => level.state(),
        AlertKey::Host(_) => level.state(),
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) => CheckState::Unknown,
    }
}

/// How a life ended: when, and the state of its subject then. Only what is ok has recovered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Over {
    pub(crate) at: Wall,
    pub(crate) state: CheckState,
}

/// An alert as a notification tells it now; `over` is set once its life ended.
pub(crate) fn notice(state: &State, record: &AlertRecord, over: Option<Over>) -> AlertNotice {
    let setup = &*state.setup;
    let was = state_of(&record.key, record.level);
    let (told, previous) = match over {
        None => (was, record.previous.map(|level| state_of(&record.key, level))),
        Some(over) => (over.state, Some(was)),
    };
    let spec = record.key.check().and_then(|name| setup.checks.get(name));
    AlertNotice {
        id: record.id.clone(),
        key: record.key.clone(),
        state: told,
        previous,
        flapping: record.holds.contains(&Hold::Flapping),
        severity: spec.map_or(told.severity(), |spec| severity_of(spec, told)),
        summary: record.summary.clone(),
        details: record.report.as_ref().and_then(|report| report.details.clone()),
        metrics: record.report.as_ref().map(|report| report.metrics.clone()).unwrap_or_default(),
        since: record.since,
        until: over.map(|over| over.at),
        last_good: record.last_good,
        acknowledged_by: record.acknowledged.as_ref().map(|taken| taken.by.clone()),
        assigned_to: record.assigned.as_ref().map(|given| given.to.clone()),
        actions: tried::sentences(state, record),
        runbook: spec.and_then(|spec| spec.runbook.clone()),
        link: link(&record.key, setup),
        pictures: record.report.as_ref().map(|report| pictures(report, setup)).unwrap_or_default(),
        labels: record.labels.clone(),
    }
}

fn pictures(report: &Report, setup: &Setup) -> Vec<Picture> {
    let pictures = report.attachments.iter().filter(|attachment| attachment.is_picture());
    pictures
        .map(|picture| Picture {
            digest: picture.digest,
            name: picture.name.clone(),
            media_type: picture.media_type.clone(),
            size_bytes: picture.size_bytes,
            url: format!("{}/snapshots/{}", setup.external_url, picture.digest),
        })
        .collect()
}

/// The page that says what broke, since when and why people were told. Names of checks need no escaping: the
/// config allows letters, digits and `-_.:` in them.
pub(crate) fn link(key: &AlertKey, setup: &Setup) -> String {
    match key.check() {
        Some(check) => format!("{}/checks/{check}", setup.external_url),
        None => match key {
            AlertKey::Host(_) => format!("{}/alerts", setup.external_url),
            AlertKey::Plugin(_) | AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::NotJudged(_) => {
                format!("{}/plugins", setup.external_url)
            }
        },
    }
}

/// A finding as a report of its own, for the notices about it.
pub(crate) fn told_of(report: &Report, finding: &Finding) -> Arc<Report> {
    Arc::new(Report {
        state: finding.state,
        summary: finding.summary.clone(),
        details: finding.link.clone(),
        metrics: finding.metrics.clone(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: report.labels.with(finding.labels.iter()),
    })
}
