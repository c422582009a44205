//! From a notification to Telegram's HTML, of which it takes 4,096 characters.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

/// The most characters of what is shown. Tags and escapes do not count for Telegram, but are counted here.
const CHARS_MAX: usize = 4_000;
const TITLE_CHARS_MAX: usize = 800;
const DETAILS_CHARS_MAX: usize = 1_200;

/// All there is to say.
pub(crate) fn whole(notification: &Notification) -> String {
    let lines = match notification.alerts.as_slice() {
        [] => Vec::new(),
        [alert] => {
            let mut lines = facts(alert, notification.at);
            lines.extend(details(alert.details.as_deref()));
            lines
        }
        alerts => members(alerts, notification),
    };
    framed(notification, lines)
}

/// What is new, where the first message shows the rest.
pub(crate) fn follow_up(notification: &Notification) -> String {
    let lines = match notification.alerts.as_slice() {
        [alert] => facts(alert, notification.at),
        _ => Vec::new(),
    };
    framed(notification, lines)
}

/// Whether phones make a sound: not for what is over, taken, or no more than news.
pub(crate) fn rings(notification: &Notification) -> bool {
    match notification.kind {
        NotificationKind::Firing | NotificationKind::Reminder | NotificationKind::Escalated => {
            notification.alerts.iter().any(|alert| alert.until.is_none() && alert.state != State::Ok)
        }
        NotificationKind::Event => {
            notification.event.as_ref().is_some_and(|event| event.severity != Severity::Info)
        }
        NotificationKind::HandedOver | NotificationKind::Test => true,
        NotificationKind::Resolved | NotificationKind::Acknowledged => false,
    }
}

/// Whole lines, as many as fit between the title and what stands last.
fn framed(notification: &Notification, mut lines: Vec<String>) -> String {
    lines.extend(details(notification.event.as_ref().map(|event| event.body.as_str())));
    let title =
        format!("{} <b>{}</b>", emoji(notification), escape(&wording::title(notification), TITLE_CHARS_MAX));
    let mut last: Vec<String> = Vec::new();
    let footer = footer(notification);
    if !footer.is_empty() {
        last.push(format!("<i>{footer}</i>"));
    }
    last.push(link(wording::link_of(notification), "Open"));
    let last = last.join("\n");
    let mut room = CHARS_MAX.saturating_sub(title.chars().count() + last.chars().count() + 4);
    let mut kept = vec![title];
    for line in lines {
        let chars = line.chars().count() + 1;
        if chars > room {
            kept.push("…".to_owned());
            break;
        }
        room -= chars;
        kept.push(line);
    }
    kept.push(last);
    kept.join("\n")
}

fn facts(alert: &Alert, at: u64) -> Vec<String> {
    let lines = wording::facts(alert, at, 5);
    let mut lines: Vec<String> = lines.iter().map(|line| escape(line, 300)).collect();
    lines.extend(alert.runbook.iter().map(|runbook| link(runbook, "Runbook")));
    lines
}

fn members(alerts: &[Alert], notification: &Notification) -> Vec<String> {
    let member = |alert: &Alert| {
        let (word, name) = (wording::mood(alert).word(), link(&alert.link, &wording::location(alert)));
        let mut below = vec![wording::since(alert, notification.at)];
        below.extend(wording::whose(alert));
        format!("<b>{word}</b> {name}: {} ({})", escape(&alert.summary, 150), escape(&below.join(", "), 150))
    };
    let mut lines: Vec<String> = alerts.iter().map(member).collect();
    if notification.omitted > 0 {
        lines.push(format!("and {} more", notification.omitted));
    }
    lines
}

fn details(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    Some(format!("<pre>{}</pre>", escape(text, DETAILS_CHARS_MAX)))
}

fn footer(notification: &Notification) -> String {
    let labels = match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => wording::tags(&alert.labels),
        (_, Some(event)) => wording::tags(&event.labels),
        (_, None) => wording::tags(&notification.common_labels),
    };
    let parts = [escape(&notification.reason, 300), escape(&labels, 300)];
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

fn emoji(notification: &Notification) -> &'static str {
    let of_mood = |mood| match mood {
        Mood::Critical => "\u{1f534}",
        Mood::Warning => "\u{1f7e1}",
        Mood::Unknown | Mood::Ended => "\u{26aa}",
        Mood::Resolved => "\u{1f7e2}",
    };
    match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
        (Some(event), _) => match event.severity {
            Severity::Info => "\u{1f535}",
            Severity::Warning => of_mood(Mood::Warning),
            Severity::Error => of_mood(Mood::Critical),
        },
        (None, Some(worst)) => of_mood(worst),
        (None, None) => of_mood(Mood::Unknown),
    }
}

/// What is no address of a page is text.
fn link(url: &str, name: &str) -> String {
    if !wording::is_page(url) || url.len() > 500 {
        return escape(name, 100);
    }
    format!("<a href=\"{}\">{}</a>", escape(url, 2_500), escape(name, 100))
}

/// At most so many characters, no escape torn. What is cut off leaves an ellipsis.
fn escape(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    let mut chars = 0;
    // Where it ends if what follows does not fit.
    let mut cut = 0;
    for c in text.chars() {
        let mut plain = [0; 4];
        let written: &str = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            other => other.encode_utf8(&mut plain),
        };
        let width = written.chars().count();
        if chars + width > chars_max {
            out.truncate(cut);
            out.push('…');
            return out;
        }
        out.push_str(written);
        chars += width;
        if chars < chars_max {
            cut = out.len();
        }
    }
    out
}
