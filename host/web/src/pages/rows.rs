//! Checks and alerts as the templates show them.

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::report::State;
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView};

use super::words::{Moment, escaped, latency, shortened, web_link};
use crate::filter::Standing;
use crate::router::App;

const SUMMARY_CHARACTERS_MAX: usize = 240;
const LABELS_MAX: usize = 6;

pub(crate) struct CheckRow {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) plugin: String,
    pub(crate) standing: &'static str,
    /// What the state's word leaves out: `running`, `outside its hours`.
    pub(crate) remark: &'static str,
    pub(crate) summary: String,
    pub(crate) since: Option<Moment>,
    pub(crate) last: Option<Moment>,
    pub(crate) latency: String,
    pub(crate) labels: Vec<Chip>,
}

impl CheckRow {
    pub(crate) fn of(view: &CheckView, now: Wall) -> Self {
        let summary = view.last.as_ref().map_or("", |row| row.outcome.summary());
        Self {
            name: view.spec.name.to_string(),
            href: check_link(view.spec.name.as_str()),
            plugin: view.spec.plugin.to_string(),
            standing: Standing::of(view).as_str(),
            remark: remark(view),
            summary: shortened(summary, SUMMARY_CHARACTERS_MAX),
            since: view.since.map(|since| Moment::new(since, now)),
            last: view.last.as_ref().map(|row| Moment::new(row.finished_at, now)),
            latency: view.latency().map_or_else(String::new, latency),
            labels: labels(view.spec.labels.iter()),
        }
    }
}

/// A label that leads to the checks that bear it.
pub(crate) struct Chip {
    pub(crate) text: String,
    pub(crate) href: String,
}

fn labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Chip> {
    labels
        .take(LABELS_MAX)
        .map(|(name, value)| Chip {
            text: format!("{name}={}", shortened(value, 40)),
            href: format!("/?label={}", escaped(&format!("{name}={value}"))),
        })
        .collect()
}

pub(crate) fn check_link(name: &str) -> String {
    format!("/checks/{}", escaped(name))
}

fn remark(view: &CheckView) -> &'static str {
    match view.status {
        CheckStatus::Active | CheckStatus::Running { .. } => "",
        CheckStatus::Paused => match view.state {
            State::Ok => "was ok",
            State::Warning => "was warning",
            State::Critical => "was critical",
            State::Unknown => "",
        },
        CheckStatus::Closed => "outside its run hours",
        CheckStatus::NoPlugin => "its plugin is not loaded",
    }
}

pub(crate) struct AlertRow {
    pub(crate) title: String,
    pub(crate) href: String,
    /// `` for a check's own alert: `finding`, `not judged`, `plugin`.
    pub(crate) about: &'static str,
    pub(crate) state: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) summary: String,
    /// When it fired, or first failed while it is pending.
    pub(crate) since: Moment,
    /// Who was told, or why nobody was.
    pub(crate) told: String,
    pub(crate) held: bool,
    pub(crate) runbook: Option<String>,
    pub(crate) labels: Vec<Chip>,
}

pub(crate) fn is_firing(alert: &AlertRecord) -> bool {
    match alert.phase {
        Phase::Pending => false,
        Phase::Firing { .. } | Phase::Recovering { .. } => true,
    }
}

impl AlertRow {
    pub(crate) fn of(app: &App, alert: &Arc<AlertRecord>, now: Wall) -> Self {
        let since = match alert.phase {
            Phase::Pending => alert.since,
            Phase::Firing { since } => since,
            Phase::Recovering { fired, .. } => fired,
        };
        let (title, about) = match &alert.key {
            AlertKey::Check(check) => (check.to_string(), ""),
            AlertKey::Finding(check, finding) => (format!("{check} / {finding}"), "finding"),
            AlertKey::NotJudged(check) => (check.to_string(), "not judged"),
            AlertKey::Plugin(plugin) => (plugin.to_string(), "plugin"),
        };
        let view = alert.key.check().and_then(|check| app.host.check(check));
        Self {
            title,
            href: alert.key.check().map_or("/plugins".to_owned(), |check| check_link(check.as_str())),
            about,
            state: match alert.key {
                AlertKey::NotJudged(_) => "unknown",
                AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) => {
                    alert.level.state().as_str()
                }
            },
            phase: crate::api::json::phase(alert.phase),
            summary: shortened(&alert.summary, SUMMARY_CHARACTERS_MAX),
            since: Moment::new(since, now),
            told: told(alert),
            held: !alert.holds.is_empty(),
            runbook: view.and_then(|view| web_link(view.spec.runbook.as_deref()?)),
            labels: labels(
                alert
                    .labels
                    .iter()
                    .filter(|(name, _)| !["state", "severity", "check", "plugin"].contains(name)),
            ),
        }
    }
}

fn told(alert: &AlertRecord) -> String {
    let mut names: Vec<&str> = Vec::new();
    for told in &alert.told {
        if !names.contains(&told.receiver.as_str()) {
            names.push(told.receiver.as_str());
        }
    }
    let holds: Vec<&str> = alert.holds.iter().map(|hold| hold.as_str()).collect();
    match (names.is_empty(), holds.is_empty(), alert.phase) {
        (true, true, Phase::Pending) => "not confirmed yet".to_owned(),
        (true, true, _) => "nobody told yet".to_owned(),
        (true, false, _) => format!("nobody told, held back: {}", holds.join(", ")),
        (false, true, _) => format!("told {}", names.join(", ")),
        (false, false, _) => format!("told {}; now held back: {}", names.join(", "), holds.join(", ")),
    }
}
