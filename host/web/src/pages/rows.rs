//! Checks and alerts as the templates show them.

use std::collections::BTreeSet;
use std::sync::Arc;

use watchkeep_core::access::Role;
use watchkeep_core::alert::{AlertKey, AlertRecord, Lasting, Phase};
use watchkeep_core::ids::{CheckName, short_hash};
use watchkeep_core::notice::state_of;
use watchkeep_core::report::State;
use watchkeep_core::telling::{HeldBy, Telling, by_what_became};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView};

use super::sparkline;
use super::words::{Moment, Part, escaped, latency, prose, shortened, timed, web_link};
use crate::api::json::phase;
use crate::explain::Scene;
use crate::filter::DisplayState;
use crate::router::App;

const SUMMARY_CHARACTERS_MAX: usize = 240;
const LABELS_MAX: usize = 6;

pub(crate) struct CheckRow {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) plugin: String,
    pub(crate) standing: &'static str,
    /// What the word for the state does not say: `running`, `outside its run hours`.
    pub(crate) remark: &'static str,
    pub(crate) summary: Vec<Part>,
    pub(crate) since: Option<Moment>,
    pub(crate) last: Option<Moment>,
    pub(crate) latency: String,
    /// The address of its last 24 hours, drawn small.
    pub(crate) sparkline: String,
    pub(crate) labels: Vec<Chip>,
}

impl CheckRow {
    pub(crate) fn of(view: &CheckView, now: Wall) -> Self {
        Self::among(view, now, &BTreeSet::new())
    }
    /// Without the labels that all its neighbours have as well.
    pub(crate) fn among(view: &CheckView, now: Wall, shared: &BTreeSet<(&str, &str)>) -> Self {
        let summary = view.last.as_ref().map_or("", |row| row.outcome.summary());
        Self {
            name: view.spec.name.to_string(),
            href: check_link(view.spec.name.as_str()),
            plugin: view.spec.plugin.to_string(),
            standing: DisplayState::of(view).as_str(),
            remark: remark(view),
            summary: timed(&shortened(summary, SUMMARY_CHARACTERS_MAX)),
            since: view.since.map(|since| Moment::new(since, now)),
            last: view.last.as_ref().map(|row| Moment::new(row.finished_at, now)),
            latency: view.latency().map_or_else(String::new, latency),
            sparkline: format!(
                "{}/latency.svg?at={}",
                check_link(view.spec.name.as_str()),
                sparkline::version(now)
            ),
            labels: labels(view.spec.labels.iter().filter(|label| !shared.contains(label))),
        }
    }
}

/// A label that links to the checks that have it.
#[derive(Clone)]
pub(crate) struct Chip {
    pub(crate) text: String,
    pub(crate) href: String,
}

/// The labels that all of several checks have.
pub(crate) fn shared<'v>(mut checks: impl Iterator<Item = &'v CheckView>) -> BTreeSet<(&'v str, &'v str)> {
    let mut shared: BTreeSet<_> =
        checks.next().map(|first| first.spec.labels.iter().collect()).unwrap_or_default();
    let mut is_alone = true;
    for view in checks {
        is_alone = false;
        shared.retain(|(name, value)| view.spec.labels.get(name) == *value);
    }
    if is_alone { BTreeSet::new() } else { shared }
}

pub(crate) fn labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Chip> {
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

/// To an alert that may be over: with its check it is found however long ago it was.
pub(crate) fn alert_link(id: &str, check: Option<&CheckName>) -> String {
    match check {
        Some(check) => format!("/alerts/{id}?check={}", escaped(check.as_str())),
        None => format!("/alerts/{id}"),
    }
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

/// What rows of alerts are made from.
pub(crate) struct RowContext<'a> {
    app: &'a App,
    pub(crate) scene: Scene,
    /// Whether the caller may change anything. Whoever may not would only be led to a refusal by every form.
    pub(crate) may_write: bool,
}

impl<'a> RowContext<'a> {
    pub(crate) fn of(app: &'a App) -> Self {
        let may_write = app.caller.role >= Some(Role::Operator);
        Self { app, scene: Scene::of(&app.host), may_write }
    }
}

pub(crate) struct AlertRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) href: String,
    /// What the alert is about: `finding`, `not judged`, `plugin`, `host`; empty for a check's own alert.
    pub(crate) about: &'static str,
    pub(crate) state: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) summary: Vec<Part>,
    /// When it fired, or, while it is pending, when it first failed.
    pub(crate) since: Moment,
    /// Its receivers, grouped by what happened there.
    pub(crate) receivers: Vec<Receivers>,
    /// Each reason for which it is held back, and until when.
    pub(crate) holds: Vec<Vec<Part>>,
    pub(crate) taken: Option<Taken>,
    pub(crate) assigned: Option<Assigned>,
    pub(crate) act: Act,
    pub(crate) runbook: Option<String>,
    pub(crate) labels: Vec<Chip>,
}

/// Receivers at which the same happened.
pub(crate) struct Receivers {
    /// The word for it: `told`, `not-reached`.
    pub(crate) word: &'static str,
    /// The text, such as `told chat, mail`.
    pub(crate) said: String,
}

/// Alerts that are held back by one thing: a parent, a silence, hours.
pub(crate) struct Fold {
    pub(crate) id: String,
    pub(crate) title: Vec<Part>,
    pub(crate) count: usize,
    pub(crate) rows: Vec<AlertRow>,
}

impl Fold {
    /// Groups alerts that are held back by what holds them first, in the order in which they are given.
    pub(crate) fn of(seen: &RowContext<'_>, alerts: &[Arc<AlertRecord>], rows_max: usize) -> Vec<Self> {
        let mut folds: Vec<(String, Vec<&Arc<AlertRecord>>)> = Vec::new();
        for alert in alerts {
            let by = seen.scene.held(alert).into_iter().next();
            let title = by.map_or_else(String::new, |by| {
                let until = by.until.map(|until| format!(", until {until}")).unwrap_or_default();
                format!("{}: {}{until}", by.hold.as_str(), shortened(&by.why, 200))
            });
            match folds.iter_mut().find(|(known, _)| *known == title) {
                Some((_, of_title)) => of_title.push(alert),
                None => folds.push((title, vec![alert])),
            }
        }
        folds
            .into_iter()
            .map(|(title, alerts)| Self {
                id: format!("held-{}", short_hash(&[title.as_bytes()])),
                title: prose(&format!("held back by {title}")),
                count: alerts.len(),
                rows: alerts.iter().take(rows_max).map(|alert| AlertRow::of(seen, alert)).collect(),
            })
            .collect()
    }
}

/// Who acknowledged it.
pub(crate) struct Taken {
    pub(crate) by: String,
    pub(crate) at: Moment,
    pub(crate) until: Option<Moment>,
    pub(crate) sticky: bool,
    pub(crate) comment: String,
}

pub(crate) struct Assigned {
    pub(crate) to: String,
    pub(crate) by: String,
    pub(crate) comment: String,
    pub(crate) due: Option<Due>,
}

/// The date by which work was to be done.
pub(crate) struct Due {
    pub(crate) at: Moment,
    pub(crate) is_over: bool,
}

/// What can be done about an alert from here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The alert has not fired, or nothing can be written over HTTP.
    Nothing,
    Acknowledge,
    GiveBack,
}

pub(crate) fn is_firing(alert: &AlertRecord) -> bool {
    match alert.phase {
        Phase::Pending => false,
        Phase::Firing { .. } | Phase::Recovering { .. } => true,
    }
}

impl AlertRow {
    pub(crate) fn of(seen: &RowContext<'_>, alert: &AlertRecord) -> Self {
        let now = seen.scene.now;
        let since = match alert.phase {
            Phase::Pending => alert.since,
            Phase::Firing { since } => since,
            Phase::Recovering { fired, .. } => fired,
        };
        let own = format!("/alerts/{}", alert.id);
        let (title, about, href) = match &alert.key {
            AlertKey::Check(check) => (check.to_string(), "", check_link(check.as_str())),
            AlertKey::Finding(check, finding) => {
                (format!("{check} / {finding}"), "finding", check_link(check.as_str()))
            }
            AlertKey::NotJudged(check) => (check.to_string(), "not judged", check_link(check.as_str())),
            AlertKey::Plugin(plugin) => (plugin.to_string(), "plugin", "/plugins".to_owned()),
            AlertKey::Host(problem) => (problem.as_str().to_owned(), "this host", own),
        };
        let view = alert.key.check().and_then(|check| seen.app.host.check(check));
        let held = seen.scene.held(alert);
        let tellings = seen.scene.tellings(alert, &held);
        Self {
            id: alert.id.to_string(),
            title: shortened(&title, 200),
            href,
            about,
            state: state_of(&alert.key, alert.level).as_str(),
            phase: phase(alert.phase),
            summary: timed(&shortened(&alert.summary, SUMMARY_CHARACTERS_MAX)),
            since: Moment::new(since, now),
            receivers: receivers(alert, &tellings),
            holds: holds(held),
            taken: alert.acknowledged.as_ref().map(|taken| Taken {
                by: taken.by.clone(),
                at: Moment::new(taken.at, now),
                until: taken.until.map(|until| Moment::new(until, now)),
                sticky: taken.lasting == Lasting::Sticky,
                comment: taken.comment.clone(),
            }),
            assigned: alert.assigned.as_ref().map(|given| Assigned {
                to: given.to.clone(),
                by: given.by.clone(),
                comment: given.comment.clone(),
                due: given.due.map(|due| Due { at: Moment::new(due, now), is_over: due <= now }),
            }),
            act: match (seen.may_write && is_firing(alert), &alert.acknowledged) {
                (false, _) => Act::Nothing,
                (true, None) => Act::Acknowledge,
                (true, Some(_)) => Act::GiveBack,
            },
            runbook: view.and_then(|view| web_link(view.spec.runbook.as_deref()?)),
            labels: labels(
                alert
                    .labels
                    .iter()
                    .filter(|(name, _)| !["state", "severity", "check", "plugin", "kind"].contains(name)),
            ),
        }
    }
    /// Takes out the labels that all of several alerts have, and returns them.
    pub(crate) fn share(rows: &mut [AlertRow]) -> Vec<Chip> {
        let [first, others @ ..] = &*rows else { return Vec::new() };
        if others.is_empty() {
            return Vec::new();
        }
        let all_have = |text: &str| others.iter().all(|row| row.labels.iter().any(|chip| chip.text == text));
        let shared: Vec<Chip> = first.labels.iter().filter(|chip| all_have(&chip.text)).cloned().collect();
        for row in rows {
            row.labels.retain(|chip| !shared.iter().any(|of| of.text == chip.text));
        }
        shared
    }
    pub(crate) fn can_acknowledge(&self) -> bool {
        self.act == Act::Acknowledge
    }
    pub(crate) fn can_give_back(&self) -> bool {
        self.act == Act::GiveBack
    }
}

fn holds(held: Vec<HeldBy>) -> Vec<Vec<Part>> {
    let held = held.into_iter().filter(|held| !held.why.is_empty());
    held.map(|held| {
        let until = held.until.map(|until| format!(", until {until}"));
        prose(&format!("held back: {}{}", shortened(&held.why, 400), until.unwrap_or_default()))
    })
    .collect()
}

fn receivers(alert: &AlertRecord, tellings: &[Telling]) -> Vec<Receivers> {
    if alert.phase == Phase::Pending {
        return vec![Receivers { word: "not-yet", said: "not confirmed yet".to_owned() }];
    }
    if tellings.is_empty() {
        return vec![Receivers { word: "not-reached", said: crate::explain::receivers(tellings) }];
    }
    by_what_became(tellings)
        .into_iter()
        .map(|(word, said, names)| Receivers { word, said: format!("{said} {}", names.join(", ")) })
        .collect()
}
