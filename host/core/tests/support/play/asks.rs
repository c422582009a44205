//! Questions about what is so.

use watchkeep_core::alert::{AlertKey, Hold};
use watchkeep_core::ids::{CheckName, ReceiverName};
use watchkeep_core::telling::{Around, Closed, HeldBy, Telling, held_by_hours, holds, in_short, tellings};
use watchkeep_core::view::CheckStatus;

use super::Play;
use super::says::time;
use crate::support::setup::{unquote, words};
use crate::support::world::World;

impl Play {
    /// As pages and API show them: of what they do not see themselves (which parent, which silence) only that it holds.
    fn tellings(&mut self, check: &str) -> Result<Vec<Telling>, String> {
        let world = self.world()?;
        let now = world.now.wall;
        let state = &world.state;
        let alert = state.alert(&key_of(world, check)?).ok_or("no such alert")?;
        let beside = alert.holds.iter().filter(|hold| **hold != Hold::NotifyHours);
        let mut held: Vec<HeldBy> = beside
            .map(|hold| HeldBy {
                hold: *hold,
                why: String::new(),
                until: None,
                windows: Vec::new(),
                route: None,
            })
            .collect();
        held.extend(held_by_hours(alert, state.setup(), &Closed::of(state.setup(), now)));
        let groups: Vec<_> = state
            .groups()
            .filter(|group| {
                group.members.iter().any(|member| member.alert == alert.id && member.resolved.is_none())
            })
            .collect();
        let deliveries: Vec<_> = state.outbox().map(|row| &**row).collect();
        let around =
            Around { setup: state.setup(), now, held: &held, groups: &groups, deliveries: &deliveries };
        Ok(tellings(alert, &around))
    }

    pub(super) fn ask(&mut self, question: &str) -> Result<(), String> {
        let words = words(question);
        let parts: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = match parts.as_slice() {
            ["skipped", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                format!("skipped {check} {}", view.skipped)
            }
            ["status", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                let status = match view.status {
                    CheckStatus::Active => "active",
                    CheckStatus::Running { .. } => "running",
                    CheckStatus::Paused => "paused",
                    CheckStatus::Closed => "closed",
                    CheckStatus::NoPlugin => "no-plugin",
                };
                format!("status {check} {status}")
            }
            ["since", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                let since = view.since.ok_or("it has not run yet")?;
                format!("since {check} {}", time(since))
            }
            ["replied", _] => format!("replied \"{}\"", self.replied),
            ["outbox", _] => format!("outbox {}", self.world()?.store.outbox.len()),
            ["groups", _] => format!("groups {}", self.world()?.store.groups.len()),
            ["count", "open", _] => format!("count open {}", self.world()?.state.alerts().count()),
            ["open", ..] => {
                let keys: Vec<String> =
                    self.world()?.state.alerts().map(|alert| alert.key.to_string()).collect();
                if keys.is_empty() { "open nothing".into() } else { format!("open {}", keys.join(" ")) }
            }
            ["told", check, ..] => {
                let world = self.world()?;
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == *check);
                let told: Vec<&str> = alert
                    .into_iter()
                    .flat_map(|alert| &alert.told)
                    .map(|told| told.receiver.as_str())
                    .collect();
                format!("told {check} {}", if told.is_empty() { "nobody".into() } else { told.join(" ") })
            }
            ["holds", check, ..] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                let holds: Vec<&str> =
                    alert.into_iter().flat_map(|alert| &alert.holds).map(|hold| hold.as_str()).collect();
                format!("holds {check} {}", if holds.is_empty() { "nothing".into() } else { holds.join(" ") })
            }
            ["receivers", check, _] => {
                format!("receivers {check} \"{}\"", in_short(&self.tellings(check)?))
            }
            ["became", check, receiver, _] => {
                let tellings = self.tellings(check)?;
                let telling = tellings.iter().find(|telling| telling.receiver.as_str() == *receiver);
                let telling = telling.ok_or("nothing leads to that receiver")?;
                let place = telling.in_place_of.as_ref().map(|name| format!("in place of {name}, "));
                format!("became {check} {receiver} \"{}{}\"", place.unwrap_or_default(), telling.became)
            }
            ["held", check, ..] => {
                let world = self.world()?;
                let now = world.now.wall;
                let alert = world.state.alert(&key_of(world, check)?).ok_or("no such alert")?;
                let holds = holds(alert, world.state.setup(), &Closed::of(world.state.setup(), now));
                let names: Vec<&str> = holds.iter().map(|hold| hold.as_str()).collect();
                format!("held {check} {}", if names.is_empty() { "nothing".into() } else { names.join(" ") })
            }
            ["taken", check, _] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                let by = alert.and_then(|alert| alert.acknowledged.as_ref()).map(|taken| taken.by.as_str());
                format!("taken {check} {}", by.unwrap_or("nobody"))
            }
            ["labels", check, _] => {
                let world = self.world()?;
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == *check);
                let labels: Vec<String> = alert
                    .into_iter()
                    .flat_map(|alert| alert.labels.iter())
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("labels {check} {}", labels.join(","))
            }
            ["dedup-keys", receiver, _] => {
                let sent = self.sent.get(&ReceiverName::from(*receiver));
                let mut keys: Vec<&str> =
                    sent.into_iter().flatten().map(|sent| sent.dedup_key.as_str()).collect();
                keys.sort_unstable();
                keys.dedup();
                format!("dedup-keys {receiver} {}", keys.len())
            }
            ["previous", receiver, _] => {
                let previous = self.previous.get(&ReceiverName::from(*receiver)).cloned().flatten();
                format!("previous {receiver} {}", previous.as_deref().unwrap_or("nothing"))
            }
            ["reason", receiver, _] => {
                let last = self.sent.get(&ReceiverName::from(*receiver)).and_then(|sent| sent.last());
                format!("reason {receiver} \"{}\"", last.map_or("", |sent| sent.reason.as_str()))
            }
            ["says", receiver, _] => {
                let last = self.sent.get(&ReceiverName::from(*receiver)).and_then(|sent| sent.last());
                let says = last.and_then(|sent| sent.alerts.first());
                format!("says {receiver} \"{}\"", says.map_or("", |notice| notice.summary.as_str()))
            }
            ["actions", receiver, _] => {
                let last = self.sent.get(&ReceiverName::from(*receiver)).and_then(|sent| sent.last());
                let told = last.and_then(|sent| sent.alerts.first());
                format!(
                    "actions {receiver} \"{}\"",
                    told.map_or(String::new(), |notice| notice.actions.join(" | "))
                )
            }
            ["event", receiver, _] => {
                let last = self.sent.get(&ReceiverName::from(*receiver)).and_then(|sent| sent.last());
                let body = last
                    .and_then(|sent| sent.event.as_ref())
                    .map(|told| told.event.body.replace('\n', " | "));
                format!("event {receiver} \"{}\"", body.unwrap_or_default())
            }
            ["summary", check, _] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                format!("summary {check} \"{}\"", alert.map_or("", |alert| alert.summary.as_str()))
            }
            _ => return Err("no such question".into()),
        };
        if found == question { Ok(()) } else { Err(format!("found: {found}")) }
    }
}

pub(super) fn key_of(world: &World, name: &str) -> Result<AlertKey, String> {
    let name = unquote(name);
    let alert = world.state.alerts().find(|alert| alert.key.to_string() == name);
    alert.map(|alert| alert.key.clone()).ok_or_else(|| "no such alert".to_owned())
}
