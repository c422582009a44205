//! The block of text: a title, what there is to know below it, one link at the end.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

/// How many alerts of a group are printed; the rest is counted.
const ALERTS_MAX: usize = 20;
const DETAIL_LINES_MAX: usize = 10;

pub(crate) fn lines(notification: &Notification) -> Vec<String> {
    let mut lines = vec![format!("=== {}", wording::title(notification))];
    match notification.alerts.as_slice() {
        [] => {}
        [alert] => one(alert, notification.at, &mut lines),
        alerts => several(alerts, notification, &mut lines),
    }
    if let Some(event) = &notification.event {
        lines.extend(event.body.lines().take(DETAIL_LINES_MAX).map(indented));
    }
    if !notification.reason.is_empty() {
        lines.push(format!("    reason: {}", notification.reason));
    }
    lines.push(format!("    {}", wording::link_of(notification)));
    lines
}

fn one(alert: &Alert, now: u64, lines: &mut Vec<String>) {
    lines.push(format!("    {}", wording::since(alert, now)));
    lines.extend(wording::last_good(alert, now).map(|line| indented(&line)));
    lines.extend(wording::now_is(alert).map(|line| indented(&line)));
    lines.extend(wording::measured(alert).iter().map(|line| indented(line)));
    lines.extend(
        alert.details.iter().flat_map(|details| details.lines()).take(DETAIL_LINES_MAX).map(indented),
    );
    lines.extend(alert.actions.iter().map(|action| format!("    recovery: {action}")));
    lines.extend(alert.acknowledged_by.iter().map(|person| format!("    taken by {person}")));
    lines.extend(alert.assigned_to.iter().map(|who| format!("    handed to {who}")));
    lines.extend(alert.runbook.iter().map(|runbook| format!("    runbook: {runbook}")));
    let tags = wording::tags(&alert.labels);
    if !tags.is_empty() {
        lines.push(indented(&tags));
    }
}

fn several(alerts: &[Alert], notification: &Notification, lines: &mut Vec<String>) {
    for alert in alerts.iter().take(ALERTS_MAX) {
        let (word, location) = (wording::mood(alert).word(), wording::location(alert));
        lines.push(format!("    {word:<8} {location}: {}", alert.summary));
        lines.push(format!("             {}", wording::since(alert, notification.at)));
    }
    let unseen = alerts.len().saturating_sub(ALERTS_MAX) as u64 + u64::from(notification.omitted);
    if unseen > 0 {
        lines.push(format!("    and {unseen} more"));
    }
}

fn indented(line: &str) -> String {
    format!("    {line}")
}
