//! What there is to say, before it is text or HTML.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

/// How many alerts of a group are written out; the rest is counted.
const ALERTS_MAX: usize = 50;
const DETAILS_CHARS_MAX: usize = 20_000;

pub(crate) struct Letter {
    /// The first line, which is the subject as well.
    pub(crate) title: String,
    pub(crate) tone: Tone,
    /// For one alert: what is said about it, a line each.
    pub(crate) facts: Vec<String>,
    pub(crate) runbook: Option<String>,
    /// Text of several lines, as it came.
    pub(crate) details: Option<String>,
    /// For a group: its members.
    pub(crate) members: Vec<Member>,
    /// Alerts that are not among them.
    pub(crate) unseen: u64,
    pub(crate) reason: String,
    pub(crate) tags: String,
    /// The page of all this.
    pub(crate) link: String,
    /// For somebody who subscribed to it: the page where that is ended.
    pub(crate) leave: Option<String>,
    /// A page with a button that acknowledges.
    pub(crate) acknowledge: Option<String>,
}

pub(crate) struct Member {
    pub(crate) tone: Tone,
    pub(crate) name: String,
    pub(crate) summary: String,
    /// Since when, and who has it.
    pub(crate) below: String,
    pub(crate) link: String,
    pub(crate) runbook: Option<String>,
    /// A page with a button that acknowledges.
    pub(crate) acknowledge: Option<String>,
}

#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Of(Mood),
    Info,
}

impl Letter {
    pub(crate) fn of(notification: &Notification) -> Letter {
        let at = notification.at;
        let (one, many) = match notification.alerts.as_slice() {
            [alert] => (Some(alert), &[][..]),
            alerts => (None, alerts),
        };
        let event = notification.event.as_ref();
        let body = event.map(|event| event.body.as_str()).or(one.and_then(|alert| alert.details.as_deref()));
        let labels = match (one, event) {
            (Some(alert), _) => &alert.labels,
            (None, Some(event)) => &event.labels,
            (None, None) => &notification.common_labels,
        };
        Letter {
            title: wording::title(notification),
            tone: tone(notification),
            facts: one.map(|alert| wording::facts(alert, at, usize::MAX)).unwrap_or_default(),
            runbook: one.and_then(|alert| alert.runbook.clone()),
            details: body.map(str::trim).filter(|body| !body.is_empty()).map(cut),
            members: many.iter().take(ALERTS_MAX).map(|alert| member(alert, at)).collect(),
            unseen: many.len().saturating_sub(ALERTS_MAX) as u64 + u64::from(notification.omitted),
            reason: notification.reason.clone(),
            tags: wording::tags(labels),
            link: wording::link_of(notification).to_owned(),
            leave: None,
            acknowledge: one.and_then(acknowledge),
        }
    }

    /// A letter to somebody outside, who knows nothing of hosts and checks.
    pub(crate) fn to_subscriber(notification: &Notification, leave: &str) -> Letter {
        let title = match &notification.event {
            Some(event) => event.title.clone(),
            None => wording::title(notification),
        };
        let leave = Some(leave.to_owned());
        Letter { title, leave, reason: String::new(), tags: String::new(), ..Letter::of(notification) }
    }

    /// Whether it should stand out among other mail.
    pub(crate) fn is_urgent(&self) -> bool {
        match self.tone {
            Tone::Of(Mood::Critical) => true,
            Tone::Of(Mood::Resolved | Mood::Ended | Mood::Unknown | Mood::Warning) | Tone::Info => false,
        }
    }
}

fn tone(notification: &Notification) -> Tone {
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Info => Tone::Info,
            Severity::Warning => Tone::Of(Mood::Warning),
            Severity::Error => Tone::Of(Mood::Critical),
        },
        (None, Some(worst)) => Tone::Of(worst),
        (None, None) => Tone::Info,
    }
}

fn member(alert: &Alert, at: u64) -> Member {
    let mut below = vec![wording::since(alert, at)];
    below.extend(wording::whose(alert));
    Member {
        tone: Tone::Of(wording::mood(alert)),
        name: wording::location(alert),
        summary: alert.summary.clone(),
        below: below.join(", "),
        link: alert.link.clone(),
        runbook: alert.runbook.clone(),
        acknowledge: acknowledge(alert),
    }
}

fn acknowledge(alert: &Alert) -> Option<String> {
    alert.invitation().map(|invitation| invitation.link)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(DETAILS_CHARS_MAX) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}\n...", &text[..at]),
    }
}
