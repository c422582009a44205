//! From a notification to a push: a title, a few lines, how loud it is, and where a tap leads.

use serde_json::{Value, json};
use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::replies::Button;
use watchkeep_sdk::wording::{self, Mood};

/// A longer message would become a file.
const MESSAGE_BYTES_MAX: usize = 3_800;
/// Below this a message is not cut for the sake of the body: the rest of it always has its place.
const MESSAGE_BYTES_MIN: usize = 700;
/// The server reads 8,192 bytes. Quotes and control characters are longer in JSON than they are in the message.
const BODY_BYTES_MAX: usize = 8_000;
const TITLE_CHARS_MAX: usize = 250;
const LINE_CHARS_MAX: usize = 300;

/// As the server takes it: what would make it too large is cut from the message.
pub(crate) fn written(notification: &Notification, topic: &str) -> String {
    let mut message_bytes_max = MESSAGE_BYTES_MAX;
    loop {
        let body = text(&of(notification, topic, message_bytes_max));
        if body.len() <= BODY_BYTES_MAX || message_bytes_max < MESSAGE_BYTES_MIN {
            return body;
        }
        message_bytes_max = message_bytes_max * 3 / 4;
    }
}

fn of(notification: &Notification, topic: &str, message_bytes_max: usize) -> Value {
    let title = wording::title(notification);
    json!({
        "topic": topic,
        "title": cut(&title, TITLE_CHARS_MAX),
        "message": message(notification, &title, message_bytes_max),
        "priority": priority(notification),
        "tags": [tag(notification)],
        "click": page(wording::link_of(notification)),
        "actions": actions(notification),
    })
}

/// Whole lines, as many as fit.
fn message(notification: &Notification, title: &str, bytes_max: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    if title.chars().count() > TITLE_CHARS_MAX {
        lines.push(title.to_owned());
    }
    match notification.alerts.as_slice() {
        [] => {}
        [alert] => facts(alert, notification.at, &mut lines),
        alerts => {
            let member = |alert: &Alert| {
                let (word, name) = (wording::mood(alert).word(), wording::location(alert));
                let whose: String = wording::whose(alert).map(|whose| format!(", {whose}")).collect();
                format!("{word} {name}: {}{whose}", cut(&alert.summary, 120))
            };
            lines.extend(alerts.iter().map(member));
            if notification.omitted > 0 {
                lines.push(format!("and {} more", notification.omitted));
            }
        }
    }
    let body = notification.event.as_ref().map(|event| event.body.trim()).unwrap_or_default();
    lines.extend(body.lines().map(str::to_owned));
    if !notification.reason.is_empty() {
        lines.push(format!("reason: {}", notification.reason));
    }
    let mut message = String::new();
    for line in lines.iter().map(|line| cut(line, LINE_CHARS_MAX)) {
        if message.len() + line.len() + 1 > bytes_max {
            message.push_str("\n…");
            break;
        }
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(&line);
    }
    // One that is empty would be pushed as "triggered".
    if message.is_empty() { title.chars().take(LINE_CHARS_MAX).collect() } else { message }
}

fn facts(alert: &Alert, at: u64, lines: &mut Vec<String>) {
    lines.extend(wording::facts(alert, at, 5));
    let details = alert.details.as_deref().unwrap_or_default().trim();
    lines.extend(details.lines().take(10).map(str::to_owned));
    let tags = wording::tags(&alert.labels);
    if !tags.is_empty() {
        lines.push(tags);
    }
}

/// 5 goes through a phone's silence, 3 is the usual, 2 makes no sound.
fn priority(notification: &Notification) -> u8 {
    let worst = notification.alerts.iter().map(wording::mood).max();
    match notification.kind {
        NotificationKind::Firing | NotificationKind::Reminder | NotificationKind::Escalated => match worst {
            Some(Mood::Critical) => 5,
            Some(Mood::Warning | Mood::Unknown) | None => 4,
            Some(Mood::Resolved | Mood::Ended) => 3,
        },
        NotificationKind::Event => match notification.event.as_ref().map(|event| event.severity) {
            Some(Severity::Error) => 5,
            Some(Severity::Warning) => 4,
            Some(Severity::Info) | None => 2,
        },
        NotificationKind::Resolved | NotificationKind::HandedOver | NotificationKind::Test => 3,
        NotificationKind::Acknowledged => 2,
    }
}

/// ntfy shows these names as emoji.
fn tag(notification: &Notification) -> &'static str {
    let of_mood = |mood| match mood {
        Mood::Critical => "red_circle",
        Mood::Warning => "yellow_circle",
        Mood::Unknown | Mood::Ended => "white_circle",
        Mood::Resolved => "green_circle",
    };
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Info => "information_source",
            Severity::Warning => of_mood(Mood::Warning),
            Severity::Error => of_mood(Mood::Critical),
        },
        (None, Some(worst)) => of_mood(worst),
        (None, None) => of_mood(Mood::Unknown),
    }
}

/// ntfy shows so many buttons.
const ACTIONS_MAX: usize = 3;

/// A button to the runbook, which opens a page, and before it those that acknowledge: at once where one person reads the
/// topic, and otherwise by a page that asks who it is.
fn actions(notification: &Notification) -> Vec<Value> {
    let runbook = match notification.alerts.as_slice() {
        [alert] => alert.runbook.as_deref().and_then(page),
        _ => None,
    };
    let runbook = runbook.map(|url| json!({ "action": "view", "label": "Runbook", "url": url }));
    let room = ACTIONS_MAX - usize::from(runbook.is_some());
    let acknowledges = |Button { label, invitation }: Button| match invitation.reader {
        Some(_) => json!({
            "action": "http", "label": label, "url": invitation.link, "method": "POST", "clear": true,
        }),
        None => json!({ "action": "view", "label": label, "url": invitation.link }),
    };
    let buttons =
        notification.buttons(room).into_iter().filter(|button| page(&button.invitation.link).is_some());
    buttons.map(acknowledges).chain(runbook).collect()
}

/// None where it is no address of a page.
fn page(url: &str) -> Option<&str> {
    (wording::is_page(url) && url.len() < 1_000).then_some(url)
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
