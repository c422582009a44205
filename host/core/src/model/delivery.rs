//! Notifications and the work of getting them there (rules D1-D4).

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{AlertId, DeliveryId, Digest, ReceiverName, RouteName};
use crate::labels::Labels;
use crate::model::keys::AlertKey;
pub use crate::model::keys::DeliverySubject;
use crate::report::{Judgement, Metric, Severity, State};
use crate::time::Wall;

/// Why a notification goes out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NotificationKind {
    Firing,
    Reminder,
    Resolved,
    Acknowledged,
    Escalated,
    /// An operator handed the alert over to a person or a team.
    HandedOver,
    Event,
    Test,
}

impl NotificationKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            NotificationKind::Firing => "firing",
            NotificationKind::Reminder => "reminder",
            NotificationKind::Resolved => "resolved",
            NotificationKind::Acknowledged => "acknowledged",
            NotificationKind::Escalated => "escalated",
            NotificationKind::HandedOver => "handed-over",
            NotificationKind::Event => "event",
            NotificationKind::Test => "test",
        }
    }
}

impl NotificationKind {
    /// Whether the alerts in such a notification count as told by it.
    pub(crate) const fn tells_of_firing(self) -> bool {
        match self {
            NotificationKind::Firing | NotificationKind::Reminder | NotificationKind::Escalated => true,
            NotificationKind::Resolved
            | NotificationKind::Acknowledged
            | NotificationKind::HandedOver
            | NotificationKind::Event
            | NotificationKind::Test => false,
        }
    }
}

/// One alert as a notification tells it.
#[derive(Clone, PartialEq, Debug)]
pub struct AlertNotice {
    pub id: AlertId,
    pub key: AlertKey,
    pub state: State,
    pub previous: Option<State>,
    /// Whether the notification tells that the alert flaps (rule A6).
    pub flapping: bool,
    pub severity: Severity,
    pub summary: String,
    pub details: Option<String>,
    pub metrics: Vec<Metric>,
    pub since: Wall,
    /// Set once the alert has resolved.
    pub until: Option<Wall>,
    /// When it was last ok, as far as the host knows.
    pub last_good: Option<Wall>,
    pub acknowledged_by: Option<String>,
    /// The person or team that the alert was handed over to.
    pub assigned_to: Option<String>,
    /// What automatic recovery did, oldest first, as sentences.
    pub actions: Vec<String>,
    pub runbook: Option<String>,
    pub link: String,
    pub pictures: Vec<Picture>,
    pub labels: Labels,
}

/// A picture that a notifier may show. Its bytes are stored under its digest, which is also its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    pub digest: Digest,
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    /// Where people see it.
    pub url: String,
}

impl DeliveryRecord {
    /// When the attempt that is under way began.
    pub(crate) fn began(&self) -> Option<Wall> {
        match self.status {
            DeliveryStatus::Attempting { began } => Some(began),
            DeliveryStatus::Waiting { .. } => None,
        }
    }
}

impl AlertNotice {
    /// The level that a firing notice tells; an alert without a judgement is told as a warning (rule A13).
    pub(crate) fn told_level(&self) -> Option<Judgement> {
        match (self.until, self.state) {
            (Some(_), _) | (None, State::Ok) => None,
            (None, State::Warning | State::Unknown) => Some(Judgement::Warning),
            (None, State::Critical) => Some(Judgement::Critical),
        }
    }
}

/// An event of a check, told once.
#[derive(Clone, PartialEq, Debug)]
pub struct EventNotice {
    pub check: crate::ids::CheckName,
    pub event: crate::report::Event,
}

/// One message for one receiver, as it was decided. What a notifier plugin gets is made from it.
#[derive(Clone, PartialEq, Debug)]
pub struct Notification {
    /// The same in every attempt.
    pub id: String,
    /// The same for every notice of one alert life (or group life) to one receiver; at most 255 bytes.
    pub dedup_key: String,
    pub kind: NotificationKind,
    /// Whether an earlier notice of this dedup key was, or may have been, delivered.
    pub told_before: bool,
    pub receiver: ReceiverName,
    pub route: Option<RouteName>,
    /// Why the receiver is told now, as a sentence.
    pub reason: String,
    pub group_labels: Labels,
    pub common_labels: Labels,
    pub alerts: Vec<AlertNotice>,
    /// Alerts of the group that did not fit.
    pub omitted: u32,
    pub event: Option<EventNotice>,
    pub link: String,
    pub at: Wall,
}

/// An outbox row.
#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryRecord {
    pub id: DeliveryId,
    pub notification: Arc<Notification>,
    /// What the row is about. Rows of one receiver with the same subject keep their order (rule D4).
    pub subject: DeliverySubject,
    pub status: DeliveryStatus,
    /// Attempts begun so far.
    pub attempts: u32,
    pub created_at: Wall,
    pub last_error: Option<String>,
    /// The receiver's spec when the notification was decided: a receiver that is removed still gets what it is owed
    /// (rule A11).
    pub receiver: Arc<crate::model::setup::ReceiverSpec>,
    /// What the plugin's `deliver` last returned for this dedup key.
    pub previous_id: Option<String>,
    /// When the first of the failed attempts began (rule D3).
    pub failing_since: Option<Wall>,
    pub fallback: Fallback,
}

/// Whether the receiver's fallback was told in its place (rule D3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    NotAsked,
    Told,
    /// The row is a fallback's own: fallbacks have no fallback.
    IsOne,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeliveryStatus {
    /// Not before this moment.
    Waiting { not_before: Wall },
    /// The attempt with the number `attempts` began, and its result is not known. After a restart it may have arrived.
    Attempting { began: Wall },
}

/// How an outbox row ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    Delivered {
        at: Wall,
        service_id: Option<String>,
    },
    /// A dead letter: given up after the last attempt, or refused for good.
    Dead {
        at: Wall,
        error: String,
    },
    /// No longer needed, before anything was sent (rule D4).
    Superseded {
        at: Wall,
    },
}

/// What one attempt came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttemptResult {
    /// The service's own id, if it gives one.
    Delivered(Option<String>),
    /// Certainly not accepted; may be tried again after this span.
    RetryAfter(Duration, String),
    /// Certainly not accepted; try again.
    Retryable(String),
    /// Sent, but no answer read: it may have been accepted.
    Unsure(String),
    /// Will never be accepted.
    Rejected(String),
}

impl AttemptResult {
    /// Why it was not delivered; `None` if it was.
    pub fn error(&self) -> Option<&str> {
        match self {
            AttemptResult::Delivered(_) => None,
            AttemptResult::RetryAfter(_, error)
            | AttemptResult::Retryable(error)
            | AttemptResult::Unsure(error)
            | AttemptResult::Rejected(error) => Some(error),
        }
    }
}
