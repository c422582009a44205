//! From a notification to an event: what it does, to which incident, and what the incident says.

use serde_json::{Value, json};
use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

use crate::details;

/// PagerDuty's own.
const SUMMARY_CHARS_MAX: usize = 1_024;
const EVENT_BYTES_MAX: usize = 512_000;
const SOURCE_CHARS_MAX: usize = 255;
const IMAGES_MAX: usize = 10;

pub(crate) enum Event {
    Trigger(Payload),
    Acknowledge,
    Resolve,
    /// News, for the record.
    Change(Payload),
}

pub(crate) struct Payload {
    summary: String,
    source: String,
    severity: &'static str,
    at: u64,
    component: Option<String>,
    group: Option<String>,
    class: Option<String>,
}

impl Event {
    pub(crate) fn of(notification: &Notification, source: Option<&str>) -> Event {
        let over =
            !notification.alerts.is_empty() && notification.alerts.iter().all(|alert| alert.until.is_some());
        if over {
            // Whatever else it is about: an incident that is over must not be opened.
            return Event::Resolve;
        }
        match notification.kind {
            NotificationKind::Resolved => Event::Resolve,
            NotificationKind::Acknowledged => Event::Acknowledge,
            NotificationKind::Event => {
                let payload = Payload::of(notification, source);
                if payload.severity == "info" { Event::Change(payload) } else { Event::Trigger(payload) }
            }
            NotificationKind::Firing
            | NotificationKind::Reminder
            | NotificationKind::Escalated
            | NotificationKind::HandedOver
            | NotificationKind::Test => Event::Trigger(Payload::of(notification, source)),
        }
    }

    pub(crate) const fn path(&self) -> &'static str {
        match self {
            Event::Trigger(_) | Event::Acknowledge | Event::Resolve => "/v2/enqueue",
            Event::Change(_) => "/v2/change/enqueue",
        }
    }

    /// Within PagerDuty's limit: what people wrote is kept, what a target said at length goes.
    pub(crate) fn body(&self, notification: &Notification, routing_key: &str) -> Value {
        let whole = self.with(notification, routing_key, details::of(notification));
        if text(&whole).len() <= EVENT_BYTES_MAX {
            return whole;
        }
        self.with(notification, routing_key, details::in_short())
    }

    fn with(&self, notification: &Notification, routing_key: &str, details: Value) -> Value {
        let (action, payload) = match self {
            Event::Trigger(payload) => ("trigger", payload),
            Event::Acknowledge => return bare("acknowledge", notification, routing_key),
            Event::Resolve => return bare("resolve", notification, routing_key),
            Event::Change(payload) => {
                return json!({
                    "routing_key": routing_key,
                    "payload": {
                        "summary": payload.summary,
                        "source": payload.source,
                        "timestamp": wording::rfc3339(payload.at),
                        "custom_details": details,
                    },
                    "links": links(notification),
                });
            }
        };
        json!({
            "routing_key": routing_key,
            "event_action": action,
            "dedup_key": notification.dedup_key,
            "client": "Watchkeep",
            "client_url": notification.link,
            "payload": {
                "summary": payload.summary,
                "source": payload.source,
                "severity": payload.severity,
                "timestamp": wording::rfc3339(payload.at),
                "component": payload.component,
                "group": payload.group,
                "class": payload.class,
                "custom_details": details,
            },
            "links": links(notification),
            "images": images(notification),
        })
    }
}

fn bare(action: &str, notification: &Notification, routing_key: &str) -> Value {
    json!({ "routing_key": routing_key, "event_action": action, "dedup_key": notification.dedup_key })
}

impl Payload {
    fn of(notification: &Notification, source: Option<&str>) -> Payload {
        let first = notification.alerts.first();
        let label = |names: &[&str]| {
            let labels = match (first, &notification.event) {
                (Some(alert), _) => &alert.labels,
                (None, Some(event)) => &event.labels,
                (None, None) => &notification.common_labels,
            };
            let found = names.iter().find_map(|name| labels.iter().find(|label| label.name == *name));
            found.map(|label| label.value.clone())
        };
        let check = first
            .map(|alert| alert.check.as_str())
            .or(notification.event.as_ref().map(|it| it.check.as_str()));
        let source = source.or(check).unwrap_or(&notification.receiver);
        let began = notification.alerts.iter().map(|alert| alert.since).min();
        let at = began.or(notification.event.as_ref().map(|event| event.at)).unwrap_or(notification.at);
        Payload {
            summary: cut(&wording::title(notification), SUMMARY_CHARS_MAX),
            source: cut(source, SOURCE_CHARS_MAX),
            severity: severity(notification),
            at,
            component: label(&["component", "service"]).or(first.and_then(|alert| alert.finding.clone())),
            group: label(&["group", "client", "site"]),
            class: label(&["class", "plugin"]),
        }
    }
}

/// As it is told to PagerDuty, a state is critical or a warning; only news is info.
fn severity(notification: &Notification) -> &'static str {
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Error => "critical",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        (None, Some(Mood::Critical)) => "critical",
        (None, Some(Mood::Warning | Mood::Unknown | Mood::Ended | Mood::Resolved)) => "warning",
        (None, None) => "info",
    }
}

/// The page first. What is no address of a page would make PagerDuty refuse all of it.
fn links(notification: &Notification) -> Vec<Value> {
    let page = Some((wording::link_of(notification), "Open in Watchkeep".to_owned()));
    let runbooks = notification.alerts.iter().take(5).filter_map(|alert| {
        let name =
            if notification.alerts.len() == 1 { String::new() } else { format!(" of {}", alert.check) };
        alert.runbook.as_deref().map(|runbook| (runbook, format!("Runbook{name}")))
    });
    let links = page.into_iter().chain(runbooks).filter(|(href, _)| wording::is_page(href));
    links.map(|(href, text)| json!({ "href": href, "text": text })).collect()
}

/// PagerDuty fetches them itself, and only over TLS.
fn images(notification: &Notification) -> Vec<Value> {
    let of_alert = |alert: &Alert| {
        let link = alert.link.clone();
        let is_image = |url: &str| url.starts_with("https://") && wording::is_page(url);
        let images = alert.pictures.iter().filter(move |picture| is_image(&picture.url));
        let image = move |picture: &watchkeep_sdk::Picture| json!({ "src": picture.url, "href": link, "alt": picture.name });
        images.map(image).collect::<Vec<_>>()
    };
    notification.alerts.iter().flat_map(of_alert).take(IMAGES_MAX).collect()
}

pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max - 1) {
        Some((at, _)) if text[at..].chars().count() > 1 => format!("{}…", &text[..at]),
        Some(_) | None => text.to_owned(),
    }
}
