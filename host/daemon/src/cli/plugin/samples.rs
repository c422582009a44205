//! Samples of what a plugin is told: a notification, an occasion to act.

use std::time::Duration;

use watchkeep_core::action::Occasion;
use watchkeep_core::alert::AlertKey;
use watchkeep_core::delivery::{AlertNotice, Notification, NotificationKind};
use watchkeep_core::ids::{AlertId, CheckName, ReceiverName};
use watchkeep_core::labels::Labels;
use watchkeep_core::report::{Severity, State};
use watchkeep_core::time::Wall;

/// The summary of the alert that samples are about.
const SUMMARY: &str = "connection refused by 192.0.2.1:443 after 3 ms";
const LASTED: Duration = Duration::from_secs(300);

/// A notification as a host would send it of a check `shop` that has failed for five minutes.
pub(super) fn notification(kind: NotificationKind, receiver: ReceiverName, at: Wall) -> Notification {
    let since = at - LASTED;
    let resolved = kind == NotificationKind::Resolved;
    let key = AlertKey::Check(CheckName::from("shop"));
    let labels = labels();
    let alert = AlertNotice {
        id: AlertId::derive("shop", since),
        key,
        state: if resolved { State::Ok } else { State::Critical },
        previous: Some(if resolved { State::Critical } else { State::Ok }),
        flapping: false,
        severity: if resolved { Severity::Info } else { Severity::Error },
        summary: if resolved { "status 200" } else { SUMMARY }.to_owned(),
        details: None,
        metrics: Vec::new(),
        since,
        until: resolved.then_some(at),
        last_good: Some(since),
        acknowledged_by: None,
        assigned_to: None,
        actions: vec!["`restart-shop` after 2 min: restarted shop; it did not help".to_owned()],
        runbook: None,
        link: "https://watch.example.com/checks/shop".to_owned(),
        pictures: Vec::new(),
        labels: labels.clone(),
    };
    let is_test = kind == NotificationKind::Test;
    Notification {
        id: "by-hand-1".to_owned(),
        dedup_key: "by-hand-shop".to_owned(),
        kind,
        told_before: matches!(kind, NotificationKind::Reminder | NotificationKind::Resolved),
        receiver,
        route: None,
        reason: if is_test { "somebody tries this receiver" } else { "3 failures in a row" }.to_owned(),
        group_labels: Labels::default(),
        common_labels: if is_test { Labels::default() } else { labels },
        alerts: if is_test { Vec::new() } else { vec![alert] },
        omitted: 0,
        event: None,
        link: "https://watch.example.com/alerts".to_owned(),
        at,
    }
}

/// An occasion to act on that check.
pub(super) fn occasion(at: Wall) -> Occasion {
    Occasion {
        id: "by-hand-1".to_owned(),
        check: CheckName::from("shop"),
        finding: None,
        summary: SUMMARY.to_owned(),
        since: at - LASTED,
        labels: labels(),
    }
}

fn labels() -> Labels {
    [("check", "shop"), ("team", "web")].into_iter().collect()
}
