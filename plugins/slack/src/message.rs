//! From a notification to the webhook's JSON.

use serde_json::{Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

use crate::limits::{BLOCKS_MAX, CONTEXT_CHARS_MAX, SECTION_CHARS_MAX, TEXT_CHARS_MAX};
use crate::mention::Mention;
use crate::mrkdwn::{escape, link};

/// Of a group; the rest is counted. Two blocks are kept for the reason and the link.
const ALERTS_MAX: usize = BLOCKS_MAX - 2;

pub(crate) fn compose(notification: &Notification, mention: Option<&Mention>) -> Value {
    let tone = Tone::of(notification);
    let title = escape(&wording::title(notification), TEXT_CHARS_MAX);
    let calls = match mention {
        Some(mention) if calls(notification) => format!("{} ", mention.0),
        Some(_) | None => String::new(),
    };
    let mut blocks = match notification.alerts.as_slice() {
        [] => Vec::new(),
        [alert] => one(alert, notification.at),
        alerts => several(alerts, notification),
    };
    if let Some(event) = &notification.event
        && !event.body.trim().is_empty()
    {
        blocks.push(section(escape(event.body.trim(), SECTION_CHARS_MAX)));
    }
    blocks.push(context(footer(notification)));
    json!({
        "text": format!("{calls}{} *{title}*", tone.emoji),
        "attachments": [{ "color": tone.colour, "fallback": title, "blocks": blocks }],
    })
}

/// What the eye sees before it reads.
struct Tone {
    emoji: &'static str,
    colour: &'static str,
}

impl Tone {
    fn of(notification: &Notification) -> Tone {
        let of_mood = |mood| match mood {
            Mood::Critical => Tone { emoji: ":red_circle:", colour: "#d92d20" },
            Mood::Warning => Tone { emoji: ":large_yellow_circle:", colour: "#f2a900" },
            Mood::Unknown => Tone { emoji: ":white_circle:", colour: "#8a8f98" },
            Mood::Resolved => Tone { emoji: ":large_green_circle:", colour: "#2e9e5b" },
        };
        match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
            (Some(event), _) => match event.severity {
                Severity::Info => Tone { emoji: ":information_source:", colour: "#3b7dd8" },
                Severity::Warning => of_mood(Mood::Warning),
                Severity::Error => of_mood(Mood::Critical),
            },
            (None, Some(worst)) => of_mood(worst),
            (None, None) => of_mood(Mood::Unknown),
        }
    }
}

/// People are called when something turns critical or nobody came, not when it is over or taken.
fn calls(notification: &Notification) -> bool {
    let critical = notification.alerts.iter().any(|alert| wording::mood(alert) == Mood::Critical);
    match notification.kind {
        NotificationKind::Firing | NotificationKind::Reminder | NotificationKind::Escalated => critical,
        NotificationKind::Resolved
        | NotificationKind::Acknowledged
        | NotificationKind::HandedOver
        | NotificationKind::Event
        | NotificationKind::Test => false,
    }
}

fn one(alert: &Alert, now: u64) -> Vec<Value> {
    let mut lines = vec![escape(&capital(&wording::since(alert, now)), 200)];
    lines.extend(wording::last_good(alert, now).iter().map(|line| escape(&capital(line), 200)));
    if wording::mood(alert) == Mood::Resolved {
        lines.push(format!("Now: {}", escape(&alert.summary, 500)));
    }
    lines.extend(wording::measured(alert).iter().take(5).map(|line| escape(line, 300)));
    lines.extend(alert.actions.iter().take(5).map(|action| format!("Tried: {}", escape(action, 300))));
    lines.extend(alert.acknowledged_by.iter().map(|person| format!("Taken by {}", escape(person, 100))));
    lines.extend(alert.assigned_to.iter().map(|who| format!("Handed to {}", escape(who, 100))));
    lines.extend(alert.runbook.iter().map(|runbook| link(runbook, "Runbook")));
    let mut blocks = vec![section(lines.join("\n"))];
    if let Some(details) = alert.details.as_deref().map(str::trim).filter(|details| !details.is_empty()) {
        // The fences count as well.
        blocks.push(section(format!(
            "```{}```",
            escape(&details.replace("```", "'''"), SECTION_CHARS_MAX - 6)
        )));
    }
    blocks
}

fn several(alerts: &[Alert], notification: &Notification) -> Vec<Value> {
    let mut blocks: Vec<_> = alerts
        .iter()
        .take(ALERTS_MAX)
        .map(|alert| {
            let name = link(&alert.link, &wording::location(alert));
            let since = escape(&wording::since(alert, notification.at), 200);
            let runbook = alert
                .runbook
                .iter()
                .map(|runbook| format!(" · {}", link(runbook, "Runbook")))
                .collect::<String>();
            let summary = escape(&alert.summary, 300);
            section(format!("*{}* {name}: {summary}\n{since}{runbook}", wording::mood(alert).word()))
        })
        .collect();
    let unseen = alerts.len().saturating_sub(ALERTS_MAX) as u64 + u64::from(notification.omitted);
    if unseen > 0 {
        blocks.push(section(format!("and {unseen} more")));
    }
    blocks
}

/// Why it is told, what it is about, and the one link.
fn footer(notification: &Notification) -> String {
    let labels = match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => wording::tags(&alert.labels),
        (_, Some(event)) => wording::tags(&event.labels),
        (_, None) => wording::tags(&notification.common_labels),
    };
    let open = link(wording::link_of(notification), "Open");
    let room = CONTEXT_CHARS_MAX / 3;
    let parts = [escape(&notification.reason, room), escape(&labels, room), open];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn section(text: String) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn context(text: String) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] })
}

/// ASCII: the tables of Unicode's letters are 10 KB of a component, and the sentences are ours.
fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
