//! From a notification to an Adaptive Card within what Teams takes.

use serde_json::{Value, json};
use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

/// The most bytes of the whole message: Teams refuses more than 28 KB.
const BYTES_MAX: usize = 27_000;
const MEMBERS_MAX: usize = 25;
const DETAILS_CHARS_MAX: usize = 4_000;

/// As much as fits: details go first, then the alerts of a group that stand last.
pub(crate) fn written(notification: &Notification) -> String {
    let mut room = Room { details: DETAILS_CHARS_MAX, members: MEMBERS_MAX, line: 600 };
    loop {
        let body = text(&message(notification, &room));
        if body.len() <= BYTES_MAX || room.is_least() {
            return body;
        }
        room = room.smaller();
    }
}

/// What is written out, in characters and alerts.
struct Room {
    details: usize,
    members: usize,
    line: usize,
}

impl Room {
    fn smaller(&self) -> Room {
        if self.details > 0 {
            return Room { details: self.details / 4, ..*self };
        }
        Room { details: 0, members: (self.members / 2).max(1), line: (self.line / 2).max(60) }
    }
    fn is_least(&self) -> bool {
        self.details == 0 && self.members == 1 && self.line == 60
    }
}

fn message(notification: &Notification, room: &Room) -> Value {
    let title = run(&wording::title(notification), room.line, Weight::Bolder);
    let mut body = vec![json!({
        "type": "Container",
        "style": style(notification),
        "bleed": true,
        "items": [rich(vec![title])],
    })];
    match notification.alerts.as_slice() {
        [] => {}
        [alert] => one(alert, notification.at, room, &mut body),
        alerts => several(alerts, notification, room, &mut body),
    }
    if let Some(event) = &notification.event {
        body.extend(paragraph(&event.body, room.details, Weight::Default));
    }
    body.extend(paragraph(&footer(notification), room.line, Weight::Subtle));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                // What is read aloud, and shown where a card cannot be.
                "fallbackText": cut(&wording::title(notification), room.line),
                "body": body,
                "actions": actions(notification),
            },
        }],
    })
}

fn one(alert: &Alert, at: u64, room: &Room, body: &mut Vec<Value>) {
    let lines = wording::facts(alert, at, 5);
    body.extend(lines.iter().filter_map(|line| paragraph(line, room.line, Weight::Default)));
    body.extend(paragraph(alert.details.as_deref().unwrap_or_default(), room.details, Weight::Subtle));
}

fn several(alerts: &[Alert], notification: &Notification, room: &Room, body: &mut Vec<Value>) {
    for alert in alerts.iter().take(room.members) {
        let mut below = vec![wording::since(alert, notification.at)];
        below.extend(wording::whose(alert));
        let name = format!("{} {}: ", wording::mood(alert).word(), wording::location(alert));
        let runs =
            vec![run(&name, room.line, Weight::Bolder), run(&alert.summary, room.line, Weight::Default)];
        body.push(rich(runs));
        body.extend(paragraph(&below.join(", "), room.line, Weight::Subtle));
    }
    let unseen = alerts.len().saturating_sub(room.members) as u64 + u64::from(notification.omitted);
    if unseen > 0 {
        body.extend(paragraph(&format!("and {unseen} more"), room.line, Weight::Default));
    }
}

fn footer(notification: &Notification) -> String {
    let labels = match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => wording::tags(&alert.labels),
        (_, Some(event)) => wording::tags(&event.labels),
        (_, None) => wording::tags(&notification.common_labels),
    };
    [notification.reason.as_str(), &labels]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Teams shows six actions, and puts the others behind a menu.
const ACKNOWLEDGES_MAX: usize = 4;

/// Pages that acknowledge, the alert's own, and of one alert the runbook. What is no address would make Teams refuse the card.
fn actions(notification: &Notification) -> Vec<Value> {
    let runbook = match notification.alerts.as_slice() {
        [alert] => alert.runbook.as_deref(),
        _ => None,
    };
    let buttons = notification.buttons(ACKNOWLEDGES_MAX).into_iter();
    let acknowledge = buttons.map(|button| (button.label, Some(button.invitation.link)));
    let links = [("Open", Some(wording::link_of(notification))), ("Runbook", runbook)];
    let links = links.into_iter().map(|(title, url)| (title.to_owned(), url.map(str::to_owned)));
    let is_page = |url: &String| wording::is_page(url) && url.len() < 2_000;
    let pages = acknowledge.chain(links).filter_map(|(title, url)| Some((title, url.filter(is_page)?)));
    pages.map(|(title, url)| json!({ "type": "Action.OpenUrl", "title": title, "url": url })).collect()
}

/// A colour that Teams has.
fn style(notification: &Notification) -> &'static str {
    let of_mood = |mood| match mood {
        Mood::Critical => "attention",
        Mood::Warning => "warning",
        Mood::Unknown | Mood::Ended => "emphasis",
        Mood::Resolved => "good",
    };
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Info => "accent",
            Severity::Warning => of_mood(Mood::Warning),
            Severity::Error => of_mood(Mood::Critical),
        },
        (None, Some(worst)) => of_mood(worst),
        (None, None) => "accent",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Bolder,
    Default,
    Subtle,
}

fn paragraph(text: &str, chars_max: usize, weight: Weight) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty() && chars_max > 0).then(|| rich(vec![run(text, chars_max, weight)]))
}

fn rich(runs: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": runs })
}

fn run(text: &str, chars_max: usize, weight: Weight) -> Value {
    let weighted = if weight == Weight::Bolder { "Bolder" } else { "Default" };
    json!({
        "type": "TextRun",
        "text": cut(text, chars_max),
        "weight": weighted,
        "isSubtle": weight == Weight::Subtle,
    })
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
