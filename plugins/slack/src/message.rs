//! From a notification to Slack's JSON: `text` and one attachment with blocks.

use serde_json::{Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::replies::Button;
use watchkeep_sdk::wording::{self, Mood};

use crate::config::Buttons;
use crate::limits::{BLOCKS_MAX, CONTEXT_CHARS_MAX, SECTION_CHARS_MAX, TEXT_CHARS_MAX};
use crate::mention::Mention;
use crate::mrkdwn::{escape, link};
use crate::tone::Tone;

/// The most alerts of a group that are listed; the rest is counted. Three blocks are kept for the rest, the buttons, and the
/// reason with the link.
const ALERTS_MAX: usize = BLOCKS_MAX - 3;
/// The most buttons or pages that acknowledge.
const BUTTONS_MAX: usize = 5;
/// What the action of such a button is called.
pub(crate) const PRESS: &str = "acknowledge";

/// All there is to say.
pub(crate) fn whole(notification: &Notification, mention: Option<&Mention>, buttons: Buttons<'_>) -> Value {
    let mut blocks = match notification.alerts.as_slice() {
        [] => Vec::new(),
        [alert] => {
            let mut blocks = vec![section(lines(alert, notification.at))];
            blocks.extend(details(alert));
            blocks
        }
        alerts => several(alerts, notification),
    };
    blocks.extend(body(notification));
    framed(notification, mention, blocks, buttons)
}

/// A follow-up in the thread of a message that says all: what is new.
pub(crate) fn follow_up(
    notification: &Notification,
    mention: Option<&Mention>,
    buttons: Buttons<'_>,
) -> Value {
    let mut blocks = match notification.alerts.as_slice() {
        [alert] => vec![section(lines(alert, notification.at))],
        _ => Vec::new(),
    };
    blocks.extend(body(notification));
    framed(notification, mention, blocks, buttons)
}

/// People are called when something turns critical or nobody came, not when it is over or taken.
pub(crate) fn calls(notification: &Notification) -> bool {
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

fn framed(
    notification: &Notification,
    mention: Option<&Mention>,
    mut blocks: Vec<Value>,
    buttons: Buttons<'_>,
) -> Value {
    let tone = Tone::of(notification);
    let title = escape(&wording::title(notification), TEXT_CHARS_MAX);
    let calls = match mention {
        Some(mention) if calls(notification) => format!("{} ", mention.0),
        Some(_) | None => String::new(),
    };
    match buttons {
        Buttons::Press(_) => {
            blocks.extend(presses(notification));
            blocks.push(context(footer(notification, &[])));
        }
        Buttons::Link => blocks.push(context(footer(notification, &notification.buttons(BUTTONS_MAX)))),
    }
    json!({
        "text": format!("{calls}{} *{title}*", tone.emoji),
        "attachments": [{ "color": tone.colour, "fallback": title, "blocks": blocks }],
    })
}

fn lines(alert: &Alert, now: u64) -> String {
    let mut lines = vec![escape(&capital(&wording::since(alert, now)), 200)];
    lines.extend(wording::last_good(alert, now).iter().map(|line| escape(&capital(line), 200)));
    lines.extend(wording::now_is(alert).iter().map(|line| escape(&capital(line), 500)));
    lines.extend(wording::measured(alert).iter().take(5).map(|line| escape(line, 300)));
    lines.extend(alert.actions.iter().take(5).map(|action| format!("Tried: {}", escape(action, 300))));
    lines.extend(alert.acknowledged_by.iter().map(|person| format!("Taken by {}", escape(person, 100))));
    lines.extend(alert.assigned_to.iter().map(|who| format!("Handed to {}", escape(who, 100))));
    lines.extend(alert.runbook.iter().map(|runbook| link(runbook, "Runbook")));
    lines.join("\n")
}

fn details(alert: &Alert) -> Option<Value> {
    let details = alert.details.as_deref().map(str::trim).filter(|details| !details.is_empty())?;
    // The fences count as well.
    let text = escape(&details.replace("```", "'''"), SECTION_CHARS_MAX - 6);
    Some(section(format!("```{text}```")))
}

fn body(notification: &Notification) -> Option<Value> {
    let body = notification.event.as_ref().map(|event| event.body.trim()).filter(|body| !body.is_empty())?;
    Some(section(escape(body, SECTION_CHARS_MAX)))
}

fn several(alerts: &[Alert], notification: &Notification) -> Vec<Value> {
    let mut blocks: Vec<_> =
        alerts.iter().take(ALERTS_MAX).map(|alert| section(member(alert, notification.at))).collect();
    let unseen = alerts.len().saturating_sub(ALERTS_MAX) as u64 + u64::from(notification.omitted);
    if unseen > 0 {
        blocks.push(section(format!("and {unseen} more")));
    }
    blocks
}

/// One alert of a group.
fn member(alert: &Alert, now: u64) -> String {
    let name = link(&alert.link, &wording::location(alert));
    let word = wording::mood(alert).word();
    let mut below = vec![escape(&wording::since(alert, now), 200)];
    below.extend(alert.acknowledged_by.iter().map(|person| format!("taken by {}", escape(person, 100))));
    below.extend(alert.assigned_to.iter().map(|who| format!("handed to {}", escape(who, 100))));
    below.extend(alert.runbook.iter().map(|runbook| link(runbook, "Runbook")));
    format!("*{word}* {name}: {}\n{}", escape(&alert.summary, 300), below.join(" · "))
}

/// Buttons of Slack's own, a token behind each.
fn presses(notification: &Notification) -> Option<Value> {
    let press = |(number, button): (usize, Button)| {
        json!({
            "type": "button",
            "action_id": format!("{PRESS}-{number}"),
            "text": { "type": "plain_text", "text": button.label },
            "value": button.invitation.token,
        })
    };
    let elements: Vec<Value> = notification.buttons(BUTTONS_MAX).into_iter().enumerate().map(press).collect();
    (!elements.is_empty()).then(|| json!({ "type": "actions", "elements": elements }))
}

/// Why it is told, what it is about, the one link, and pages that acknowledge.
fn footer(notification: &Notification, buttons: &[Button]) -> String {
    let labels = match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => wording::tags(&alert.labels),
        (_, Some(event)) => wording::tags(&event.labels),
        (_, None) => wording::tags(&notification.common_labels),
    };
    let open = link(wording::link_of(notification), "Open");
    let room = CONTEXT_CHARS_MAX / 3;
    let pages = buttons.iter().map(|button| link(&button.invitation.link, &button.label));
    let parts = [escape(&notification.reason, room), escape(&labels, room), open];
    parts.into_iter().chain(pages).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
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
