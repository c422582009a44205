//! What the core asked for, in words, and what of it a scenario expects.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::{Change, Commit, TransitionKind, Urgency};
use watchkeep_core::delivery::Ended;
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::DeliveryId;

use super::says::time;
use super::{Play, acts};

/// Something that a scenario has to expect.
pub(super) struct Observation {
    pub(super) at: Duration,
    pub(super) watch: &'static str,
    pub(super) text: String,
}

impl Play {
    pub(super) fn see(&mut self, effect: Effect) {
        match effect {
            Effect::StartRun(start) => {
                let text = format!("start {} for {}", start.run.check, time(start.run.scheduled_at));
                self.note("starts", text);
            }
            Effect::Commit(commit) => self.see_commit(&commit),
            Effect::StartDelivery(start) => {
                let notification = &start.delivery.notification;
                let mut text = format!("deliver {} {}", notification.receiver, notification.kind.as_str());
                let alerts: Vec<String> = notification
                    .alerts
                    .iter()
                    .map(|notice| format!("{}={}", notice.key, notice.state.as_str()))
                    .collect();
                if !alerts.is_empty() {
                    let _ = write!(text, " {}", alerts.join(", "));
                }
                if let Some(told) = &notification.event {
                    let _ = write!(text, " {} \"{}\"", told.event.severity.as_str(), told.event.title);
                }
                if notification.omitted > 0 {
                    let _ = write!(text, " omitted {}", notification.omitted);
                }
                if start.attempt > 1 {
                    let _ = write!(text, " attempt {}", start.attempt);
                }
                if notification.told_before {
                    text.push_str(" again");
                }
                let receiver = notification.receiver.clone();
                if self.onlooker.is_none() {
                    self.sent.entry(receiver.clone()).or_default().push(Arc::clone(notification));
                }
                self.previous.insert(receiver, start.delivery.previous_id.clone());
                self.note("deliveries", text);
            }
            Effect::StartAction(start) => self.note("actions", acts::started(&start.record)),
            Effect::SendDeadManSignal => self.note("beats", "beat".to_owned()),
            Effect::WakeAt(_) | Effect::Publish(_) => {}
        }
    }

    fn see_commit(&mut self, commit: &Commit) {
        let mut kinds = Vec::new();
        for change in &commit.changes {
            kinds.push(match change {
                Change::Result(_) => "result",
                Change::Transition(transition) => {
                    let what = match transition.kind {
                        TransitionKind::Pending => "pending",
                        TransitionKind::Firing => "firing",
                        TransitionKind::LevelChanged => "changed",
                        TransitionKind::Recovering => "recovering",
                        TransitionKind::Resolved => "resolved",
                        TransitionKind::Calmed => "calmed",
                        TransitionKind::Removed => "removed",
                        TransitionKind::Flapping => "flapping",
                        TransitionKind::Steady => "steady",
                    };
                    let text = match transition.kind {
                        TransitionKind::Pending | TransitionKind::Firing | TransitionKind::LevelChanged => {
                            format!("{} {what} {}", transition.key, transition.state.as_str())
                        }
                        TransitionKind::Recovering
                        | TransitionKind::Resolved
                        | TransitionKind::Calmed
                        | TransitionKind::Removed
                        | TransitionKind::Flapping
                        | TransitionKind::Steady => format!("{} {what}", transition.key),
                    };
                    self.note("alerts", text);
                    self.note("summaries", format!("{} {what}: {}", transition.key, transition.summary));
                    "transition"
                }
                Change::PutAlert(_) => "put-alert",
                Change::RemoveAlert(_) => "remove-alert",
                Change::PutGroup(_) => "put-group",
                Change::AcceptSnapshot(_) => "accept-snapshot",
                Change::RemoveGroup(_) => "remove-group",
                Change::PutDelivery(_) => "put-delivery",
                Change::EndDelivery { id, ended } => {
                    self.see_end(*id, ended);
                    "end-delivery"
                }
                Change::PutPaused { .. } => "put-paused",
                Change::Decision(decision) => {
                    self.note("reasons", format!("because {}: {}", decision.key, decision.reason));
                    "decision"
                }
                Change::Kv(_) => "kv",
                Change::PutWindow(_) => "put-window",
                Change::RemoveWindow(_) => "remove-window",
                Change::PutHeartbeat { .. } => "put-heartbeat",
                Change::RemoveHeartbeat(_) => "remove-heartbeat",
                Change::KnowEvents { .. } => "know-events",
                Change::ForgetEvents { .. } => "forget-events",
                Change::PutAction(_) => "put-action",
                Change::Access(_) => "access",
                Change::Note(_) => "note",
                Change::Marker(_) => "marker",
                Change::Subscriber(_) => "subscriber",
                Change::Audit(_) => "audit",
            });
        }
        let urgency = match commit.urgency {
            Urgency::Batch => "batch",
            Urgency::AtOnce => "at-once",
        };
        self.note("commits", format!("commit {urgency}: {}", kinds.join(" ")));
    }

    fn see_end(&mut self, id: DeliveryId, ended: &Ended) {
        let text = match ended {
            Ended::Delivered { .. } => format!("{id} delivered"),
            Ended::Dead { error, .. } => format!("{id} dead: {error}"),
            Ended::Superseded { .. } => format!("{id} superseded"),
        };
        self.note("ends", text);
    }

    fn note(&mut self, watch: &'static str, text: String) {
        if self.watched.iter().any(|watched| watched == watch) {
            self.seen.push(Observation { at: self.elapsed, watch, text });
        }
    }

    pub(super) fn expect(&mut self, expected: &str) -> Result<(), String> {
        let now = self.elapsed;
        let fits = |seen: &Observation| {
            seen.at == now
                && (seen.text == expected
                    || (seen.watch == "starts" && seen.text.starts_with(&format!("{expected} for ")))
                    || (seen.watch == "reasons"
                        && seen.text.starts_with(&format!("{expected} (notification "))))
        };
        match self.seen.iter().position(fits) {
            Some(place) => {
                self.seen.remove(place);
                Ok(())
            }
            None => {
                let seen: Vec<String> =
                    self.seen.iter().map(|seen| format!("  at {:?}: {}", seen.at, seen.text)).collect();
                Err(format!(
                    "did not happen at {now:?}; what did, and is not yet expected:\n{}",
                    seen.join("\n")
                ))
            }
        }
    }
}
