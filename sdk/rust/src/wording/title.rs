//! The first line of a message: what a phone shows on its locked screen.

use std::time::Duration;

use super::{Mood, location, mood, span, tags};
use crate::notification::{Alert, Notification, NotificationKind};
use crate::report::Severity;

/// The title, such as `CRITICAL: shop: connection refused` or `3 alerts, 2 critical: team=web`.
pub fn title(notification: &Notification) -> String {
    match (&notification.event, notification.alerts.as_slice()) {
        (Some(event), _) => {
            let word = match event.severity {
                Severity::Info => "INFO",
                Severity::Warning => "WARNING",
                Severity::Error => "ERROR",
            };
            format!("{word}: {}: {}", event.check, event.title)
        }
        (None, [alert]) => one(notification, alert),
        (None, []) => format!("{}: {}", word(notification.kind, Mood::Unknown), notification.reason),
        (None, alerts) => several(notification, alerts),
    }
}

fn one(notification: &Notification, alert: &Alert) -> String {
    let mood = mood(alert);
    let subject = location(alert);
    let lasted =
        || span(Duration::from_millis(alert.until.unwrap_or(notification.at).saturating_sub(alert.since)));
    match (notification.kind, mood) {
        (_, Mood::Resolved) => format!("RESOLVED: {subject} after {}", lasted()),
        _ if alert.until.is_some() => format!("{}: {subject}: {}", mood.word(), alert.summary),
        (NotificationKind::Acknowledged, _) => match &alert.acknowledged_by {
            Some(person) => format!("ACKNOWLEDGED by {person}: {subject}"),
            None => format!("ACKNOWLEDGED: {subject}"),
        },
        (NotificationKind::HandedOver, _) => match &alert.assigned_to {
            Some(who) => format!("HANDED TO {who}: {subject}: {}", alert.summary),
            None => format!("HANDED BACK: {subject}: {}", alert.summary),
        },
        (NotificationKind::Reminder, _) => {
            format!("STILL {} after {}: {subject}: {}", mood.word(), lasted(), alert.summary)
        }
        (kind, _) => format!("{}: {subject}: {}", word(kind, mood), alert.summary),
    }
}

fn several(notification: &Notification, alerts: &[Alert]) -> String {
    let open = alerts.iter().any(|alert| alert.until.is_none());
    // Beside alerts that are open, one that has ended counts as ended, whatever its state.
    let counted: Vec<Mood> = alerts
        .iter()
        .map(|alert| match mood(alert) {
            Mood::Resolved => Mood::Resolved,
            _ if open && alert.until.is_some() => Mood::Ended,
            mood => mood,
        })
        .collect();
    let count = |wanted: Mood| counted.iter().filter(|mood| **mood == wanted).count();
    let group = tags(&notification.group_labels);
    let group = if group.is_empty() { String::new() } else { format!(": {group}") };
    let omitted = usize::try_from(notification.omitted).unwrap_or(usize::MAX);
    let worst = counted.iter().copied().max().unwrap_or(Mood::Unknown);
    if worst == Mood::Resolved {
        return format!("RESOLVED: {} alerts{group}", alerts.len().saturating_add(omitted));
    }
    let parts: Vec<_> = [Mood::Critical, Mood::Warning, Mood::Unknown, Mood::Ended, Mood::Resolved]
        .into_iter()
        .filter_map(|mood| match count(mood) {
            0 => None,
            count => Some(format!("{count} {}", mood.word().to_ascii_lowercase())),
        })
        .collect();
    let all = alerts.len().saturating_add(omitted);
    format!("{}: {all} alerts ({}){group}", word(notification.kind, worst), parts.join(", "))
}

fn word(kind: NotificationKind, mood: Mood) -> String {
    match kind {
        NotificationKind::Firing | NotificationKind::Resolved | NotificationKind::Event => {
            mood.word().to_owned()
        }
        NotificationKind::Reminder => format!("STILL {}", mood.word()),
        NotificationKind::Acknowledged => "ACKNOWLEDGED".to_owned(),
        NotificationKind::Escalated => format!("ESCALATED, {}", mood.word()),
        NotificationKind::HandedOver => format!("HANDED OVER, {}", mood.word()),
        NotificationKind::Test => "TEST".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Label, State};
    use crate::testing::{NOW, alert, notification};

    #[test]
    fn one_alert_is_named_with_what_happened() {
        let shop = || alert("shop");
        let title = |kind, alert| title(&Notification { kind, ..notification([alert]) });
        let refused = "connection refused by 192.0.2.1:443 after 3 ms";
        assert_eq!(title(NotificationKind::Firing, shop()), format!("CRITICAL: shop: {refused}"));
        assert_eq!(
            title(NotificationKind::Reminder, shop()),
            format!("STILL CRITICAL after 5 min: shop: {refused}")
        );
        assert_eq!(
            title(NotificationKind::Escalated, shop()),
            format!("ESCALATED, CRITICAL: shop: {refused}")
        );
        assert_eq!(title(NotificationKind::Test, shop()), format!("TEST: shop: {refused}"));
        let resolved = Alert { state: State::Ok, until: Some(NOW), ..shop() };
        assert_eq!(title(NotificationKind::Resolved, resolved), "RESOLVED: shop after 5 min");
        let taken = Alert { acknowledged_by: Some("kari".to_owned()), ..shop() };
        assert_eq!(title(NotificationKind::Acknowledged, taken), "ACKNOWLEDGED by kari: shop");
        let given = Alert { assigned_to: Some("web".to_owned()), ..shop() };
        assert_eq!(title(NotificationKind::HandedOver, given), format!("HANDED TO web: shop: {refused}"));
    }

    #[test]
    fn a_finding_is_named_with_its_check() {
        let disk =
            Alert { finding: Some("sda1".to_owned()), summary: "95 % full".to_owned(), ..alert("disks") };
        assert_eq!(title(&notification([disk])), "CRITICAL: disks / sda1: 95 % full");
    }

    #[test]
    fn a_group_is_counted_by_how_bad_its_alerts_are() {
        let slow = Alert { state: State::Warning, ..alert("blog") };
        let gone = Alert { until: Some(NOW), ..alert("api") };
        let group = Notification { omitted: 2, ..notification([alert("shop"), slow, gone]) };
        assert_eq!(title(&group), "CRITICAL: 5 alerts (1 critical, 1 warning, 1 resolved): team=web");
    }

    #[test]
    fn a_group_that_is_over_says_so() {
        let gone = |check| Alert { until: Some(NOW), ..alert(check) };
        assert_eq!(title(&notification([gone("api"), gone("shop")])), "RESOLVED: 2 alerts: team=web");
    }

    fn not_judged(check: &str) -> Alert {
        let kind = Label { name: "kind".to_owned(), value: "not-judged".to_owned() };
        Alert { labels: vec![kind], until: Some(NOW), ..alert(check) }
    }

    #[test]
    fn what_ended_without_recovering_is_never_called_resolved() {
        let told = |alert| title(&Notification { kind: NotificationKind::Resolved, ..notification([alert]) });
        let removed = "removed, last critical: connection refused";
        let gone =
            Alert { state: State::Unknown, until: Some(NOW), summary: removed.to_owned(), ..alert("shop") };
        assert_eq!(told(gone), format!("ENDED: shop: {removed}"));
        let again = "judged again, and it is critical: connection refused";
        let judged = Alert { summary: again.to_owned(), ..not_judged("shop") };
        assert_eq!(mood(&judged), Mood::Critical);
        assert_eq!(told(judged), format!("CRITICAL: shop: {again}"));
        let paused = Alert { state: State::Unknown, summary: "paused".to_owned(), ..not_judged("shop") };
        assert_eq!(told(paused), "ENDED: shop: paused");
        let well = Alert { state: State::Ok, ..not_judged("shop") };
        assert_eq!(told(well), "RESOLVED: shop after 5 min");
    }

    #[test]
    fn a_group_counts_what_ended_without_recovering() {
        let gone = || Alert { state: State::Unknown, until: Some(NOW), ..alert("api") };
        let well = || Alert { state: State::Ok, ..gone() };
        let told = |alerts: Vec<Alert>| title(&Notification { alerts, ..notification([]) });
        assert_eq!(told(vec![gone(), well()]), "ENDED: 2 alerts (1 ended, 1 resolved): team=web");
        assert_eq!(
            told(vec![alert("shop"), not_judged("shop")]),
            "CRITICAL: 2 alerts (1 critical, 1 ended): team=web"
        );
        assert_eq!(
            told(vec![not_judged("shop"), well()]),
            "CRITICAL: 2 alerts (1 critical, 1 resolved): team=web"
        );
    }
}
