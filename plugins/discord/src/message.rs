//! From a notification to Discord's JSON: a line of text, which a phone shows, and an embed with the rest.

use serde_json::{Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

use crate::mention::Mention;
use crate::text::{escape, fenced, link};

/// Discord accepts 2,000 characters in `content`, 4,096 in a description, and 6,000 in everything in an embed.
const CONTENT_CHARS_MAX: usize = 1_500;
const DESCRIPTION_CHARS_MAX: usize = 3_900;
const DETAILS_CHARS_MAX: usize = 1_200;
const FOOTER_CHARS_MAX: usize = 500;

/// All there is to say.
pub(crate) fn whole(notification: &Notification, mention: Option<&Mention>) -> Value {
    let lines = match notification.alerts.as_slice() {
        [] => Vec::new(),
        [alert] => {
            let mut lines = facts(alert, notification.at);
            lines.extend(details(alert.details.as_deref()));
            lines
        }
        alerts => members(alerts, notification),
    };
    framed(notification, mention, lines)
}

/// What is new, where the first message shows the rest.
pub(crate) fn follow_up(notification: &Notification, mention: Option<&Mention>) -> Value {
    let lines = match notification.alerts.as_slice() {
        [alert] => facts(alert, notification.at),
        _ => Vec::new(),
    };
    framed(notification, mention, lines)
}

fn framed(notification: &Notification, mention: Option<&Mention>, mut lines: Vec<String>) -> Value {
    lines.extend(details(notification.event.as_ref().map(|event| event.body.as_str())));
    lines.push(links(notification));
    let mention = mention.filter(|_| calls(notification));
    let calls = mention.map(|mention| format!("{} ", mention.0)).unwrap_or_default();
    let (emoji, colour) = tone(notification);
    let title = escape(&wording::title(notification), CONTENT_CHARS_MAX);
    json!({
        "content": format!("{calls}{emoji} **{title}**"),
        "allowed_mentions": Mention::allowed(mention),
        "embeds": [{
            "color": colour,
            "description": joined(&lines),
            "footer": { "text": footer(notification) },
        }],
    })
}

/// The most pages that acknowledge, where the message tells of a group: each stands in the embed, which is bounded.
const ACKNOWLEDGES_MAX: usize = 5;

/// The page of the alert, and pages that acknowledge. A webhook's message has no buttons of Discord's own.
fn links(notification: &Notification) -> String {
    let mut links = vec![link(wording::link_of(notification), "Open")];
    let buttons = notification.buttons(ACKNOWLEDGES_MAX);
    links.extend(buttons.iter().map(|button| link(&button.invitation.link, &button.label)));
    links.join(" · ")
}

/// Whole lines, as many as fit; the link, which stands last, always does.
fn joined(lines: &[String]) -> String {
    let (last, rest) = lines.split_last().map_or((String::new(), lines), |(last, rest)| (last.clone(), rest));
    let mut room = DESCRIPTION_CHARS_MAX.saturating_sub(last.chars().count());
    let mut kept: Vec<&str> = Vec::new();
    for line in rest {
        let chars = line.chars().count() + 1;
        if chars > room {
            kept.push("…");
            break;
        }
        room -= chars;
        kept.push(line);
    }
    kept.push(&last);
    kept.join("\n")
}

fn facts(alert: &Alert, at: u64) -> Vec<String> {
    let lines = wording::facts(alert, at, 5);
    let mut lines: Vec<String> = lines.iter().map(|line| escape(line, 300)).collect();
    lines.extend(alert.runbook.iter().map(|runbook| link(runbook, "Runbook")));
    lines
}

fn members(alerts: &[Alert], notification: &Notification) -> Vec<String> {
    let unseen = u64::from(notification.omitted);
    let member = |alert: &Alert| {
        let (word, name) = (wording::mood(alert).word(), link(&alert.link, &wording::location(alert)));
        let mut below = vec![wording::since(alert, notification.at)];
        below.extend(wording::whose(alert));
        format!("**{word}** {name}: {} ({})", escape(&alert.summary, 150), escape(&below.join(", "), 150))
    };
    let mut lines: Vec<String> = alerts.iter().map(member).collect();
    if unseen > 0 {
        lines.push(format!("and {unseen} more"));
    }
    lines
}

fn details(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(|text| fenced(text, DETAILS_CHARS_MAX))
}

/// A footer knows no markup.
fn footer(notification: &Notification) -> String {
    let labels = match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => wording::tags(&alert.labels),
        (_, Some(event)) => wording::tags(&event.labels),
        (_, None) => wording::tags(&notification.common_labels),
    };
    let parts = [notification.reason.as_str(), &labels];
    let text = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ");
    text.chars().take(FOOTER_CHARS_MAX).collect()
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

fn tone(notification: &Notification) -> (&'static str, u32) {
    let of_mood = |mood| match mood {
        Mood::Critical => ("\u{1f534}", 0xd9_2d20),
        Mood::Warning => ("\u{1f7e1}", 0xf2_a900),
        Mood::Unknown | Mood::Ended => ("\u{26aa}", 0x8a_8f98),
        Mood::Resolved => ("\u{1f7e2}", 0x2e_9e5b),
    };
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Info => ("\u{1f535}", 0x3b_7dd8),
            Severity::Warning => of_mood(Mood::Warning),
            Severity::Error => of_mood(Mood::Critical),
        },
        (None, Some(worst)) => of_mood(worst),
        (None, None) => of_mood(Mood::Unknown),
    }
}
