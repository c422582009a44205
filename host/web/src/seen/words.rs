//! What the audit log says of a command.

use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::group::GroupKey;
use watchkeep_core::ids::{AlertId, OccasionId, WindowId};
use watchkeep_core::input::{AlertsOf, Command};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckStatus;
use watchkeep_core::window::{When, Window};

use crate::host::Host;
use crate::plugin::PluginOrder;

/// The entry for a command, from how things are before it.
pub(super) fn of_command(host: &dyn Host, command: &Command, who: Author, at: Wall) -> AuditEntry {
    let entry = |what: &str, on: String| AuditEntry::new(at, who.clone(), what, on);
    match command {
        Command::RunNow(check) => entry("check.run", check.to_string()),
        Command::Pause(check) => {
            let paused = host.check(check).is_some_and(|view| view.status == CheckStatus::Paused);
            entry("check.pause", check.to_string())
                .from(if paused { "paused" } else { "active" })
                .to("paused")
        }
        Command::Resume(check) => {
            let paused = host.check(check).is_some_and(|view| view.status == CheckStatus::Paused);
            entry("check.resume", check.to_string())
                .from(if paused { "paused" } else { "active" })
                .to("active")
        }
        Command::AcceptSnapshot(accepted) => {
            let on = format!("{}, series {}", accepted.check, accepted.series);
            entry("snapshot.accept", on).to(format!("{} of {}", accepted.digest, accepted.at))
        }
        Command::TestReceiver(receiver) => entry("receiver.test", receiver.to_string()),
        Command::Acknowledge(of, taken) => {
            let until = taken.until.map(|until| format!(" until {until}")).unwrap_or_default();
            entry("alert.acknowledge", named(host, of))
                .from(taken_by(host, of))
                .to(format!("by {}{until}: {}", taken.by, taken.comment))
        }
        Command::Reply(reply) => {
            let of = AlertsOf::Alert(reply.invitation.alert.clone());
            let to = format!("from the message to {}", reply.invitation.receiver);
            entry("alert.acknowledge", named(host, &of)).from(taken_by(host, &of)).to(to)
        }
        Command::Unacknowledge { of, by } => {
            entry("alert.unacknowledge", named(host, of)).from(taken_by(host, of)).to(format!("by {by}"))
        }
        Command::HandOver(of, given) => {
            let due = given.due.map(|due| format!(", due {due}")).unwrap_or_default();
            entry("alert.hand-over", named(host, of))
                .from(assigned_to(host, of))
                .to(format!("to {} by {}{due}: {}", given.to, given.by, given.comment))
        }
        Command::OpenWindow(window) => {
            entry(&format!("{}.open", window.kind.as_str()), window.id.to_string()).to(words(window))
        }
        Command::EndWindow { id, by } => {
            let window = host.windows().into_iter().find(|window| window.id == *id);
            let kind = window.as_ref().map_or("window", |window| window.kind.as_str());
            entry(&format!("{kind}.end"), shown(id))
                .from(window.map(|window| words(&window)).unwrap_or_default())
                .to(format!("ended by {by}"))
        }
        Command::RetryDelivery(delivery) => entry("delivery.retry", delivery.id.to_string()),
        Command::ApproveAction { occasion, by } => {
            entry("action.approve", occasion_text(host, occasion)).to(format!("by {by}"))
        }
        Command::DeclineAction { occasion, by } => {
            entry("action.decline", occasion_text(host, occasion)).to(format!("by {by}"))
        }
        Command::Act { action, alert, by, mode } => {
            let on = format!("{action} for {}", key_of(host, alert));
            entry("action.begin", on).to(format!("by {by}, {mode:?}"))
        }
    }
}

pub(super) fn of_order(plugin: &str, order: &PluginOrder, who: Author, at: Wall) -> AuditEntry {
    match order {
        PluginOrder::Approve { digest, rights } => AuditEntry::new(at, who, "plugin.approve", plugin)
            .to(format!("{digest} with {}", rights.join("; "))),
        PluginOrder::RollBack => AuditEntry::new(at, who, "plugin.roll-back", plugin),
    }
}

fn shown(id: &WindowId) -> String {
    id.to_string()
}

fn key_of(host: &dyn Host, id: &AlertId) -> String {
    let alert = host.alerts().into_iter().find(|alert| alert.id == *id);
    alert.map_or_else(|| id.to_string(), |alert| alert.key.to_string())
}

fn group_text(key: &GroupKey) -> String {
    let labels: Vec<String> = key.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("group of route {} {{{}}}", key.route, labels.join(", "))
}

fn named(host: &dyn Host, of: &AlertsOf) -> String {
    match of {
        AlertsOf::Alert(id) => key_of(host, id),
        AlertsOf::Group(key) => group_text(key),
    }
}

/// Who had it before. Of a group's alerts each may have somebody else.
fn taken_by(host: &dyn Host, of: &AlertsOf) -> String {
    let AlertsOf::Alert(id) = of else { return String::new() };
    let alert = host.alerts().into_iter().find(|alert| alert.id == *id);
    let taken = alert.as_ref().and_then(|alert| alert.acknowledged.as_ref());
    taken.map(|taken| format!("by {}: {}", taken.by, taken.comment)).unwrap_or_default()
}

fn assigned_to(host: &dyn Host, of: &AlertsOf) -> String {
    let AlertsOf::Alert(id) = of else { return String::new() };
    let alert = host.alerts().into_iter().find(|alert| alert.id == *id);
    let given = alert.as_ref().and_then(|alert| alert.assigned.as_ref());
    given.map(|given| format!("to {} by {}", given.to, given.by)).unwrap_or_default()
}

fn occasion_text(host: &dyn Host, id: &OccasionId) -> String {
    let record = host.actions().into_iter().find(|record| record.id == *id);
    record.map_or_else(|| id.to_string(), |record| format!("{} for {}", record.action, record.key))
}

fn words(window: &Window) -> String {
    let matchers: Vec<String> = window.matchers.iter().map(ToString::to_string).collect();
    let when = match &window.when {
        When::Once { from, until } => format!("{from} to {until}"),
        When::Recurring { starts, lasts, .. } => {
            format!("{} ({}) for {} s", starts.as_str(), starts.zone().name(), lasts.as_secs())
        }
    };
    format!("{}, {when}, by {}: {}", matchers.join(" "), window.author, window.comment)
}
