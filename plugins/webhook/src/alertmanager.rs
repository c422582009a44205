//! The form of Alertmanager's webhook, version 4, so that whatever reads that reads this.
//!
//! It knows firing and resolved only. An acknowledgement, a hand-over, a reminder and an escalation are told as firing,
//! which Alertmanager repeats as well; an event and a test notice, which have no alerts here, as one that fires.

use serde_json::Value;
use watchkeep_sdk::Notice;
use watchkeep_sdk::prelude::*;

use crate::document::{labels, moment, severity};
use crate::json::{Object, object, set, text};

/// Go's zero time: it has not ended.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// One entry of `alerts`, before it is JSON.
struct Entry {
    status: Status,
    labels: Object,
    annotations: Object,
    starts_at: u64,
    ends_at: Option<u64>,
    generator_url: String,
    fingerprint: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Firing,
    Resolved,
}

pub(crate) fn of(notification: &Notification) -> Value {
    let entries: Vec<Entry> = match (notification.alerts.as_slice(), &notification.event) {
        ([], Some(notice)) => vec![event(notice, notification)],
        ([], None) => vec![bare(notification)],
        (alerts, _) => alerts.iter().map(alert).collect(),
    };
    let over = entries.iter().all(|entry| entry.status == Status::Resolved);
    let status = if over { Status::Resolved } else { Status::Firing };
    object([
        ("version", text("4")),
        ("groupKey", text(&notification.dedup_key)),
        ("truncatedAlerts", Value::from(notification.omitted)),
        ("receiver", text(&notification.receiver)),
        ("status", text(status.as_str())),
        ("groupLabels", Value::Object(labels(&notification.group_labels))),
        ("commonLabels", common(&entries, |entry| &entry.labels)),
        ("commonAnnotations", common(&entries, |entry| &entry.annotations)),
        ("externalURL", text(external_url(&notification.link))),
        ("alerts", Value::Array(entries.into_iter().map(Entry::into_json).collect())),
    ])
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
        }
    }
}

impl Entry {
    fn into_json(self) -> Value {
        object([
            ("status", text(self.status.as_str())),
            ("labels", Value::Object(self.labels)),
            ("annotations", Value::Object(self.annotations)),
            ("startsAt", moment(self.starts_at)),
            ("endsAt", self.ends_at.map_or_else(|| text(NEVER), moment)),
            ("generatorURL", text(&self.generator_url)),
            ("fingerprint", Value::String(format!("{:016x}", self.fingerprint))),
        ])
    }
}

fn alert(alert: &Alert) -> Entry {
    let mut labels = labels(&alert.labels);
    set(&mut labels, "alertname", text(&alert.check));
    let mut annotations = Object::new();
    set(&mut annotations, "summary", text(&alert.summary));
    if let Some(details) = &alert.details {
        set(&mut annotations, "description", text(details));
    }
    if let Some(runbook) = &alert.runbook {
        set(&mut annotations, "runbook_url", text(runbook));
    }
    if let Some(person) = &alert.acknowledged_by {
        set(&mut annotations, "acknowledged_by", text(person));
    }
    if let Some(who) = &alert.assigned_to {
        set(&mut annotations, "assigned_to", text(who));
    }
    Entry {
        status: if alert.until.is_some() { Status::Resolved } else { Status::Firing },
        labels,
        annotations,
        starts_at: alert.since,
        ends_at: alert.until,
        generator_url: alert.link.clone(),
        // The kind tells a check that fails from one that is not judged; both may last at once.
        fingerprint: fingerprint(&[
            alert.label("kind").unwrap_or_default(),
            &alert.check,
            alert.finding.as_deref().unwrap_or_default(),
        ]),
    }
}

fn event(event: &Notice, notification: &Notification) -> Entry {
    let mut labels = labels(&event.labels);
    set(&mut labels, "alertname", text(&event.check));
    set(&mut labels, "severity", text(severity(event.severity)));
    set(&mut labels, "kind", text("event"));
    let mut annotations = Object::new();
    set(&mut annotations, "summary", text(&event.title));
    set(&mut annotations, "description", text(&event.body));
    Entry {
        status: Status::Firing,
        labels,
        annotations,
        starts_at: event.at,
        ends_at: None,
        generator_url: event.link.clone().unwrap_or_else(|| notification.link.clone()),
        // A fingerprint of its own, because it shares its life with nothing else.
        fingerprint: fingerprint(&["event", &event.check, &notification.id]),
    }
}

/// A notification that carries nothing: an operator's test.
fn bare(notification: &Notification) -> Entry {
    let mut labels = labels(&notification.common_labels);
    set(&mut labels, "alertname", text("watchkeep-test"));
    set(&mut labels, "kind", text("test"));
    let mut annotations = Object::new();
    set(&mut annotations, "summary", text(&notification.reason));
    Entry {
        status: Status::Firing,
        labels,
        annotations,
        starts_at: notification.at,
        ends_at: None,
        generator_url: notification.link.clone(),
        fingerprint: fingerprint(&["test", "watchkeep-test", &notification.id]),
    }
}

/// What all have, with the same value.
fn common(entries: &[Entry], of: fn(&Entry) -> &Object) -> Value {
    let mut common = Object::new();
    if let Some((first, rest)) = entries.split_first() {
        for (name, value) in of(first) {
            if rest.iter().all(|entry| of(entry).get(name) == Some(value)) {
                set(&mut common, name, value.clone());
            }
        }
    }
    Value::Object(common)
}

/// The host's address, below which a notification's link leads to a check, to the plugins, to all alerts, or to
/// nothing more.
fn external_url(link: &str) -> &str {
    let Some((above, last)) = link.rsplit_once('/') else { return link };
    let host = match (above.rsplit_once('/'), last) {
        (Some((host, "checks")), _) if !host.ends_with('/') => host,
        (_, "alerts" | "plugins") => above,
        (_, _) => return link,
    };
    // What is left of `https://alerts` is no address.
    if host.ends_with('/') { link } else { host }
}

/// The same in every life of one problem, whatever its labels become: FNV-1a over what names it.
fn fingerprint(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::{external_url, fingerprint};

    #[test]
    fn the_hosts_address_is_what_its_pages_begin_with() {
        for (link, address) in [
            ("https://watch.example.com/alerts", "https://watch.example.com"),
            ("https://watch.example.com/plugins", "https://watch.example.com"),
            ("https://watch.example.com/checks/shop", "https://watch.example.com"),
            ("https://watch.example.com/checks/alerts", "https://watch.example.com"),
            ("https://example.com/watchkeep/checks/shop", "https://example.com/watchkeep"),
            ("https://watch.example.com", "https://watch.example.com"),
            ("https://example.com/watchkeep", "https://example.com/watchkeep"),
            ("http://alerts/alerts", "http://alerts"),
            ("http://checks/alerts", "http://checks"),
            ("http://checks/checks/shop", "http://checks"),
            ("http://alerts", "http://alerts"),
            ("nowhere", "nowhere"),
        ] {
            assert_eq!(external_url(link), address, "{link}");
        }
    }

    #[test]
    fn a_fingerprint_depends_on_where_its_parts_end() {
        assert_eq!(fingerprint(&[]), 0xcbf2_9ce4_8422_2325);
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_ne!(fingerprint(&["a", ""]), fingerprint(&["", "a"]));
    }
}
